/** engine.json in a foundation's folder: what a new keeper must know to take over what a dead one left. Rewritten whole at each change. What every engine keeps in it. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FlounderError } from "../errors.js";
import { specFields } from "../spec-fields.js";

const hurt = z.object({ cut: z.enum(["refuse", "reset", "swallow"]).optional(), latencyMs: z.number().optional(), rateKBps: z.number().optional() });

export const savedSpec = <E extends "local" | "compose">(engine: E) => z.object({ ...specFields, engine: z.literal(engine) });
/** Toxiproxy servers by class of link, and what is wanted of which link. */
export const savedFleet = <One extends z.ZodType>(one: One) => z.object({ servers: z.record(z.string(), one), hurt: z.record(z.string(), hurt) });

const path = (dir: string) => join(dir, "engine.json");

export function saveState(dir: string, state: object): void {
  writeFileSync(`${path(dir)}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${path(dir)}.new`, path(dir));
}
/** Rejects with a FlounderError if there is none, or it is not of that shape. */
export function readState<T>(dir: string, shape: z.ZodType<T>): T {
  try {
    return shape.parse(JSON.parse(readFileSync(path(dir), "utf8")));
  } catch (error) {
    throw new FlounderError(
      "environment",
      `${path(dir)} does not say what was started: ${error instanceof Error ? error.message : error}`,
      "flounder down ends what is left of it",
      { cause: error },
    );
  }
}
