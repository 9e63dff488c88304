/** What `flounder watch` found: the JSON file's shape, made of what the prober reported, and the verdict on what was asked for. Pure. */
import type { Bounds, CalibratedAsker, Outcome, PlannedCalibration, Result } from "../core.js";
import { sayDuration } from "../durations.js";
import { errorBar, errorNear, type Ruler, type RulerError, stretch } from "../measure/error-bars.js";
import type { Cause, Interval, Outage } from "../measure/outages.js";
import { seenFromMs } from "../measure/visible.js";
import type { Spread } from "../probes/samples/totals.js";
import { sayRuler } from "../report/ruler-words.js";

export interface WatchedOutage {
  /** Wall-clock ms since 1970, with fractions. */
  readonly startMs: Interval;
  readonly endMs: Interval;
  /** CLOCK_MONOTONIC of this host. */
  readonly startNs: Interval;
  readonly endNs: Interval;
  /** When the third bad answer was in, wall clock. */
  readonly knownMs: number;
  readonly lostS: Bounds;
  /** What sampling leaves open and the ruler's own error, together; absent where that is not known. */
  readonly errorBarS?: Bounds;
  readonly cause: Cause;
  /** 1, or less in a brown-out. */
  readonly badShare: number;
  readonly samples: number;
  /** It was under way when sampling began or ended. */
  readonly open: { readonly start: boolean; readonly end: boolean };
}
export interface WatchedEndpoint {
  /** Unique among the endpoints. */
  readonly name: string;
  /** Where it is asked: a URL without credentials, tcp://host:port, dns://server/name, exec:command; of a foundation's probe its target. */
  readonly url: string;
  readonly kind: "http" | "tcp" | "dns" | "exec" | "probe";
  /** Fresh: a connection per sample. Kept: a pool. */
  readonly connection: "fresh" | "kept";
  /** HOST:PORT of the proxy that it is asked through. */
  readonly proxy?: string;
  /** It is offered; what was negotiated is among the findings. */
  readonly http2?: true;
  /** Of a foundation's probes: what, from where, about which plane. */
  readonly probe?: string;
  readonly from?: string;
  readonly plane?: string;
  readonly rateHz: number;
  readonly deadlineMs: number;
  /** Answers that took longer were bad. */
  readonly slowMs: number;
  readonly samples: number;
  readonly counts: Partial<Record<Outcome, number>>;
  /** Good but for their lateness; part of counts.ok. */
  readonly slow: number;
  readonly observerFaults: number;
  readonly lostS: Bounds;
  /** As of an outage. */
  readonly errorBarS?: Bounds;
  readonly outages: readonly WatchedOutage[];
  readonly latencyMs: Spread;
  /** The newest bad answer, and why it was bad. */
  readonly lastBad?: { readonly outcome: Outcome; readonly note: string };
  /** Of the newest sample. */
  readonly last?: Outcome;
  /** What was found beside the outcomes of samples, and how often: stale-connection, addresses that failed, a certificate that expires soon. */
  readonly findings: Readonly<Record<string, number>>;
  /** What was asked of this endpoint alone. */
  readonly verdict: EndpointVerdict;
}
export interface EndpointVerdict {
  readonly result: "pass" | "measured" | "fail" | "inconclusive";
  readonly says: readonly string[];
}
export interface WatchResult {
  readonly version: 2;
  readonly flounder: string;
  readonly startedIso: string;
  readonly seconds: number;
  /** False while it runs: the file is written anew each second. */
  readonly complete: boolean;
  /** measured: no limit was asked for. */
  readonly verdict: { readonly result: Result | "measured"; readonly says: readonly string[] };
  /** What cut it short; absent: nothing did. */
  readonly abortedBy?: "signal" | "limit" | "prober";
  /** Null without one. */
  readonly command: CommandEnd | null;
  readonly observer: {
    /** Samples lost to ourselves, and their share, 0 to 1. */
    readonly faults: number;
    readonly share: number;
    /** Not sent because too many were in flight. */
    readonly shed: number;
    /** Times that the prober stood still. */
    readonly hiccups: number;
    readonly cpuShare: number;
    readonly latenessMs: Spread;
  };
  /** What `flounder calibrate` found on this machine, at the calibrated rates nearest to those that were asked with. */
  readonly calibration: {
    readonly is: Ruler["is"];
    readonly says: string;
    readonly record?: Pick<PlannedCalibration, "madeIso" | "quick" | "machine">;
    readonly errors: readonly RulerError[];
    /** What was asked for and is finer than a rate can see; a sentence each. */
    readonly warnings: readonly string[];
  };
  readonly endpoints: readonly WatchedEndpoint[];
}
export interface CommandEnd {
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly signal: string | null;
}
/** What was asked for. */
export interface WatchLimits {
  /** Per cent of the time, per endpoint. */
  readonly slo?: number;
  /** Seconds, per endpoint. */
  readonly allowLostS?: number;
}

const observerShareMax = 0.01;

/** Wall clock − monotonic clock, µs: taken once, so that a step of the wall clock meanwhile moves no outage. */
export const wallOffsetUs = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000) - Number(process.hrtime.bigint() / 1000n);

export function stamped(outage: Outage, offsetUs: number): WatchedOutage {
  const { startUs, endUs, knownUs, ...rest } = outage;
  const ms = ({ lo, hi }: Interval) => ({ lo: (lo + offsetUs) / 1000, hi: (hi + offsetUs) / 1000 });
  const ns = ({ lo, hi }: Interval) => ({ lo: lo * 1000, hi: hi * 1000 });
  return { startMs: ms(startUs), endMs: ms(endUs), startNs: ns(startUs), endNs: ns(endUs), knownMs: (knownUs + offsetUs) / 1000, ...rest };
}

export const total = (counts: Partial<Record<Outcome, number>>): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

/** What prober and clock know of an endpoint; its verdict is made of it. */
export type MeasuredEndpoint = Omit<WatchedEndpoint, "verdict">;

/** A limit is kept if even the upper bound keeps it, broken if the lower one breaks it, and else nobody can say. Without a sample nothing can be said. */
export function endpointVerdict(endpoint: MeasuredEndpoint, seconds: number, limits: WatchLimits): EndpointVerdict {
  const { lostS, counts, observerFaults } = endpoint;
  const samples = total(counts);
  const open: string[] = [];
  const broken: string[] = [];
  if (samples - (counts["not-attempted"] ?? 0) - observerFaults === 0) open.push("nothing was measured");
  else if (observerFaults > observerShareMax * samples)
    open.push(`${((100 * observerFaults) / samples).toFixed(1)} % of the samples were lost to the observer`);
  const allowed = [
    ...(limits.allowLostS === undefined ? [] : [{ s: limits.allowLostS, says: `allowed at most ${limits.allowLostS} s` }]),
    ...(limits.slo === undefined
      ? []
      : [
          {
            s: (1 - limits.slo / 100) * seconds,
            says: `an SLO of ${limits.slo} % allows ${((1 - limits.slo / 100) * seconds).toFixed(2)} s of ${seconds.toFixed(1)} s`,
          },
        ]),
  ];
  for (const { s, says } of allowed) {
    const lost = `lost ${lostS.lo.toFixed(2)} to ${lostS.hi.toFixed(2)} s, ${says}`;
    if (lostS.lo > s) broken.push(lost);
    else if (lostS.hi > s) open.push(`${lost}: the bounds leave it open`);
  }
  const result = broken.length > 0 ? "fail" : open.length > 0 ? "inconclusive" : allowed.length > 0 ? "pass" : "measured";
  return { result, says: [...broken, ...open] };
}

/** Of all together, and of the command: the worst. */
export function watchVerdict(endpoints: readonly WatchedEndpoint[], command: CommandEnd | null): WatchResult["verdict"] {
  const says = endpoints.flatMap((one) => one.verdict.says.map((line) => `${one.name}: ${line}`));
  const has = (result: EndpointVerdict["result"]) => endpoints.some((one) => one.verdict.result === result);
  const failed = command !== null && command.exitCode !== 0 ? [`the command ended with ${command.signal ?? `exit code ${command.exitCode}`}`] : [];
  if (has("fail") || failed.length > 0) return { result: "fail", says: [...failed, ...says] };
  if (has("inconclusive") || endpoints.length === 0) return { result: "inconclusive", says };
  return has("measured") ? { result: "measured", says: ["no limit was given (--allow-lost, --slo)"] } : { result: "pass", says: ["all limits were kept"] };
}

/** Whose rows of a calibration are its. */
const askerOf = ({ kind, http2 }: MeasuredEndpoint): CalibratedAsker => (http2 ? "http2" : kind);

/** With what is known of the ruler's own error. */
export function barred(endpoint: WatchedEndpoint, ruler: Ruler): WatchedEndpoint {
  if (ruler.is !== "known") return endpoint;
  const times = stretch(ruler, 1000 / endpoint.rateHz, endpoint.connection, askerOf(endpoint));
  const outages = endpoint.outages.map((outage) => ({ ...outage, errorBarS: errorBar(outage.lostS, times) }));
  return { ...endpoint, outages, errorBarS: errorBar(endpoint.lostS, times) };
}

/** A loss so small may have been missed, however many samples were good. */
function tooFine(endpoints: readonly WatchedEndpoint[], seconds: number, limits: WatchLimits, ruler: Ruler): readonly string[] {
  const asked = [
    ...(limits.allowLostS === undefined ? [] : [{ s: limits.allowLostS, says: `--allow-lost ${limits.allowLostS}` }]),
    ...(limits.slo === undefined ? [] : [{ s: (1 - limits.slo / 100) * seconds, says: `--slo ${limits.slo}` }]),
  ];
  return asked.flatMap(({ s, says }) => {
    const blind = endpoints.flatMap((one) => {
      const fromMs = seenFromMs(ruler, { rateHz: one.rateHz, connection: one.connection, asker: askerOf(one) });
      return s * 1000 < fromMs ? [{ name: one.name, fromMs, rateHz: one.rateHz }] : [];
    });
    const [worst] = [...blind].sort((a, b) => b.fromMs - a.fromMs);
    if (!worst) return [];
    const whom = blind.length === 1 ? worst.name : `${blind.length} endpoints, ${worst.name} among them`;
    return [
      `${says} allows ${sayDuration(s * 1000)}, less than ${worst.rateHz} Hz is sure to see (${sayDuration(worst.fromMs)}) of ${whom}: a higher --rate sees more`,
    ];
  });
}

export function calibrationOf(endpoints: readonly WatchedEndpoint[], seconds: number, limits: WatchLimits, ruler: Ruler): WatchResult["calibration"] {
  const asked = [
    ...new Map(
      endpoints.map((one) => {
        const { rateHz, connection } = one;
        return [`${rateHz} ${connection} ${askerOf(one)}`, { rateHz, connection, asker: askerOf(one) }] as const;
      }),
    ).values(),
  ];
  const errors = asked.flatMap(({ rateHz, connection, asker }) => errorNear(ruler, rateHz, connection, asker) ?? []);
  const says = sayRuler(ruler, asked);
  const warnings = tooFine(endpoints, seconds, limits, ruler);
  if (ruler.is === "none") return { is: ruler.is, says, errors, warnings };
  const { madeIso, quick, machine } = ruler.record;
  return { is: ruler.is, says, errors, warnings, record: { madeIso, quick, machine } };
}
