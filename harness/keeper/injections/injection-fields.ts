/** The shape of an injection, as it comes over the socket and stands in the journal. */
import { z } from "zod";

export const injectionFields = {
  id: z.string().min(1),
  act: z.string(),
  fault: z.string(),
  options: z.unknown().optional(),
  target: z.string(),
  atS: z.number(),
  maxS: z.number(),
  endedBy: z.enum(["time", "playbook"]).optional(),
};
