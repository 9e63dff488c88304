/** What the three configurations of monitoring come to in this foundation: when alarms are raised, when LUNs move by themselves, and when it is too late. */
import type { Foresight, Topology } from "../../../harness/core.js";
import type { TimersMs } from "../contract/timers.js";

/** As the monitor gets them (thresholds.ts): null is never. */
interface Limits {
  readonly alarms: {
    readonly supplyMs: number | null;
    readonly lunSilentMs: number | null;
    readonly lateHeartbeats: number | null;
    readonly starts: number | null;
    readonly readOnlyMs: number | null;
    readonly withinMs: number;
  };
  readonly failOver: { readonly lunSilentMs: number | null };
}

/** Empty where no monitor is. */
export function foresight({ components }: Topology): readonly Foresight[] {
  const monitor = components.find((component) => component.role === "monitor");
  if (!monitor) return [];
  const { alarms, failOver } = JSON.parse(monitor.env.THRESHOLDS!) as Limits;
  const timers = JSON.parse(monitor.env.TIMERS_MS!) as TimersMs;
  const s = (ms: number | null) => (ms === null ? null : Math.round(ms) / 1000);
  const deas = components.filter((component) => component.role === "dea").length;
  const { trigger } = JSON.parse(monitor.env.THRESHOLDS!) as { trigger?: string };
  // More alerts than DEAs: they must miss heartbeats again and again, up to the whole of the window.
  const lateMs = alarms.lateHeartbeats === null ? null : timers.dropletLost + (alarms.lateHeartbeats > deas ? alarms.withinMs : 0);
  const row = (alarm: string, says: string, alarmMs: number | null, failOverMs: number | null, tooLateMs: number | null): Foresight => ({
    alarm,
    says,
    alarmS: s(alarmMs),
    failOverS: s(failOverMs),
    tooLateS: s(tooLateMs),
    trigger: alarm === trigger,
  });
  return [
    row("supply", "a supply is not as it should be", alarms.supplyMs, null, timers.lunLost),
    row("late-heartbeats", "a DEA's disk stalls", lateMs, null, timers.lunLost),
    // Too late for nothing: it is a sign of damage done.
    ...(alarms.starts === null ? [] : [row("start-storm", "the Health Manager takes DEAs for gone", timers.dropletLost, null, null)]),
    row("lun-silent", "a LUN does not answer", alarms.lunSilentMs, failOver.lunSilentMs, timers.lunLost),
    row("read-only", "a Cloud Controller is read-only", alarms.readOnlyMs, null, null),
  ];
}
