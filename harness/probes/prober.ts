/**
 * The prober: a process of its own, so that nothing the harness does delays a sample. NDJSON on stdin (start, routes, end) and on stdout (protocol.ts);
 * samples also go to a file, one gzip member per second. It ends when stdin closes, after its last flush.
 */
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { nowUs, sleep } from "../clock.js";
import type { Route, TargetSystem } from "../core.js";
import { Histogram } from "../measure/histogram.js";
import { loadTarget } from "../registry.js";
import { endpointsSource } from "./endpoints-source.js";
import { lookupsUnderWay } from "./http/connect/names.js";
import { plannedSource } from "./planned-source.js";
import type { ProberMessage, ProberStart } from "./protocol.js";
import { SamplesFile } from "./samples/samples-file.js";
import { Lanes, spread } from "./samples/totals.js";
import { OpenLoop } from "./schedule/open-loop.js";
import { raisePriority } from "./schedule/priority.js";
import type { Source } from "./source.js";
import { stepsSystem } from "./steps.js";

type Message = ({ readonly kind: "start" } & ProberStart) | { readonly kind: "routes"; readonly routes: readonly Route[] } | { readonly kind: "end" };
type Load = (name: string) => Promise<Pick<TargetSystem, "probes">>;
type Say = (message: ProberMessage) => void;
/** Puts out one line. */
type Put = (line: string) => void;
const saying =
  (put: Put): Say =>
  (message) =>
    put(JSON.stringify(message));

const batchMs = 50;

/** Resolves when it is to exit. `load` finds the target system by name. */
export async function prober(input: Readable, output: Writable, load: Load): Promise<void> {
  const put: Put = (line) => void output.write(`${line}\n`);
  const say = saying(put);
  output.on("error", () => {}); // the runner is gone: stdin says so as well
  let sampling: Promise<Sampling> | undefined;
  for await (const line of createInterface({ input })) {
    const message = JSON.parse(line) as Message;
    if (message.kind === "start") {
      sampling = begin(message, put, load);
      sampling.catch((error: Error) => say({ kind: "fault", says: error.message }));
      if (message.forMs === undefined) continue;
      await sampling.then((begun) => begun.ready).catch(() => {});
      await sleep(message.forMs);
      break;
    } else if (message.kind === "routes") void sampling?.then((begun) => begun.source.routes?.(message.routes)).catch(() => {});
    else break;
  }
  await sampling?.then(
    (begun) => begun.end(),
    () => {}, // said already
  );
  say({ kind: "ended" });
}

interface Sampling {
  readonly source: Source;
  readonly ready: Promise<void>;
  end(): Promise<void>;
}

async function sourceOf(start: ProberStart, say: Say, load: Load): Promise<Source> {
  if ("endpoints" in start.ask) return endpointsSource(start.ask.endpoints);
  const { system, probes, routes, credentials } = start.ask;
  const { zeroUs } = start;
  const source = plannedSource({
    planned: probes,
    probes: (await load(system)).probes,
    credentials,
    zeroUs,
    acked: (write) => say({ kind: "acked", write, atUs: nowUs() - zeroUs }),
  });
  source.routes(routes);
  return source;
}

async function begin(start: ProberStart, put: Put, load: Load): Promise<Sampling> {
  const say = saying(put);
  const source = await sourceOf(start, say, load);
  const file = start.samplesFile === undefined ? undefined : new SamplesFile(start.samplesFile);
  if (source.head !== undefined) file?.add(source.head);
  const lateness = new Histogram();
  const lanes = new Lanes(source.rules, (lane) => source.findings(lane));
  let samples = 0;
  let batch: string[] = [];
  const tellsEach = start.tell === "samples";
  const loop = new OpenLoop(source.questions, (sample) => {
    samples++;
    // What was not sent in time for want of our own time counts; what was shed was not late.
    lateness.add(sample.sentUs - sample.dueUs);
    if (tellsEach) {
      const text = source.json!(sample);
      file?.add(text);
      batch.push(text);
    } else {
      if (file) source.write(file.lines, sample);
      lanes.add(sample);
    }
  });
  // A probe that cannot be set up still asks: what it finds is what a user would. The run learns why.
  await source.setUp?.().catch((error: Error) => say({ kind: "fault", says: error.message }));
  const began = process.cpuUsage();
  let fromUs = 0;
  const flush = () => {
    // Each is JSON already.
    if (batch.length > 0) put(`{"kind":"samples","samples":[${batch.join(",")}]}`);
    batch = [];
  };
  const report = (isFinal: boolean) => {
    const { user, system } = process.cpuUsage(began);
    say({
      kind: "report",
      fromUs,
      atUs: nowUs(),
      cpuUs: user + system,
      samples,
      shed: loop.shed,
      hiccups: loop.hiccups.count,
      latenessUs: spread(lateness),
      ...(file?.failed === undefined ? {} : { samplesFailed: file.failed }),
      lanes: tellsEach ? [] : lanes.report(isFinal),
    });
  };
  const everySecond = () => {
    lanes.settle(nowUs());
    void file?.flush();
    report(false);
  };
  const ready = loop.start(start.warmUpMs * 1000).then((us) => {
    fromUs = us;
    say({ kind: "ready" });
    report(false);
  });
  const timers = [setInterval(everySecond, 1000), ...(tellsEach ? [setInterval(flush, batchMs)] : [])];
  return {
    source,
    ready,
    async end() {
      await ready;
      await loop.end();
      for (const timer of timers) clearInterval(timer);
      flush();
      await file?.close().catch(() => {}); // the report says so
      report(true);
    },
  };
}

/** This process is a prober, and ends as one. */
export async function main(load: Load): Promise<void> {
  raisePriority();
  process.on("SIGINT", () => {}); // Ctrl-C goes to the whole terminal; whoever started us ends us
  process.on("SIGTERM", () => process.stdin.destroy());
  await prober(process.stdin, process.stdout, load);
  // A thread that waits for a resolver holds up an exit for as long as that is silent.
  process.stdout.write("", () => (lookupsUnderWay() > 0 ? process.kill(process.pid, "SIGKILL") : process.exit(0)));
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await main(async (name) => (name === stepsSystem ? import("./steps.js") : loadTarget(name)));
