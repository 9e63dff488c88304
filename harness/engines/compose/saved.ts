/** What a new keeper must know to take over containers that a dead one left; the rest Docker knows. */
import { z } from "zod";
import { savedFleet, savedSpec } from "../saved.js";

export const saved = z.object({
  version: z.literal(1),
  spec: savedSpec("compose"),
  portBase: z.number().int(),
  image: z.string(),
  components: z.record(z.string(), z.object({ held: z.boolean(), restarts: z.number().int() })),
  fleet: savedFleet(z.object({ id: z.string(), generation: z.string() })),
});
export type Saved = z.infer<typeof saved>;
