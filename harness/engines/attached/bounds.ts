/** What the owner of an attached project allows: whom Flounder may break, how much, and for how long. */
import { z } from "zod";

/** Nobody breaks what is not his own for longer; Flounder's own foundations take a day. */
const mostS = 43_200;

export const boundsSchema = z.strictObject({
  /** Services that may be broken, and no others. Default: all that are not protected. */
  allow: z.array(z.string()).optional(),
  /** Services that are never broken. */
  protect: z.array(z.string()).default([]),
  /** Links that are offered, as "web>db"; default: from every service to every other one that listens, on a network that they share. */
  links: z.array(z.string().regex(/^[^>]+>[^>]+$/, 'expected "from>to", by services')).optional(),
  /** So many injections at the same time. */
  blastRadius: z.number().int().positive().default(4),
  /** No injection lasts longer. */
  longestS: z.number().positive().max(mostS).default(300),
  /** For sh -c, on this machine, after each act that was healed: what its owner would do. It must do no harm where nothing is to be done. */
  recover: z.string().min(1).optional(),
});
export type Bounds = z.output<typeof boundsSchema>;
