/** What the Health Manager hears, checked, and what it asks for. Source: cf-protocol §2.1, §3.1. */
import * as z from "zod";

const droplet = z.union([z.string(), z.number()]).transform(String);

export const heartbeatMessage = z.object({
  dea: z.string(),
  droplets: z.array(
    z.object({
      droplet,
      version: z.string(),
      instance: z.string(),
      index: z.number().int().nonnegative(),
      state: z.string(),
      /** Seconds since the epoch. */
      state_timestamp: z.number(),
    }),
  ),
});
export type HeartbeatMessage = z.infer<typeof heartbeatMessage>;

export const exitedMessage = z.object({ droplet, version: z.string(), instance: z.string(), index: z.number().int().nonnegative(), reason: z.string() });
export type ExitedMessage = z.infer<typeof exitedMessage>;

export const updatedMessage = z.object({ droplet });
export const healthMessage = z.object({ droplets: z.array(z.object({ droplet, version: z.string() })) });
export const statusMessage = z.object({ droplet, version: z.string().optional(), state: z.enum(["FLAPPING", "CRASHED"]) });

/** A wish to the Cloud Controllers; `why` is for the log only. */
export interface StartCommand {
  readonly op: "START";
  readonly droplet: string;
  readonly version: string;
  readonly lastUpdated: number;
  readonly indices: readonly number[];
  readonly why: string;
}
export interface StopCommand {
  readonly op: "STOP";
  readonly droplet: string;
  readonly lastUpdated: number;
  readonly instances: readonly string[];
  readonly why: string;
}
export type Command = StartCommand | StopCommand;

/** What a rule found: things to ask for, and sentences for people. */
export interface Findings {
  readonly commands: readonly Command[];
  readonly alerts: readonly string[];
}
export const nothing: Findings = { commands: [], alerts: [] };
