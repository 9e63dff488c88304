/**
 * When the monitor raises an alarm, when it fails a LUN over by itself, and which alarm playbooks wait for: three configurations, in 2011 by three teams.
 * Seconds at time factor 1; null: never. A LUN is declared lost after timers.lunLost, 40 s.
 */
export interface Thresholds {
  readonly alarms: {
    /** A supply is not as it should be for so long. */
    readonly supplyS: number | null;
    /** A LUN has not answered for so long. */
    readonly lunSilentS: number | null;
    /** So many of the Health Manager's alerts about missing heartbeats within a minute. */
    readonly lateHeartbeats: number | null;
    /** The Health Manager asks for so many instances to be started within a minute. */
    readonly starts: number | null;
    /** A Cloud Controller is read-only for so long. */
    readonly readOnlyS: number | null;
  };
  readonly failOver: { readonly lunSilentS: number | null };
  /** The alarm that a playbook for early detection waits for. */
  readonly trigger: AlarmName;
}
export type AlarmName = "supply" | "lun-silent" | "late-heartbeats" | "start-storm" | "read-only";

export const thresholds = {
  // Each is sensible by itself: a supply is redundant, so nobody is woken for one; fail-over waits for the alarm; the playbook waits for the supply.
  // Together they are of no use: the latch comes first.
  "2011": {
    alarms: { supplyS: 3600, lunSilentS: 120, lateHeartbeats: 50, starts: null, readOnlyS: 0 },
    failOver: { lunSilentS: 180 },
    trigger: "supply",
  },
  // The earliest sign raises the alarm that the playbook waits for; a LUN moves before it is declared lost.
  consistent: {
    alarms: { supplyS: 5, lunSilentS: 10, lateHeartbeats: 2, starts: 6, readOnlyS: 0 },
    failOver: { lunSilentS: 12 },
    trigger: "supply",
  },
  // People are woken for one supply; whatever else is configured stays as in 2011, so nothing moves by itself.
  "early-alarm": {
    alarms: { supplyS: 5, lunSilentS: 120, lateHeartbeats: 50, starts: null, readOnlyS: 0 },
    failOver: { lunSilentS: 180 },
    trigger: "supply",
  },
} as const satisfies Readonly<Record<string, Thresholds>>;

/** As the monitor gets them: seconds become ms of this time factor. */
export function thresholdsMs({ alarms, failOver, trigger }: Thresholds, timeFactor: number): object {
  const ms = (s: number | null) => (s === null ? null : (s * 1000) / timeFactor);
  return {
    alarms: {
      supplyMs: ms(alarms.supplyS),
      lunSilentMs: ms(alarms.lunSilentS),
      lateHeartbeats: alarms.lateHeartbeats,
      starts: alarms.starts,
      readOnlyMs: ms(alarms.readOnlyS),
      withinMs: ms(60),
    },
    failOver: { lunSilentMs: ms(failOver.lunSilentS) },
    trigger,
  };
}
