/** What the Cloud Controller says to DEAs, checked: a message that does not fit is logged and ignored, as in 2011. Source: cf-protocol §2.1, §7.4. */
import * as z from "zod";

/** 2011 numbered its apps, later versions name them by guid. */
const droplet = z.union([z.string(), z.number()]).transform(String);
const limits = z
  .object({ mem: z.number().positive().max(1_000_000).default(256), disk: z.number().positive().max(1_000_000).default(2048), fds: z.number().default(256) })
  .prefault({});

export const discoverMessage = z.object({ droplet: droplet.default(""), runtime: z.string().optional(), limits });
export type DiscoverMessage = z.infer<typeof discoverMessage>;

/** When an instance runs. `timeoutS`: it must by then. Our addition to the message: without it an app without routes runs at once, any other when its port is open. */
const healthCheck = z.object({
  type: z.enum(["port", "http", "process"]),
  endpoint: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/)
    .default("/"),
  timeoutS: z.number().positive().max(86_400).nullish(),
});
export type HealthCheck = z.infer<typeof healthCheck>;

/** `sha1`, `executableUri`: without them the message is ignored. `env` has lines "K=V". */
export const startMessage = z.object({
  droplet,
  name: z.string(),
  uris: z.array(z.string()).default([]),
  runtime: z.string().optional(),
  sha1: z.string().regex(/^[0-9a-f]{40}$/),
  executableUri: z.string().min(1),
  version: z.string(),
  services: z.array(z.looseObject({ label: z.string() })).default([]),
  users: z.array(z.string()).default([]),
  env: z.array(z.string()).default([]),
  limits,
  health_check: healthCheck.optional(),
  index: z.number().int().nonnegative(),
});
export type StartMessage = z.infer<typeof startMessage>;

/** Filters of dea.stop and dea.find.droplet: all that are given must match; a bare droplet matches every instance of it. */
export const filterMessage = z.object({
  droplet,
  version: z.string().optional(),
  instances: z.array(z.string()).optional(),
  indices: z.array(z.number()).optional(),
  states: z.array(z.string()).optional(),
  include_stats: z.boolean().optional(),
});
export type FilterMessage = z.infer<typeof filterMessage>;

export const updateMessage = z.object({ droplet, uris: z.array(z.string()) });
