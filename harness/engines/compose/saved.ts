/** What a new keeper must know to take over containers that a dead one left; the rest Docker knows. */
import { z } from "zod";
import { savedFleet, savedSpec } from "../saved.js";

/** paused: as was asked for; Docker knows only of those that it froze itself. */
const savedContainer = z.object({ held: z.boolean(), paused: z.boolean(), restarts: z.number().int() });
export type SavedContainer = z.infer<typeof savedContainer>;

export const saved = z.object({
  version: z.literal(1),
  spec: savedSpec("compose"),
  portBase: z.number().int(),
  image: z.string(),
  components: z.record(z.string(), savedContainer),
  fleet: savedFleet(z.object({ id: z.string(), generation: z.string() })),
});
export type Saved = z.infer<typeof saved>;
