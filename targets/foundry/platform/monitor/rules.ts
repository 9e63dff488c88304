/** What of that which the monitor sees is an alarm, and which LUN it fails over by itself. Pure. */
import * as z from "zod";

const ms = z.number().nonnegative().nullable();
/** env THRESHOLDS; null: never. */
export const thresholds = z.object({
  alarms: z.object({
    supplyMs: ms,
    lunSilentMs: ms,
    lateHeartbeats: z.number().int().positive().nullable(),
    starts: z.number().int().positive().nullable(),
    readOnlyMs: ms,
    withinMs: z.number().positive(),
  }),
  failOver: z.object({ lunSilentMs: ms }),
});
export type Thresholds = z.infer<typeof thresholds>;

/** Times are ms since the epoch; undefined: it is as it should be. */
export interface Seen {
  /** "cabinet-a A" → since when it is not on, and what it is instead. */
  readonly supplies: Readonly<Record<string, { readonly sinceMs: number; readonly state: string } | undefined>>;
  /** LUN → since when it does not answer. */
  readonly luns: Readonly<Record<string, number | undefined>>;
  /** When the Health Manager said that a DEA was not heard. */
  readonly lateMs: readonly number[];
  /** When the Health Manager asked for an instance to be started, once for each. */
  readonly startsMs: readonly number[];
  readonly readOnly: { readonly sinceMs: number; readonly says: string } | undefined;
}
export interface Alarm {
  readonly alarm: "supply" | "lun-silent" | "late-heartbeats" | "start-storm" | "read-only";
  readonly on: string;
  readonly says: string;
}

const lasts = (sinceMs: number | undefined, limitMs: number | null, nowMs: number): boolean =>
  sinceMs !== undefined && limitMs !== null && nowMs - sinceMs >= limitMs;

export function alarmsOf(seen: Seen, { alarms }: Thresholds, nowMs: number): readonly Alarm[] {
  const recent = (atMs: readonly number[]) => atMs.filter((at) => nowMs - at < alarms.withinMs).length;
  const late = recent(seen.lateMs);
  const starts = recent(seen.startsMs);
  return [
    ...Object.entries(seen.supplies).flatMap(([on, supply]): Alarm[] =>
      supply && lasts(supply.sinceMs, alarms.supplyMs, nowMs) ? [{ alarm: "supply", on, says: `supply is ${supply.state}` }] : [],
    ),
    ...Object.entries(seen.luns).flatMap(([on, sinceMs]): Alarm[] =>
      lasts(sinceMs, alarms.lunSilentMs, nowMs) ? [{ alarm: "lun-silent", on, says: "does not answer" }] : [],
    ),
    ...(alarms.lateHeartbeats !== null && late >= alarms.lateHeartbeats
      ? [{ alarm: "late-heartbeats", on: "hm", says: "DEAs are not heard in time, again and again" } as const]
      : []),
    ...(alarms.starts !== null && starts >= alarms.starts
      ? [{ alarm: "start-storm", on: "hm", says: `the Health Manager asked for ${starts} instances at once` } as const]
      : []),
    ...(seen.readOnly && lasts(seen.readOnly.sinceMs, alarms.readOnlyMs, nowMs) ? [{ alarm: "read-only", on: "cc", says: seen.readOnly.says } as const] : []),
  ];
}

export const failOversOf = (seen: Seen, { failOver }: Thresholds, nowMs: number): readonly string[] =>
  Object.entries(seen.luns).flatMap(([lun, sinceMs]) => (lasts(sinceMs, failOver.lunSilentMs, nowMs) ? [lun] : []));
