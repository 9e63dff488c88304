/** engine.json in a foundation's folder: what a new keeper must know to take over what a dead one left. Rewritten whole at each change. What every engine keeps in it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FlounderError } from "../errors.js";
import { readOwn, writeWhole } from "../state/own-file.js";
import { specFields } from "../state/spec-fields.js";

const hurt = z.object({ cut: z.enum(["refuse", "reset", "swallow"]).optional(), latencyMs: z.number().optional(), rateKBps: z.number().optional() });

export const savedSpec = <const E extends string>(engine: E) => z.object({ ...specFields, engine: z.literal(engine) });
/** Toxiproxy servers by class of link, and what is wanted of which link. */
export const savedFleet = <One extends z.ZodType>(one: One) => z.object({ servers: z.record(z.string(), one), hurt: z.record(z.string(), hurt) });

const path = (dir: string) => join(dir, "engine.json");

const retryMs = 1000;
/** What found no room on the disk, by folder. */
const waiting = new Map<string, NodeJS.Timeout>();

/** Never throws: nothing that heals may wait for a full disk. What finds no room is written as soon as there is some, unless it is out of date by then. */
export function saveState(dir: string, state: object): void {
  const again = waiting.has(dir);
  clearTimeout(waiting.get(dir));
  waiting.delete(dir);
  try {
    writeWhole(path(dir), JSON.stringify(state));
  } catch (error) {
    if (!existsSync(dir)) return;
    if (!again) console.error(`${path(dir)} waits in memory: ${error instanceof Error ? error.message : error}`);
    waiting.set(dir, setTimeout(() => saveState(dir, state), retryMs).unref());
  }
}
/** Rejects with a FlounderError if there is none, or it is not of that shape. */
export function readState<T>(dir: string, shape: z.ZodType<T>): T {
  try {
    return shape.parse(JSON.parse(readOwn(path(dir))));
  } catch (error) {
    throw new FlounderError(
      "environment",
      `${path(dir)} does not say what was started: ${error instanceof Error ? error.message : error}`,
      "flounder down ends what is left of it",
      { cause: error },
    );
  }
}
