/** What `run` and `plan` are asked for on the command line, as work for a session. */
import { type Command, Option } from "commander";
import { FlounderError } from "../../errors.js";
import type { Work } from "../../session/planning.js";
import { engineOption, operatorOption, playbookOption, positive, seedOption } from "./options.js";
import { policiesOf, policyOption } from "./policies.js";

export interface WorkFlags {
  readonly target?: string;
  readonly seed: number;
  readonly engine: string;
  readonly profile?: string;
  readonly timeFactor?: number;
  readonly playbook?: string;
  readonly policy: readonly string[];
  readonly operator: string;
  readonly load?: string;
}
/** The flags that decide a plan. */
export const withWork = (command: Command): Command =>
  command
    .addOption(new Option("--target <name>", "the system under test (default: the scenario's, or the foundation's)"))
    .addOption(seedOption())
    .addOption(engineOption())
    .addOption(new Option("--profile <name>", "instead of the scenario's"))
    .addOption(new Option("--time-factor <n>", "instead of the scenario's").argParser(positive))
    .addOption(policyOption())
    .addOption(playbookOption())
    .addOption(operatorOption())
    .addOption(new Option("--load <what>", "beside the probes: a k6 script (.ts, .js), whose thresholds must hold, or the command of another load tool"));

const choices = {
  target: "target",
  seed: "seed",
  engine: "engine",
  profile: "profile",
  timeFactor: "time-factor",
  policy: "policy",
  operator: "operator",
  load: "load",
} as const;

/** Was this flag given, or is it a default? */
export const isGiven = (command: Command, flag: string): boolean => command.getOptionValueSource(flag) === "cli";

export function workOf(what: string | undefined, flags: WorkFlags, command: Command): Work {
  if (!what?.endsWith(".json")) {
    const { target, seed, profile, timeFactor, playbook, operator, load } = flags;
    return { scenario: what, target, seed, profile, timeFactor, playbook, operator, load, policy: policiesOf(flags.policy) };
  }
  for (const [flag, word] of Object.entries(choices))
    if (isGiven(command, flag))
      throw new FlounderError(
        "usage",
        `--${word} ${[flags[flag as keyof typeof choices]].flat().join(" ")} with a plan file: a plan has its ${word.replace("-", " ")} already`,
        `make another: flounder plan SCENARIO --${word} … > plan.json`,
      );
  if (flags.playbook !== undefined && !/\.(ts|m?js)$/.test(flags.playbook))
    throw new FlounderError(
      "usage",
      `--playbook ${flags.playbook} with a plan file: a plan has its playbook already`,
      "make another: flounder plan SCENARIO --playbook NAME > plan.json",
    );
  return { plan: what, playbook: flags.playbook };
}
