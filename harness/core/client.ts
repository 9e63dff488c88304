/** What runner, commands, suites and consoles hold: a socket to the keeper, never a target. */
import type { TargetInfo, TargetName } from "./capability.js";
import type { SaidDifference } from "./difference.js";
import type { Event } from "./event.js";
import type { FoundationFacts } from "./facts.js";
import type { Ailment } from "./operations.js";
import type { Injection } from "./plan.js";
import type { Route } from "./probe.js";
import type { Call, Topology } from "./topology.js";

/** What runner, CLI, suites and console hold: a socket to the keeper, never a target. */
export interface Client extends AsyncDisposable {
  readonly id: string;
  /** True if this client's command started the foundation. */
  readonly owned: boolean;
  facts(): Promise<FoundationFacts>;
  targets(): Promise<readonly TargetInfo[]>;
  routes(): Promise<readonly Route[]>;
  /** Resolves when the injection was done (not yet witnessed); rejects when it is refused: frozen, stopped, unknown, not intact. */
  inject(injection: Injection): Promise<void>;
  /** Heals one, or all; resolves with what is proved. When all is asked for: also what differs from what was made, and is no live injection's. */
  heal(id?: string, why?: "asked" | "playbook"): Promise<readonly HealReport[]>;
  /** What differs on the machine from what was made, and is no live injection's. Mends nothing. */
  differences(): Promise<readonly SaidDifference[]>;
  /** Blocks new injections, heals all; until release(reason). */
  stop(reason: string): Promise<void>;
  release(reason: string): Promise<void>;
  /** Of two freezes the one that ends later holds. */
  freeze(untilIso: string, reason: string): Promise<void>;
  unfreeze(reason: string): Promise<void>;
  /** An operator verb: goes to a component's admin port through the keeper; refused while frozen. */
  readonly call: Call;
  /** What was started. */
  topology(): Promise<Topology>;
  /** What users suffer from at this moment that the end of a fault alone does not end. */
  ailments(): Promise<readonly Ailment[]>;
  fingerprint(): Promise<Readonly<Record<TargetName, string>>>;
  /** From this call on; until the signal aborts, if there is one. */
  events(signal?: AbortSignal): AsyncIterable<Event>;
  /**
   * The foundation is this client's alone from now on: no other one may claim it, until unclaim() or until this client is gone. Rejects with "owned" and who has it,
   * with "frozen" where nothing may be injected, with "refused" where something is injected already. `command` is what others are told.
   */
  claim(command: string): Promise<void>;
  unclaim(): Promise<void>;
  /** Ends the foundation and its keeper; nothing is left. */
  down(): Promise<void>;
}

export interface HealReport {
  /** Empty: no injection has recorded it. */
  readonly injection: string;
  readonly target: TargetName;
  readonly proved: boolean;
  readonly says: string;
}
