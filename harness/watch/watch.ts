/** Watches plain HTTP endpoints while a command runs, for some time, or until it is told to end. What a run of it shares: files, live line, verdict. */
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { FlounderError } from "../errors.js";
import type { Ruler } from "../measure/error-bars.js";
import type { PlainTarget } from "../probes/plain.js";
import { startWatcher } from "./child.js";
import { barred, type CommandEnd, calibrationOf, stamped, total, type WatchLimits, type WatchResult, wallOffsetUs, watchVerdict } from "./result.js";
import type { WatcherReport } from "./watcher.js";

export interface WatchInputs {
  readonly urls: readonly string[];
  readonly connections: readonly ("fresh" | "kept")[];
  readonly rateHz: number;
  readonly deadlineMs: number;
  readonly slowMs?: number;
  readonly expect?: string;
  readonly samplesFile?: string;
}
/** Something that is being watched. */
export interface Watching {
  /** Resolves with why, if nothing is measured any more although nobody ended it. */
  readonly broken?: Promise<string>;
  end(): Promise<Measured>;
}
/** What a prober has measured so far; the rest of a WatchResult is about the run. */
export type Measured = Pick<WatchResult, "seconds" | "observer" | "endpoints">;

/** Throws FlounderError "usage" for what is not an HTTP URL. */
export function checkedUrl(text: string): string {
  const wrong = (why: string) => new FlounderError("usage", `--url ${text} ${why}`, "give one like http://app.example.com/health");
  if (!URL.canParse(text)) throw wrong("is not a URL");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw wrong("is neither http nor https");
  return url.href;
}

/** Endpoints are staggered over the period: they are not asked all at once. */
export function targetsOf(inputs: WatchInputs): PlainTarget[] {
  const periodUs = Math.round(1e6 / inputs.rateHz);
  const pairs = inputs.urls.flatMap((url) => inputs.connections.map((connection) => ({ url: checkedUrl(url), connection })));
  return pairs.map(({ url, connection }, i) => ({
    url,
    connection,
    periodUs,
    phaseUs: Math.round((periodUs * i) / pairs.length),
    deadlineUs: inputs.deadlineMs * 1000,
    ...(inputs.expect === undefined ? {} : { expect: inputs.expect }),
    ...(inputs.slowMs === undefined ? {} : { slowUs: inputs.slowMs * 1000 }),
  }));
}

/** Resolves when sampling has begun. `onMeasured` is called each second. */
export async function watchUrls(inputs: WatchInputs, onMeasured: (measured: Measured) => void): Promise<Watching> {
  const offsetUs = wallOffsetUs();
  const targets = targetsOf(inputs);
  const measured = (report: WatcherReport) => measuredBy(report, targets, inputs, offsetUs);
  const start = { targets, warmUpMs: 300, ...(inputs.samplesFile === undefined ? {} : { samplesFile: inputs.samplesFile }) };
  const watcher = startWatcher(start, (report) => onMeasured(measured(report)));
  await watcher.ready;
  return {
    broken: watcher.broken,
    async end() {
      return measured(await watcher.end());
    },
  };
}

const ms = ({ p50, p99, max }: { p50: number; p99: number; max: number }) => ({ p50: p50 / 1000, p99: p99 / 1000, max: max / 1000 });

function measuredBy(report: WatcherReport, targets: readonly PlainTarget[], inputs: WatchInputs, offsetUs: number): Measured {
  const seconds = (report.atUs - report.fromUs) / 1e6;
  const endpoints = report.targets.map((one, i) => ({
    url: targets[i]!.url,
    connection: targets[i]!.connection,
    rateHz: inputs.rateHz,
    deadlineMs: inputs.deadlineMs,
    slowMs: Math.round(one.slowUs / 100) / 10,
    samples: total(one.counts),
    counts: one.counts,
    slow: one.slow,
    observerFaults: one.counts.observer ?? 0,
    lostS: one.lostS,
    outages: one.outages.map((outage) => stamped(outage, offsetUs)),
    latencyMs: ms(one.latencyUs),
    ...(one.lastBad === null ? {} : { lastBad: one.lastBad }),
  }));
  const faults = endpoints.reduce((sum, one) => sum + one.observerFaults, 0);
  const samples = endpoints.reduce((sum, one) => sum + one.samples, 0);
  return {
    seconds,
    endpoints,
    observer: {
      faults,
      share: samples === 0 ? 0 : faults / samples,
      shed: report.shed,
      hiccups: report.hiccups,
      cpuShare: seconds > 0 ? report.cpuUs / 1e6 / seconds : 0,
      latenessMs: ms(report.latenessUs),
    },
  };
}

export function resultOf(
  measured: Measured,
  run: {
    readonly flounder: string;
    readonly startedIso: string;
    readonly complete: boolean;
    readonly command: CommandEnd | null;
    readonly aborted?: string;
    readonly broken?: string;
  },
  limits: WatchLimits,
  ruler: Ruler,
): WatchResult {
  const { seconds, observer, endpoints } = measured;
  const { flounder, startedIso, complete, command, aborted, broken } = run;
  const found = watchVerdict(endpoints, seconds, limits);
  // What was lost until then was lost; that all went well nobody can say.
  const verdict = broken === undefined ? found : { result: found.result === "fail" ? found.result : ("inconclusive" as const), says: [broken, ...found.says] };
  return {
    version: 1,
    flounder,
    startedIso,
    seconds,
    complete,
    verdict: aborted === undefined ? verdict : { result: "aborted", says: [aborted, ...verdict.says] },
    command,
    observer,
    calibration: calibrationOf(endpoints, ruler),
    endpoints: endpoints.map((one) => barred(one, ruler)),
  };
}

/** Throws FlounderError before anything is measured if the file cannot be written. */
export function checkWritable(path: string, flag: string): void {
  try {
    closeSync(openSync(path, "a"));
  } catch (error) {
    throw new FlounderError("usage", `${flag} ${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`, "give a path that you may write");
  }
}

/** In one step: whoever reads it finds the old text or the new one, whole, also after a kill. */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch {
    // A device, a pipe, or a folder in which only this file may be written.
    rmSync(draft, { force: true });
    writeFileSync(path, text);
  }
}
