/** What others read of a watch: junit.xml, /metrics and the lanes in a terminal. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { DOMParser } from "linkedom";
import { canonical } from "../canonical.js";
import { FlounderError } from "../errors.js";
import { root } from "../paths.js";
import { bothParsed, canParse } from "../report/testing/scraper.js";
import { xml } from "../report/xml.js";
import { endpointsOfFile, parseEndpoint, watchConfigJsonSchema, watchedOf } from "./endpoints.js";
import { junit } from "./junit.js";
import { cellOf, liveOutput } from "./live.js";
import { metricsText } from "./metrics.js";
import { endpoint, result } from "./testing/result.js";
import { measuredBy } from "./watch.js";

const casesOf = (text: string) =>
  [...new DOMParser().parseFromString(text, "text/xml").querySelectorAll("testcase")].map((one) => ({
    name: one.getAttribute("name"),
    is: ["failure", "error", "skipped"].find((element) => one.querySelector(element)) ?? "passed",
  }));

describe("what others read of a watch", () => {
  it("in junit.xml every endpoint has a case: fail → failure, inconclusive → error", () => {
    const endpoints = [
      endpoint("a"),
      endpoint("b", { verdict: { result: "fail", says: ["lost"] } }),
      endpoint("c", { verdict: { result: "inconclusive", says: ["nothing was measured"] } }),
    ];
    expect(casesOf(junit(result(endpoints)))).to.deep.equal([
      { name: "a", is: "passed" },
      { name: "b", is: "failure" },
      { name: "c", is: "error" },
    ]);
  });
  it("of a watch whose prober died nothing is green; of one that was cut short it is skipped with the reason", () => {
    const verdict = { result: "aborted", says: ["why"] } as const;
    expect(casesOf(junit(result([endpoint("a")], { verdict, abortedBy: "prober" })))).to.deep.equal([{ name: "a", is: "error" }]);
    expect(casesOf(junit(result([endpoint("a")], { verdict, abortedBy: "signal" })))).to.deep.equal([{ name: "a", is: "skipped" }]);
  });
  it("XML holds whatever a server says", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
        expect(xml(text)).to.not.match(/[\u0000-\u001f<>"\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
      }),
    ));
  it("in /metrics no series stands twice, and each has the endpoint's name", () => {
    const text = metricsText(result([endpoint("a", { url: "http://x/" }), endpoint("b", { url: "http://x/" })]));
    const series = text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.slice(0, line.lastIndexOf(" ")));
    expect(new Set(series).size).to.equal(series.length);
    expect(series.filter((one) => one.includes('name="a"')).length).to.be.above(3);
  });
  it("/metrics is what Prometheus' strict parsers take", function () {
    if (!canParse()) this.skip();
    const text = metricsText(result([endpoint("a", { counts: { ok: 3, refused: 1 } }), endpoint('b "x"', { url: "http://x/" })]));
    for (const families of bothParsed(text)) expect(families).to.include.members(["flounder_samples counter", "flounder_lost_seconds gauge"]);
  });
  it("in a terminal the last minutes are lanes; without one a line says what changed", () => {
    expect([cellOf({}, { ok: 3 }), cellOf({ ok: 3 }, { ok: 3, timeout: 2 }), cellOf({}, { ok: 1, reset: 1 }), cellOf({}, { observer: 2 })]).to.deep.equal([
      "good",
      "bad",
      "some",
      "unknown",
    ]);
    const written: string[] = [];
    const plain = liveOutput({ isTTY: false, columns: 60, rows: 24, write: (text) => written.push(text) });
    for (const one of [endpoint("a"), endpoint("a"), endpoint("a", { last: "refused", counts: { ok: 1, refused: 3 } })]) plain.show(result([one]));
    expect(written.length).to.equal(2);
    expect(written[0]).to.contain("all up");
    expect(written[1]).to.contain("DOWN: a");
    const drawn: string[] = [];
    const terminal = liveOutput({ isTTY: true, columns: 60, rows: 8, write: (text) => drawn.push(text) });
    for (let i = 0; i < 3; i++) terminal.show(result(Array.from({ length: 9 }, (_, n) => endpoint(`endpoint-${n}`, { counts: { ok: 20 * i + 20 } }))));
    const lines = drawn.at(-1)!.split("\n");
    expect(lines.length).to.be.at.most(8);
    expect(lines[0]).to.contain("▁▁▁");
    expect(lines.some((line) => line.includes("more"))).to.equal(true);
  });
  it("of a watch with an end it says how long it still takes: always in a terminal, elsewhere now and then", () => {
    const said = (forS: number) => {
      const written: string[] = [];
      const plain = liveOutput({ isTTY: false, columns: 60, rows: 24, write: (text) => written.push(text) });
      for (let s = 1; s <= forS; s++) plain.show(result([endpoint("a")], { seconds: s }), forS - s);
      return written.map((line) => /, (\S+ \S+) left {2}all up/.exec(stripVTControlCharacters(line))?.[1]);
    };
    expect(said(100)).to.deep.equal(["99 s", "69 s", "39 s", "9 s"]);
    expect(said(36_000).length).to.be.within(20, 21);
    const drawn: string[] = [];
    const terminal = liveOutput({ isTTY: true, columns: 80, rows: 8, write: (text) => drawn.push(text) });
    for (const left of [600, 90.4, 0.2]) terminal.show(result([endpoint("a")], { seconds: 2 }), left);
    expect(drawn.map((text) => /2 s, (\S+ \S+) left/.exec(stripVTControlCharacters(text))?.[1])).to.deep.equal(["10 min", "90 s", "0 s"]);
    terminal.show(result([endpoint("a")], { seconds: 2 }));
    expect(drawn.at(-1)).to.not.contain("left");
  });
  it("of several probers the JSON has the worst lateness, and all pauses", () => {
    const spread = (by: number) => ({ p50: by, p99: 10 * by, max: 1000 * by });
    const report = (by: number, hiccups: number) =>
      ({ kind: "report", fromUs: 1, atUs: 1 + by * 1e6, cpuUs: 0, samples: 0, shed: by, hiccups, latenessUs: spread(1000 * by), lanes: [] }) as const;
    const { observer, seconds } = measuredBy(
      [
        { report: report(2, 3), described: [] },
        { report: report(1, 4), described: [] },
      ],
      0,
    );
    expect(seconds).to.equal(2);
    expect(observer).to.deep.include({ hiccups: 7, shed: 3, latenessMs: { p50: 2, p99: 20, max: 2000 } });
  });
  it("the published schema of config files is the one that is used", () => {
    expect(readFileSync(join(root, "docs", "watch-config.schema.json"), "utf8")).to.equal(canonical(watchConfigJsonSchema()));
  });
  it("the example of docs/watch.md is such a file, and its endpoints can be asked", () => {
    const dir = mkdtempSync(join(tmpdir(), "flounder-watch-docs-"));
    try {
      const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(root, "docs", "watch.md"), "utf8")) ?? [];
      writeFileSync(join(dir, "watch.yaml"), yaml);
      const watched = watchedOf(endpointsOfFile(join(dir, "watch.yaml")), { periodMs: 1000, deadlineMs: 1000 });
      expect(watched.map(({ target }) => [target.question.kind, target.periodUs / 1000])).to.deep.equal([
        ["http", 100],
        ["http", 1000],
        ["tcp", 1000],
        ["dns", 1000],
        ["exec", 5000],
      ]);
      expect(watched[0]!.target.question).to.deep.include({ connection: "kept", expect: { statuses: [[200, 299]], text: "welcome" } });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
  it("what cannot be asked is refused with where it stands", () => {
    for (const [given, says] of [
      [{ url: "http://x/", tcp: "x:1" }, /url and tcp/],
      [{ name: "nothing" }, /nothing to ask/],
      [{ tcp: "x" }, /not HOST:PORT/],
      [{ dns: "x" }, /not NAME@SERVER/],
      [{ url: "http://user:secret@x y/" }, /--url http:\/\/\*\*\*@x y\/ is not a URL/],
      [{ url: "http://x/", headers: { "a b": "c" } }, /header "a b" cannot be sent/],
      [{ url: "http://x/", proxy: "socks4://me:secret@p" }, /proxy socks4:\/\/\*\*\*@p is a proxy of socks4, which cannot be used here/],
      [{ url: "http://x/", expect: { text: "y" }, headers: { "Accept-Encoding": "gzip, compress;q=0.5" } }, /offers compress, which Node v/],
    ] as const)
      expect(() => watchedOf([parseEndpoint(given)], { periodMs: 1000, deadlineMs: 1000 }), JSON.stringify(given)).to.throw(FlounderError, says);
    expect(() => parseEndpoint({ url: "http://x/", expect: { status: "many" } })).to.throw(FlounderError, /are not statuses/);
    const twice = [parseEndpoint({ url: "http://x/" }), parseEndpoint({ url: "http://x" })];
    expect(() => watchedOf(twice, { periodMs: 1000, deadlineMs: 1000 })).to.throw(FlounderError, /is given twice/);
  });
  it("a dead endpoint is never called up", () => {
    const written: string[] = [];
    liveOutput({ isTTY: false, columns: 60, rows: 24, write: (text) => written.push(text) }).show(
      result([endpoint("a", { counts: { refused: 1 }, samples: 1, last: "refused" })]),
    );
    expect(written[0]).to.contain("DOWN: a").and.not.contain("all up");
  });
});
