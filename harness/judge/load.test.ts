/** A load in verdicts and reports, over the smallest run that there is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { canonical } from "../canonical.js";
import type { Event, LoadEnd, LoadRow, Plan, PlannedLoad, Result } from "../core.js";
import { figuresOf } from "../load/figures.js";
import { pointOf, Rows } from "../load/points.js";
import { readResults, writeReports } from "../results/results.js";
import { judgement } from "./judge.js";
import { smallEvents, smallPlan, smallSamples, us } from "./testing/fixture.js";

const p95 = { metric: "http_req_duration", expression: "p(95)<500" };
const k6: PlannedLoad = { tool: "k6", name: "users", script: "", thresholds: [p95] };
const command: PlannedLoad = { tool: "command", name: "hey", script: "hey http://x", thresholds: [] };
const plan = (load: PlannedLoad): Plan => smallPlan(undefined, { load });
const withRun: LoadEnd = { byItself: false, exitCode: 105, thresholds: [{ ...p95, held: true }] };
const withLoad = (end: LoadEnd | undefined, events = smallEvents(), endS = 12.1): Event[] => [
  ...events,
  { atUs: us(0.7), by: "script", kind: "load-began", says: "it" },
  ...(end ? [{ atUs: us(endS), by: "script", kind: "load-ended", ...end } as const] : []),
];
/** Ten requests a second; while the fault held (5.1–8.1 s) half of them fail. */
const rows: readonly LoadRow[] = Array.from({ length: 120 }, (_, i) =>
  i >= 52 && i < 80 && i % 2 === 0
    ? { atMs: i * 100, requests: 1, failed: 1, ms: {} }
    : { atMs: i * 100, requests: 1, failed: 0, ms: { [i < 52 ? 2 : 40]: 1 } },
);

describe("a load, judged", () => {
  const found = (load: PlannedLoad, events: Event[]) => {
    const { verdict, checks } = judgement(plan(load), events, smallSamples(), rows);
    return {
      result: verdict.result,
      verdict,
      says: checks.filter(({ name }) => name.startsWith("load")).flatMap(({ findings }) => findings.map(({ says }) => says)),
    };
  };

  it("is in the verdict with its own figures, and changes none of the probes'", () => {
    const without = judgement(smallPlan(), smallEvents(), smallSamples()).verdict;
    const { verdict } = found(k6, withLoad(withRun));
    expect(verdict.result).to.equal("pass");
    expect(verdict.lostS).to.deep.equal(without.lostS);
    expect(verdict.load!.steady).to.deep.equal({ requests: 30, failed: 0, latencyMs: { p50: 2, p95: 2, p99: 2, max: 2 } });
    expect(verdict.load!.acts).to.have.length(1);
    expect(verdict.load!.acts[0]).to.deep.include({ act: "cut", failed: 14, latencyMs: { p50: 40, p95: 40, p99: 40, max: 40 } });
    expect(without).to.not.have.property("load");
  });

  const cases: readonly (readonly [string, PlannedLoad, LoadEnd | undefined, Result, RegExp, number?])[] = [
    ["a threshold that was crossed fails", k6, { ...withRun, thresholds: [{ ...p95, held: false }] }, "fail", /p\(95\)<500; crossed/],
    ["crossed, and ended for it", k6, { byItself: true, exitCode: 99, thresholds: [{ ...p95, held: false }] }, "fail", /crossed/, 7],
    ["a threshold of which k6 said nothing is open", k6, { ...withRun, thresholds: [] }, "inconclusive", /did not say whether it held/],
    ["k6 that ended too early is open", k6, { ...withRun, byItself: true, exitCode: 0 }, "inconclusive", /ended 5\.0 s before the watch did/, 7],
    ["k6 that broke is open", k6, { ...withRun, exitCode: 107 }, "inconclusive", /exit code 107/],
    ["k6 of which nothing is known is open", k6, undefined, "inconclusive", /how it ended is not known/],
    [
      "a command that ended well passes, whenever it did",
      command,
      { byItself: true, exitCode: 0, thresholds: [] },
      "pass",
      /by itself after 6\.3 s, exit code 0/,
      7,
    ],
    ["a command that failed fails", command, { byItself: true, exitCode: 3, thresholds: [] }, "fail", /exit code 3/, 7],
    ["a command that an interrupt ended passes", command, { byItself: false, exitCode: null, thresholds: [] }, "pass", /ended with the run/],
    ["a command that failed when it was interrupted fails", command, { byItself: false, exitCode: 1, thresholds: [] }, "fail", /exit code 1/],
  ];
  for (const [name, load, end, result, says, endS] of cases)
    it(name, () => {
      const got = found(load, withLoad(end, smallEvents(), endS));
      expect([got.result, got.says.join("\n")]).to.satisfy(([r, s]: string[]) => r === result && says.test(s!), JSON.stringify(got.says));
    });

  it("blames nobody while the experiment is unsound", () => {
    const unseen = smallEvents().filter((event) => !(event.kind === "reading" && event.injection === "cut/router-2"));
    const got = found(k6, withLoad({ ...withRun, thresholds: [{ ...p95, held: false }] }, unseen));
    expect(got.result).to.equal("inconclusive");
    expect(got.says.join()).to.contain("crossed; but router-2 was never seen to be hit");
  });

  it("is judged again from the folder to the same bytes, also where a kill cut its last line", async () => {
    const dir = mkdtempSync(join(tmpdir(), "flounder-load-"));
    try {
      const lines = (all: readonly unknown[]) => all.map((one) => `${JSON.stringify(one)}\n`).join("");
      writeFileSync(join(dir, "plan.json"), canonical(plan(k6)));
      writeFileSync(join(dir, "timeline.jsonl"), lines(withLoad(withRun)));
      writeFileSync(join(dir, "samples.jsonl.gz"), gzipSync(lines(smallSamples())));
      writeFileSync(join(dir, "load.jsonl"), `${lines(rows)}{"atMs": 12`);
      const first = await writeReports(dir);
      const texts = ["verdict.json", "report.html", "report.md", "junit.xml"].map((name) => readFileSync(join(dir, name), "utf8"));
      await writeReports(dir);
      expect(["verdict.json", "report.html", "report.md", "junit.xml"].map((name) => readFileSync(join(dir, name), "utf8"))).to.deep.equal(texts);
      expect(first.load!.all.requests).to.equal(80);
      expect(readResults(dir).cuts).to.deep.equal(["the last line of load.jsonl was cut and is left out"]);
      const [, html, md, junit] = texts as [string, string, string, string];
      expect(html).to.contain("Load: k6 users").and.to.contain("What k6 itself reported");
      expect(md).to.contain("## Load: k6 users").and.to.contain("| while cut held |");
      expect(junit).to.contain("load k6 users: http_req_duration p(95)&lt;500");
      writeFileSync(join(dir, "load.jsonl"), `{"atMs":"soon"}\n`);
      expect(() => readResults(dir)).to.throw("load.jsonl, line 1, is not what it must be: atMs");
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe("k6's points", () => {
  const line = (tags: object, value = 120.04) =>
    `{"metric":"http_req_duration","type":"Point","data":{"time":"2026-04-25T12:45:01.170Z","value":${value},"tags":${JSON.stringify(tags)}}}`;
  it("are rows by the instant that a request began, failed ones without a time", () => {
    const collected = new Rows(Date.parse("2026-04-25T12:45:00Z"));
    for (const one of [
      line({ expected_response: "true", status: "200" }),
      line({ expected_response: "false", status: "0" }),
      line({ expected_response: "true" }, 1.23456),
    ])
      collected.add(pointOf(one)!);
    expect(collected.take()).to.deep.equal([
      { atMs: 1000, requests: 2, failed: 1, ms: { "120": 1 } },
      { atMs: 1100, requests: 1, failed: 0, ms: { "1.23": 1 } },
    ]);
    expect(collected.take()).to.deep.equal([]);
  });
  it("of other metrics are passed over", () => {
    for (const other of ["", "not JSON", '{"metric":"vus","type":"Point","data":{}}', '{"type":"Metric","data":{},"metric":"http_req_duration"}'])
      expect(pointOf(other)).to.equal(undefined);
  });
  it("of gRPC fail by their status", () => {
    const grpc = (status: string) => line({ status }).replace("http_req", "grpc_req");
    expect([pointOf(grpc("0"))?.failed, pointOf(grpc("14"))?.failed]).to.deep.equal([false, true]);
  });
  it("of several rows of one instant count together, and quantiles are by nearest rank", () => {
    const many: LoadRow[] = [
      { atMs: 0, requests: 50, failed: 0, ms: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i + 1, 1])) },
      { atMs: 0, requests: 50, failed: 0, ms: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i + 51, 1])) },
    ];
    expect(figuresOf(many, { fromUs: 0, toUs: 1 }).latencyMs).to.deep.equal({ p50: 50, p95: 95, p99: 99, max: 100 });
    expect(figuresOf(many, { fromUs: 1, toUs: 2 })).to.deep.equal({ requests: 0, failed: 0, latencyMs: null });
  });
});
