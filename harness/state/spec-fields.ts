/** What is written down of a FoundationSpec wherever one is: who it is, and what it was made from. */
import { z } from "zod";

export const specFields = {
  id: z.string(),
  system: z.string(),
  profile: z.string(),
  timeFactor: z.number(),
  policy: z.record(z.string(), z.string()),
} as const;
