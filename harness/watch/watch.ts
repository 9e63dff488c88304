/** Watches endpoints while a command runs, for some time, or until it is told to end. What a run of it shares: files, live line, verdict. */
import type { Ruler } from "../measure/error-bars.js";
import { startWatcher } from "./child.js";
import type { Watched } from "./endpoints.js";
import {
  barred,
  type CommandEnd,
  calibrationOf,
  endpointVerdict,
  type MeasuredEndpoint,
  stamped,
  total,
  type WatchLimits,
  type WatchResult,
  wallOffsetUs,
  watchVerdict,
} from "./result.js";
import type { WatcherReport } from "./watcher.js";

/** Something that is being watched. */
export interface Watching {
  /** Resolves with why, if nothing is measured any more although nobody ended it. */
  readonly broken?: Promise<string>;
  end(): Promise<Measured>;
}
/** What a prober has measured so far; the rest of a WatchResult is about the run. */
export type Measured = Pick<WatchResult, "seconds" | "observer"> & {
  readonly endpoints: readonly MeasuredEndpoint[];
  /** Why samples are missing from their file. */
  readonly samplesFailed?: string;
};

/** Resolves when sampling has begun. `onMeasured` is called each second. */
export async function watchEndpoints(
  watched: readonly Watched[],
  samplesFile: string | undefined,
  onMeasured: (measured: Measured) => void,
): Promise<Watching> {
  const offsetUs = wallOffsetUs();
  const measured = (report: WatcherReport) => measuredBy(report, watched, offsetUs);
  const targets = watched.map(({ target }) => target);
  const start = { targets, warmUpMs: 300, ...(samplesFile === undefined ? {} : { samplesFile }) };
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

function measuredBy(report: WatcherReport, watched: readonly Watched[], offsetUs: number): Measured {
  const seconds = (report.atUs - report.fromUs) / 1e6;
  const endpoints = report.targets.map((one, i) => ({
    ...describe(watched[i]!),
    slowMs: Math.round(one.slowUs / 100) / 10,
    samples: total(one.counts),
    counts: one.counts,
    slow: one.slow,
    observerFaults: one.counts.observer ?? 0,
    lostS: one.lostS,
    outages: one.outages.map((outage) => stamped(outage, offsetUs)),
    latencyMs: ms(one.latencyUs),
    ...(one.lastBad === null ? {} : { lastBad: one.lastBad }),
    ...(one.last === null ? {} : { last: one.last }),
    findings: one.findings,
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
    ...(report.samplesFailed === undefined ? {} : { samplesFailed: report.samplesFailed }),
  };
}
const describe = ({ target: { name, question, periodUs, deadlineUs }, place, plane }: Watched) => ({
  name,
  url: place,
  kind: question.kind,
  connection: question.kind === "http" ? question.connection : ("fresh" as const),
  rateHz: Number((1e6 / periodUs).toPrecision(6)),
  deadlineMs: deadlineUs / 1000,
  ...(plane === undefined ? {} : { plane }),
});

export function resultOf(
  measured: Measured,
  run: {
    readonly flounder: string;
    readonly startedIso: string;
    readonly complete: boolean;
    readonly command: CommandEnd | null;
    readonly aborted?: { readonly by: NonNullable<WatchResult["abortedBy"]>; readonly says: string };
  },
  limits: WatchLimits,
  ruler: Ruler,
): WatchResult {
  const { seconds, observer } = measured;
  const { flounder, startedIso, complete, command, aborted } = run;
  const endpoints = measured.endpoints.map((one) => barred({ ...one, verdict: endpointVerdict(one, seconds, limits) }, ruler));
  const found = watchVerdict(endpoints, command);
  return {
    version: 2,
    flounder,
    startedIso,
    seconds,
    complete: complete && aborted === undefined,
    verdict: aborted === undefined ? found : { result: "aborted", says: [aborted.says, ...found.says] },
    ...(aborted === undefined ? {} : { abortedBy: aborted.by }),
    command,
    observer,
    calibration: calibrationOf(endpoints, ruler),
    endpoints,
  };
}
