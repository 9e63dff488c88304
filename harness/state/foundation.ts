/** A foundation's folder and its secrets: made once, private to the user, below the XDG state home. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { sleep } from "../clock.js";
import type { FoundationSpec, TargetSystem } from "../core.js";
import { FlounderError } from "../errors.js";
import { foundationsDir } from "../paths.js";

export interface SpecInputs {
  readonly id: string;
  readonly system: TargetSystem;
  readonly profile: string;
  readonly timeFactor: number;
  readonly policy: Readonly<Record<string, string>>;
  readonly engine: string;
  readonly portBase?: number | undefined;
}

/** Makes the folder (0700) and the secret. Refuses bad names, and factors that this machine's timers are too late for. */
export async function newFoundation(inputs: SpecInputs): Promise<FoundationSpec> {
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(inputs.id))
    throw new FlounderError(
      "usage",
      `foundation name "${inputs.id}": expected lower-case letters, digits and dashes, at most 31`,
      "choose another with --name",
    );
  await checkTimeFactor(inputs.system, inputs.timeFactor);
  const dir = join(foundationsDir(), inputs.id);
  if (existsSync(join(dir, "foundation.json")))
    throw new FlounderError(
      "owned",
      `the foundation "${inputs.id}" exists already (${dir})`,
      `flounder status --foundation ${inputs.id}, or flounder down --foundation ${inputs.id}, or another --name`,
    );
  const secret = randomBytes(24).toString("hex");
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(join(dir, "secret"), secret, { mode: 0o600 });
  } catch (error) {
    throw new FlounderError(
      "environment",
      `the state folder ${dir} cannot be written: ${(error as Error).message}`,
      "set XDG_STATE_HOME to a folder of yours",
      { cause: error },
    );
  }
  const { id, system, profile, timeFactor, policy, engine, portBase } = inputs;
  return { id, system: system.name, profile, timeFactor, policy, engine, dir, secret, ...(portBase === undefined ? {} : { portBase }) };
}

/** Made with up --protect. */
export const isProtected = (id: string): boolean => existsSync(join(foundationsDir(), id, protectedMark));
export const protectedMark = "protected";

/** A name for a foundation that lives as long as one run. */
export const passingName = (scenario: string): string => `${scenario.slice(0, 20)}-${randomBytes(3).toString("hex")}`;

/**
 * Refuses a time factor whose shortest scaled timer is under 10 × the p99 wake-up delay measured here and now.
 * A single hiccup is not the machine's pace, so up to ten windows of 100 ms are tried: one that is quiet enough will do.
 */
export async function checkTimeFactor(system: TargetSystem, timeFactor: number): Promise<void> {
  if (!(timeFactor >= 1)) throw new FlounderError("usage", `time factor ${timeFactor}: expected a number of at least 1`, "20 is the default");
  const shortestMs = system.shortestTimerMs(timeFactor);
  let lateMs = Number.POSITIVE_INFINITY;
  for (let window = 0; window < 10 && shortestMs < 10 * lateMs; window++) lateMs = Math.min(lateMs, await wakeUpDelayMs());
  if (shortestMs < 10 * lateMs)
    throw new FlounderError(
      "environment",
      `time factor ${timeFactor} makes the shortest timer ${shortestMs.toFixed(0)} ms, but timers here wake up ${lateMs.toFixed(1)} ms late (p99): expected at least 10 times that`,
      `use --time-factor ${Math.max(1, Math.floor((timeFactor * shortestMs) / (10 * lateMs)))} or less, or wait until the machine is quieter`,
    );
}

/** p99 of how late a 5 ms timer fires, over 100 ms. */
async function wakeUpDelayMs(): Promise<number> {
  const resolutionMs = 5;
  const meter = monitorEventLoopDelay({ resolution: resolutionMs });
  meter.enable();
  await sleep(100);
  meter.disable();
  return Math.max(0, meter.percentile(99) / 1e6 - resolutionMs);
}
