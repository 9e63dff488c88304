/** A plan: a scenario with every choice made. Pure data, stored as JSON. */
import type { PlannedCalibration } from "./calibration.js";
import type { TargetName } from "./capability.js";
import type { Foresight } from "./operations.js";
import type { OperatorModel, PlannedProcedure } from "./recovery.js";
import type { Plane, Scenario, Vantage } from "./scenario.js";

/** One fault on one target: the unit that the keeper injects, witnesses and heals. */
export interface Injection {
  readonly id: string;
  readonly act: string;
  readonly fault: string;
  readonly options: unknown;
  readonly target: TargetName;
  readonly atS: number;
  /** The keeper heals after so many seconds, whatever else happens. */
  readonly maxS: number;
  /** What maxS is, for `why` of the healing: the act's own end (default), or the rail of an act that a playbook ends. */
  readonly endedBy?: "time" | "playbook";
}

export interface Phases {
  readonly steadyS: number;
  /** Budget for becoming steady, before the steady phase and again after each act. */
  readonly recoveryS: number;
  /** From an act's beginning: so long nobody but the playbook recovers anything. Absent: the target's own recover runs as soon as the act is over. */
  readonly aloneS?: number;
  /** Delayed-damage window after the last healing. */
  readonly watchS: number;
}

export interface PlannedProbe {
  readonly probe: string;
  readonly plane: Plane;
  readonly from: Vantage;
  /** "api", "app-1", inside also "app-1/0" (instance) and "cc-1". */
  readonly target: string;
  readonly periodMs: number;
  readonly deadlineMs: number;
  /** Offset in the period: probes are staggered so that they do not fire at once. */
  readonly phaseMs: number;
}

/** All that run and verdict depend on; nothing is decided later. `digest` is over the rest, canonical JSON. */
export interface Plan extends Scenario {
  readonly version: 1;
  readonly seed: number;
  readonly digest: string;
  readonly system: string;
  readonly engine: string;
  readonly phases: Phases;
  readonly probes: readonly PlannedProbe[];
  readonly injections: readonly Injection[];
  readonly targets: readonly TargetName[];
  readonly warnings: readonly string[];
  /** What the playbook will do, with every human delay drawn; absent: nobody's playbook, the target's own recover. */
  readonly procedures?: readonly PlannedProcedure[];
  /** Who plays it; absent: the usual operator, whose hands do not slip. */
  readonly operator?: OperatorModel;
  /** What of the policy is the playbook's: a remedy that was in place before anything broke. */
  readonly remedy?: Readonly<Record<string, string>>;
  /** When alarms come, as the platform is configured: planning warns of those that come too late. */
  readonly foresight?: readonly Foresight[];
  /** Fault → colour of its band, so that a report needs nothing but the folder. */
  readonly colours?: Readonly<Record<string, string>>;
  /** What was known of the ruler when planning, on the machine that planned; absent: nothing. Reports draw their error bars from it; no verdict depends on it. */
  readonly calibration?: PlannedCalibration;
}
