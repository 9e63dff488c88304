/** engine.json in the foundation's folder: what a new keeper must know to take over what a dead one left; the rest Docker knows. Rewritten whole at each change. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FlounderError } from "../../errors.js";

const hurt = z.object({ cut: z.enum(["refuse", "reset", "swallow"]).optional(), latencyMs: z.number().optional(), rateKBps: z.number().optional() });
const saved = z.object({
  version: z.literal(1),
  spec: z.object({
    id: z.string(),
    system: z.string(),
    profile: z.string(),
    timeFactor: z.number(),
    policy: z.record(z.string(), z.string()),
    engine: z.literal("compose"),
  }),
  portBase: z.number().int(),
  image: z.string(),
  components: z.record(z.string(), z.object({ held: z.boolean(), restarts: z.number().int() })),
  fleet: z.object({ servers: z.record(z.string(), z.object({ id: z.string(), generation: z.string() })), hurt: z.record(z.string(), hurt) }),
});
export type Saved = z.infer<typeof saved>;

const path = (dir: string) => join(dir, "engine.json");

export function save(dir: string, state: Saved): void {
  writeFileSync(`${path(dir)}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${path(dir)}.new`, path(dir));
}
export function readSaved(dir: string): Saved {
  try {
    return saved.parse(JSON.parse(readFileSync(path(dir), "utf8")));
  } catch (error) {
    throw new FlounderError(
      "environment",
      `${path(dir)} does not say what was started: ${error instanceof Error ? error.message : error}`,
      "flounder down ends what is left of it",
      { cause: error },
    );
  }
}
