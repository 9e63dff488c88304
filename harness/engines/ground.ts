/** What a foundation stands on before anything of it runs, whatever the engine: its target system, its topology, a block of ports. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FoundationSpec, TargetSystem, Topology } from "../core.js";
import { FlounderError } from "../errors.js";
import { type Block, retakeBlock, takeBlock } from "./ports.js";
import { wire } from "./wiring.js";

/** Ports, and so users, that a foundation has for itself in any case. */
export const blockAtLeast = 600;

export type Load = (name: string) => Promise<TargetSystem>;
export interface Ground {
  readonly spec: FoundationSpec;
  readonly system: TargetSystem;
  readonly topology: Topology;
  readonly block: Block;
}

async function ground(spec: FoundationSpec, load: Load, take: (count: number) => Promise<Block>): Promise<Ground> {
  const system = await load(spec.system);
  const topology = system.topology(spec.profile, spec.timeFactor, spec.policy);
  return { spec, system, topology, block: await take(Math.max(blockAtLeast, wire(topology, 0).count)) };
}
export const newGround = (spec: FoundationSpec, load: Load): Promise<Ground> => ground(spec, load, (count) => takeBlock(count, spec.portBase));
/** The same ground again, for a keeper that takes over. */
export const groundAgain = (
  dir: string,
  saved: { readonly spec: Omit<FoundationSpec, "dir" | "secret">; readonly portBase: number },
  load: Load,
): Promise<Ground> =>
  ground({ ...saved.spec, dir, secret: readFileSync(join(dir, "secret"), "utf8").trim() }, load, (count) => retakeBlock(saved.portBase, count));

/** Starts a foundation; one that does not come up, or must not, is reaped before this rejects. */
export async function startOrReap<F extends { reap(): Promise<void> }>(foundation: F, start: () => Promise<void>, signal: AbortSignal): Promise<F> {
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => reject(new FlounderError("aborted", "the start was aborted", "start again when you like"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([start(), aborted]);
    return foundation;
  } catch (error) {
    await foundation.reap();
    throw error;
  }
}
