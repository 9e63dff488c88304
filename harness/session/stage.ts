/** What the parts of a run share: the plan, the foundation's client, the live view of steadiness, the timeline. */
import type { Client, Event, EventBody, Plan, TargetSystem, Topology } from "../core.js";
import type { Playing } from "../playbooks/play.js";
import type { OpenActs } from "./people.js";
import type { Pace, SteadyWatch } from "./steady.js";

export interface Stage extends Pace {
  readonly plan: Plan;
  readonly system: TargetSystem;
  readonly topology: Topology;
  readonly client: Client;
  readonly steady: SteadyWatch;
  readonly signal: AbortSignal;
  note(event: EventBody): void;
  /** Keeper events as they come, after they were written. */
  onEvent(listener: (event: Event) => void): () => void;
  /** Waits until the foundation was quiet for quietMs, and every probe was answered since `sinceUs` (default: quietMs ago); false when budgetMs is over. */
  settle(quietMs: number, budgetMs: number, sinceUs?: number): Promise<boolean>;
  /** The playbook at work from turbulence on; undefined without one. */
  play(): Playing | undefined;
  /** Acts that people may let begin; absent: nobody may. */
  readonly open?: OpenActs | undefined;
}

/** Quiet for so long counts as steady. Longer than the longest probe period would make acts wait; shorter would miss a slow one. */
export const quietMs = 2000;
