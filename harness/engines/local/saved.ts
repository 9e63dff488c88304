/** What a new keeper must know to take over processes that a dead one left. */
import { z } from "zod";
import { savedFleet, savedSpec } from "../saved.js";

const living = z.object({ pid: z.number().int(), start: z.number() });
export const saved = z.object({
  version: z.literal(1),
  spec: savedSpec("local"),
  portBase: z.number().int(),
  /** A folder that an unprivileged user can reach; empty: none was needed. */
  openDir: z.string(),
  /** Where blocks of users begin; absent: components run as the keeper does. */
  uidsFrom: z.number().int().nonnegative().optional(),
  mounts: z.enum(["fuse", "symlink"]),
  components: z.record(z.string(), z.object({ living: living.optional(), held: z.boolean(), paused: z.boolean(), restarts: z.number().int() })),
  fleet: savedFleet(living),
  sshfs: z.record(z.string(), living),
});
export type Saved = z.infer<typeof saved>;
export type SavedComponent = Saved["components"][string];
