/** Something that is being watched: endpoints from anywhere. What probers report becomes endpoints with names, and those a result. */
import type { AnswerClass } from "../core.js";
import type { Ruler } from "../measure/error-bars.js";
import { nameOf, proxyFor } from "../probes/http/connect/proxy.js";
import { parseUrl } from "../probes/http/question.js";
import { startProber } from "../probes/launch/child.js";
import type { ProberReport } from "../probes/protocol.js";
import type { Spread } from "../probes/samples/totals.js";
import type { EndpointTarget } from "../probes/target.js";
import { loadAnswers } from "../registry.js";
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

export interface Watching {
  /** Resolves with why, if nothing is measured any more although nobody ended it. */
  readonly broken: Promise<string>;
  end(): Promise<Measured>;
}
/** What probers have measured so far; the rest of a WatchResult is about the run. */
export type Measured = Pick<WatchResult, "seconds" | "observer"> & {
  readonly endpoints: readonly MeasuredEndpoint[];
  /** Why samples are missing from their file. */
  readonly samplesFailed?: string;
};
/** What is known of a lane before anything is measured. */
export type Described = Pick<
  MeasuredEndpoint,
  "name" | "url" | "kind" | "connection" | "rateHz" | "deadlineMs" | "proxy" | "http2" | "probe" | "from" | "plane"
>;

/** Resolves when sampling has begun. `onMeasured` is called each second. */
export async function watchEndpoints(
  watched: readonly Watched[],
  samplesFile: string | undefined,
  onMeasured: (measured: Measured) => void,
): Promise<Watching> {
  const offsetUs = wallOffsetUs();
  const described = watched.map(describe);
  const measured = (report: ProberReport) => measuredBy([{ report, described }], offsetUs);
  const classes = await loadAnswers();
  const start = { zeroUs: 0, ask: { endpoints: watched.map(({ target }) => classified(target, classes)) }, tell: "totals", warmUpMs: 300 } as const;
  const prober = startProber({ ...start, ...(samplesFile === undefined ? {} : { samplesFile }) }, { report: (report) => onMeasured(measured(report)) });
  await prober.ready;
  return {
    broken: prober.broken,
    end: async () => measured((await prober.end())[0]!),
  };
}

/** What platforms mean by their answers is known wherever one is asked. */
const classified = (target: EndpointTarget, classes: readonly AnswerClass[]): EndpointTarget =>
  target.question.kind === "http" && classes.length > 0
    ? { ...target, question: { ...target.question, expect: { ...target.question.expect, classes } } }
    : target;

const describe = ({ target: { name, question, periodUs, deadlineUs }, place, plane }: Watched): Described => ({
  name,
  url: place,
  kind: question.kind,
  connection: question.kind === "http" ? question.connection : "fresh",
  rateHz: Number((1e6 / periodUs).toPrecision(6)),
  deadlineMs: deadlineUs / 1000,
  ...proxyWord(question),
  ...(question.kind === "http" && question.http2 && question.url.startsWith("https:") ? { http2: true as const } : {}),
  ...(plane === undefined ? {} : { plane }),
});

const proxyWord = (question: Watched["target"]["question"]): { proxy?: string } => {
  if (question.kind !== "http" || question.proxies === undefined) return {};
  const proxy = proxyFor(question.proxies, parseUrl(question.url).url);
  return proxy ? { proxy: nameOf(proxy) } : {};
};

const ms = ({ p50, p99, max }: Spread) => ({ p50: p50 / 1000, p99: p99 / 1000, max: max / 1000 });

/** Of one prober, or of several that began together. */
export function measuredBy(parts: readonly { readonly report: ProberReport; readonly described: readonly Described[] }[], offsetUs: number): Measured {
  const reports = parts.map(({ report }) => report);
  const seconds = Math.max(...reports.map(({ fromUs, atUs }) => (fromUs === 0 ? 0 : (atUs - fromUs) / 1e6)));
  const endpoints = parts.flatMap(({ report, described }) =>
    report.lanes.map((one, i) => ({
      ...described[i]!,
      slowMs: one.slowUs === null ? described[i]!.deadlineMs : Math.round(one.slowUs / 100) / 10,
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
    })),
  );
  const sum = (of: (report: ProberReport) => number) => reports.reduce((all, report) => all + of(report), 0);
  const worst = (of: (report: ProberReport) => number) => Math.max(...reports.map(of));
  const faults = endpoints.reduce((all, one) => all + one.observerFaults, 0);
  const samples = endpoints.reduce((all, one) => all + one.samples, 0);
  const samplesFailed = reports.find((report) => report.samplesFailed !== undefined)?.samplesFailed;
  return {
    seconds,
    endpoints,
    observer: {
      faults,
      share: samples === 0 ? 0 : faults / samples,
      shed: sum((report) => report.shed),
      hiccups: sum((report) => report.hiccups),
      cpuShare: seconds > 0 ? sum((report) => report.cpuUs) / 1e6 / seconds : 0,
      latenessMs: ms({ p50: worst((one) => one.latenessUs.p50), p99: worst((one) => one.latenessUs.p99), max: worst((one) => one.latenessUs.max) }),
    },
    ...(samplesFailed === undefined ? {} : { samplesFailed }),
  };
}

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
    calibration: calibrationOf(endpoints, seconds, limits, ruler),
    endpoints,
  };
}
