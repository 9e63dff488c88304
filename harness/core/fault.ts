/** A fault: a thing that breaks a target through a capability, puts it back, and reads what it did. */
import type { z } from "zod";
import type { Capability, Target, TargetInfo } from "./capability.js";

/**
 * generation: a target that broke and came back between two polls shows a changed one.
 * vacant: told by the keeper alone, once healing has begun: nobody is left behind the target to answer, and nothing is left of what was done to it.
 */
export interface Reading {
  readonly state: "intact" | "broken" | "unknown" | "vacant";
  readonly generation?: string;
}

export interface Fault<C extends Capability = Capability, O = unknown> {
  /** = the file's name. */
  readonly name: string;
  /** One sentence for help, docs and reports. */
  readonly says: string;
  readonly colour: `#${string}`;
  readonly needs: readonly C[];
  /** Narrows the targets beyond `needs`, e.g. nats-sever to links of class bus. */
  readonly among?: (target: TargetInfo) => boolean;
  /** The way of the capability that these options use ("hang" of mount), checked against TargetInfo.ways when planning. */
  readonly way?: (options: O) => string;
  readonly options: z.ZodType<O>;
  /** noop alone: no reading of the target can show it, so the keeper records broken/intact by fiat, marked as generation "noop". */
  readonly changesNothing?: true;
  inject(target: Target<C>, options: O, signal: AbortSignal): Promise<void>;
  /** Idempotent, from options alone, in any process, also after half an inject. */
  heal(target: Target<C>, options: O, signal: AbortSignal): Promise<void>;
  /** Only reads. The keeper polls it; receipts are made of readings. */
  witness(target: Target<C>, options: O, signal: AbortSignal): Promise<Reading>;
}

/** Gives a fault file its types. Every faults/*.ts default-exports one. */
export function defineFault<const C extends Capability, O>(fault: Fault<C, O>): Fault<C, O> {
  return fault;
}
