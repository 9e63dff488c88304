/**
 * The prober as a run starts it, against servers that hang, refuse and answer wrongly.
 * alone: its samples are held against a clock, to 40 ms.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { expect } from "chai";
import { nowUs, sleep, until } from "../clock.js";
import type { PlannedProbe, Route, Sample } from "../core.js";
import { dist } from "../paths.js";
import { type KnownServer, knownServer } from "./testing/known-server.js";

const page: PlannedProbe = { probe: "page", plane: "data", from: "outside", target: "app", periodMs: 20, deadlineMs: 250, phaseMs: 0 };
const write: PlannedProbe = { probe: "write", plane: "control", from: "outside", target: "app", periodMs: 100, deadlineMs: 150, phaseMs: 7 };

describe("the prober", () => {
  let dir: string;
  let server: KnownServer;
  let child: ChildProcess;
  let samples: Sample[];
  let says: Record<string, unknown>[];
  let zeroUs: number;
  const send = (message: object) => child.stdin!.write(`${JSON.stringify(message)}\n`);
  const route = (url = `http://127.0.0.1:${server.port}`): Route => ({ from: "outside", target: "app", url, host: "app.test", resolvers: [] });
  const ms = () => (nowUs() - zeroUs) / 1000;
  const pages = () => samples.filter((sample) => sample.probe === "page").sort((a, b) => a.dueUs - b.dueUs);
  /** What the prober says of the target; on a busy machine it now and then has to say that it was late itself. */
  const isBad = (sample: Sample) => sample.outcome !== "ok" && sample.outcome !== "observer";
  const file = () => join(dir, "samples.jsonl.gz");

  const begin = async (probes = [page, write], routes = [route()]) => {
    zeroUs = nowUs();
    samples = [];
    says = [];
    child = spawn(process.execPath, [join(dist, "harness/probes/testing/fake-prober.js")], { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const message = JSON.parse(line) as { kind: string; samples: Sample[] };
      if (message.kind === "samples") samples.push(...message.samples);
      else says.push(message);
    });
    const ask = { system: "fake", probes, routes, credentials: { user: "u", password: "p" } };
    send({ kind: "start", zeroUs, ask, tell: "samples", samplesFile: file(), warmUpMs: 100 });
    await until("ready", () => says.some((message) => message.kind === "ready"), 5000, 10);
  };
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.stdin!.end();
    await exited;
  };
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "flounder-prober-"));
    server = await knownServer();
  });
  afterEach(async () => {
    await end();
    await server.close();
    await rm(dir, { recursive: true, force: true });
  });

  it("asks on its schedule, stamps the phases, and keeps every sample in its file", async () => {
    await begin();
    await until("60 samples", () => pages().length >= 60, 5000);
    await end();
    expect(says.at(-1)).to.deep.equal({ kind: "ended" });
    const stored = (await unzipped(file())).map((line) => JSON.parse(line) as Sample);
    expect(stored).to.deep.equal(samples);
    for (const [i, sample] of pages().entries()) {
      expect(sample.dueUs - pages()[0]!.dueUs).to.equal(i * 20_000); // absolute: it cannot drift
      expect(sample.seq).to.equal(pages()[0]!.seq + i);
      if (sample.outcome === "ok") expect(sample.connectUs).to.be.at.most(sample.firstUs!);
    }
    expect(pages().filter((sample) => sample.outcome === "ok").length).to.be.above(50);
    expect(says.filter((message) => message.kind === "acked").length).to.be.above(5);
    expect(says.findLast((message) => message.kind === "report")).to.include({ shed: 0, samples: samples.length });
  });

  it("goes on asking while nothing answers, and a hang counts for its whole length", async () => {
    await begin();
    await until("it is ok", () => pages().some((sample) => sample.outcome === "ok"), 5000);
    server.behaviour = "hang";
    const fromMs = ms();
    await sleep(600);
    server.behaviour = "ok";
    const toMs = ms();
    await until("it is ok again", () => pages().at(-1)!.outcome === "ok" && pages().at(-1)!.dueUs > toMs * 1000 + 500_000, 5000); // past every deadline
    const during = pages().filter((sample) => sample.dueUs > fromMs * 1000 + 20_000 && sample.dueUs < toMs * 1000 - 20_000);
    expect(during.length).to.be.within(26, 30);
    expect(during.filter((sample) => sample.outcome === "ok").length).to.be.at.most(1);
    expect(during.filter((sample) => sample.outcome === "timeout").length).to.be.above(during.length / 2);
    for (const sample of during.filter(({ outcome }) => outcome === "timeout")) expect((sample.endUs - sample.sentUs) / 1000).to.be.within(249, 290);
    expect(samples.some((sample) => sample.probe === "write" && sample.outcome === "unknown")).to.equal(true);
  });

  it("tells outcomes apart: refused, reset, 5xx, no route, wrong answer, no name", async () => {
    await begin([page]);
    const outcomes = new Set<string>();
    for (const behaviour of ["503", "reset", "wrong", "no-route"] as const) {
      server.behaviour = behaviour;
      const since = ms() * 1000;
      await until(behaviour, () => pages().some((sample) => sample.sentUs > since && isBad(sample)), 5000);
      outcomes.add(pages().find((sample) => sample.sentUs > since && isBad(sample))!.outcome);
    }
    for (const [outcome, to] of [
      ["refused", route("http://127.0.0.1:1")],
      ["refused", route("")],
      ["dns", { ...route("http://app.test/"), resolvers: ["127.0.0.1:1"] }],
    ] as const) {
      send({ kind: "routes", routes: [to] });
      await sleep(50); // requests that were under way by the old route
      const since = ms() * 1000;
      await until(`${outcome} by ${to.url}`, () => pages().some((sample) => sample.sentUs > since && sample.outcome === outcome), 5000);
      outcomes.add(outcome);
    }
    expect([...outcomes].sort()).to.deep.equal(["dns", "http-5xx", "no-route", "refused", "reset", "wrong-answer"]);
  });

  it("stopped for 300 ms, blames itself and not the target", async () => {
    await begin([{ ...page, deadlineMs: 1000 }]);
    await until("it is ok", () => pages().length > 20, 5000);
    const before = pages().filter(isBad).length;
    process.kill(child.pid!, "SIGSTOP");
    await sleep(300);
    process.kill(child.pid!, "SIGCONT");
    const resumed = ms() * 1000;
    await until("it goes on", () => pages().some((sample) => sample.dueUs > resumed && sample.outcome === "ok"), 5000);
    expect(pages().filter(isBad).length).to.equal(before);
    const lost = pages().filter((sample) => sample.outcome === "observer" && sample.note?.startsWith("not sent"));
    expect(lost.length).to.be.within(12, 25); // 300 ms at 50 Hz, less the half period that may be late
    const seqs = pages().map((sample) => sample.seq);
    expect(new Set(seqs).size).to.equal(seqs.length);
  });

  it("killed, leaves a file that can be read but for the last second, even with a torn tail", async () => {
    await begin([page]);
    await until("two seconds are stored", async () => (await readFile(file())).length > 0 && pages().length > 110, 5000);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    const packed = await readFile(file());
    await writeFile(file(), packed.subarray(0, packed.length - 7));
    expect((await unzipped(file())).length).to.be.at.least(40);
  });
});

/** What a cut gzip file still gives: the whole lines. */
async function unzipped(path: string): Promise<string[]> {
  const lines: string[] = [];
  let text = "";
  const gunzip = createReadStream(path).pipe(createGunzip());
  try {
    for await (const chunk of gunzip) text += (chunk as Buffer).toString("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "Z_BUF_ERROR") throw error;
  }
  lines.push(...text.split("\n"));
  lines.pop();
  return lines;
}
