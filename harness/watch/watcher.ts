/**
 * The prober of `flounder watch`: a process of its own that asks endpoints. NDJSON on stdin: start, end (or its closing); on stdout each second
 * what is known so far. Samples go to a file if one is named, one gzip member per second.
 */
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { nowUs, sleep } from "../clock.js";
import type { Bounds, Outcome } from "../core.js";
import { type Losses, OutageStream } from "../measure/outage-stream.js";
import type { Outage } from "../measure/outages.js";
import { HttpAsker } from "../probes/http/asker.js";
import { lookupsUnderWay } from "../probes/http/names.js";
import type { Lines } from "../probes/lines.js";
import { emptySamples, SamplesFile } from "../probes/samples-file.js";
import type { Stamps } from "../probes/schedule/flight.js";
import { Histogram } from "../probes/schedule/lateness.js";
import { OpenLoop } from "../probes/schedule/open-loop.js";
import { raisePriority } from "../probes/schedule/priority.js";
import { type EndpointTarget, placeOf, questionOf } from "../probes/target.js";
import type { LastBad } from "./result.js";

export interface WatcherStart {
  readonly kind: "start";
  readonly targets: readonly EndpointTarget[];
  readonly samplesFile?: string;
  readonly warmUpMs: number;
  /** Ends by itself after so long, and not when stdin closes. */
  readonly forMs?: number;
}
/** What is known of one target since sampling began. */
export interface TargetReport {
  readonly counts: Partial<Record<Outcome, number>>;
  readonly slow: number;
  readonly slowUs: number;
  readonly outages: readonly Outage[];
  readonly lostS: Bounds;
  readonly latencyUs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The newest bad answer, and why it was bad. */
  readonly lastBad: LastBad | null;
  /** Of the newest sample. */
  readonly last: Outcome | null;
  /** What was found beside the outcomes of samples, and how often. */
  readonly findings: Readonly<Record<string, number>>;
}
export interface WatcherReport {
  readonly kind: "report";
  /** Monotonic µs. */
  readonly fromUs: number;
  readonly atUs: number;
  readonly targets: readonly TargetReport[];
  readonly cpuUs: number;
  readonly shed: number;
  readonly hiccups: number;
  /** Why samples are missing from their file; absent: none is. */
  readonly samplesFailed?: string;
  readonly latenessUs: { readonly p50: number; readonly p99: number; readonly max: number };
}
export type WatcherMessage = WatcherReport | { readonly kind: "fault"; readonly says: string } | { readonly kind: "ended" };

/** Columns of a line of the samples file: a JSON array. Times are µs after due; 0 where there was no such phase. */
export const columns = ["target", "seq", "dueUs", "lateUs", "dnsUs", "connectUs", "firstUs", "endUs", "outcome", "status", "note"] as const;

const comma = 44;
function addRow(lines: Lines, sample: Stamps): void {
  const { target, seq, dueUs, sentUs, dnsUs, connectUs, firstUs, endUs, outcome, status, note } = sample;
  const after = (us: number) => lines.number(us === 0 ? 0 : us - dueUs).byte(comma);
  lines.text("[").number(target).byte(comma).number(seq).byte(comma).number(dueUs).byte(comma);
  after(sentUs);
  after(dnsUs);
  after(connectUs);
  after(firstUs);
  after(endUs);
  lines.text('"').text(outcome).text('",').number(status);
  if (note === "") lines.text(',""]\n');
  else lines.byte(comma).text(JSON.stringify(note)).text("]\n");
}

class Watched {
  readonly counts: Partial<Record<Outcome, number>> = {};
  slow = 0;
  lastBad: LastBad | null = null;
  last: Outcome | null = null;
  readonly stream: OutageStream;
  #losses: Losses = { outages: [], lostS: { lo: 0, hi: 0 } };
  #readAgainUs = 0;

  constructor(
    readonly target: EndpointTarget,
    readonly findings: ReadonlyMap<string, number>,
  ) {
    const { periodUs, deadlineUs, slowUs } = target;
    this.stream = new OutageStream({ periodUs, deadlineUs, ...(slowUs === undefined ? {} : { slowUs }) });
  }

  add(sample: Stamps, slowUs: number): void {
    this.counts[sample.outcome] = (this.counts[sample.outcome] ?? 0) + 1;
    if (sample.outcome === "ok" && sample.endUs - sample.sentUs > slowUs) this.slow++;
    this.stream.add(sample);
    const { outcome, note } = sample;
    this.last = outcome;
    if (outcome !== "ok" && outcome !== "observer") this.lastBad = { outcome, note };
  }

  /** During a long outage there is ever more to read: at most a hundredth of the time goes into that, unless it is the last word. */
  report(isFinal: boolean): TargetReport {
    const began = nowUs();
    if (isFinal || began >= this.#readAgainUs) {
      this.#losses = this.stream.losses();
      this.#readAgainUs = nowUs() + 100 * (nowUs() - began);
    }
    const { outages, lostS } = this.#losses;
    const { counts, slow, stream, lastBad, last } = this;
    const findings = Object.fromEntries(this.findings);
    return { counts, slow, slowUs: stream.slowUs, outages, lostS, latencyUs: summary(stream.latency), lastBad, last, findings };
  }
}
const summary = (histogram: Histogram) => ({ p50: histogram.quantile(0.5), p99: histogram.quantile(0.99), max: histogram.max });

export async function watcher(input: Readable, output: Writable): Promise<void> {
  const say = (message: WatcherMessage) => void output.write(`${JSON.stringify(message)}\n`);
  output.on("error", () => {}); // whoever started us is gone: stdin says so as well
  let end: (() => Promise<void>) | undefined;
  for await (const line of createInterface({ input })) {
    const message = JSON.parse(line) as WatcherStart | { readonly kind: "end" };
    if (message.kind === "end") break;
    try {
      end = await begin(message, say);
      if (message.forMs === undefined) continue;
      await sleep(message.forMs);
      break;
    } catch (error) {
      say({ kind: "fault", says: (error as Error).message });
      break;
    }
  }
  await end?.();
  say({ kind: "ended" });
}

async function begin(start: WatcherStart, say: (message: WatcherMessage) => void): Promise<() => Promise<void>> {
  if (start.samplesFile !== undefined) emptySamples(start.samplesFile);
  const file = start.samplesFile === undefined ? undefined : new SamplesFile(start.samplesFile);
  file?.add(
    JSON.stringify({ columns, targets: start.targets.map(({ question, ...schedule }) => ({ ...schedule, kind: question.kind, place: placeOf(question) })) }),
  );
  const questions = start.targets.map(questionOf);
  const watched = start.targets.map((target, i) => {
    const { asker } = questions[i]!;
    return new Watched(target, asker instanceof HttpAsker ? asker.findings : new Map());
  });
  let slow = watched.map((one) => one.stream.slowUs);
  const lateness = new Histogram();
  const loop = new OpenLoop(questions, (sample) => {
    const { target, dueUs, sentUs, outcome } = sample;
    if (outcome !== "observer") lateness.add(sentUs - dueUs);
    watched[target]!.add(sample, slow[target]!);
    if (file) addRow(file.lines, sample);
  });
  const began = process.cpuUsage();
  const fromUs = await loop.start(start.warmUpMs * 1000);
  const report = (last: boolean) => {
    const { user, system } = process.cpuUsage(began);
    const targets = watched.map((one) => one.report(last));
    say({
      kind: "report",
      fromUs,
      atUs: nowUs(),
      targets,
      cpuUs: user + system,
      shed: loop.shed,
      hiccups: loop.hiccups.count,
      ...(file?.failed === undefined ? {} : { samplesFailed: file.failed }),
      latenessUs: summary(lateness),
    });
  };
  const timer = setInterval(() => {
    const now = nowUs();
    for (const one of watched) one.stream.settle(now);
    slow = watched.map((one) => one.stream.slowUs);
    void file?.flush();
    report(false);
  }, 1000);
  report(false);
  return async () => {
    await loop.end();
    clearInterval(timer);
    await file?.close().catch(() => {}); // the report says so
    report(true);
  };
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  raisePriority();
  process.on("SIGINT", () => {}); // Ctrl-C goes to the whole terminal; whoever started us ends us
  process.on("SIGTERM", () => process.stdin.destroy());
  await watcher(process.stdin, process.stdout);
  // A thread that waits for a resolver holds up an exit for as long as that is silent.
  process.stdout.write("", () => (lookupsUnderWay() > 0 ? process.kill(process.pid, "SIGKILL") : process.exit(0)));
}
