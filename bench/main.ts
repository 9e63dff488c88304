/** npm run bench -- probes [--quick] [--load] [--seed N] [--against DIR] · start [--profile NAME] [--engine NAME] [--rounds N] · trial [--scenario NAME] [--playbook NAME] [--profile NAME] [--rounds N] · incidents [--scenario NAME] [--profile NAME] [--seeds N] [--cap S]; each with --json FILE */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { incidents } from "./incidents.js";
import { probes } from "./probes.js";
import { start } from "./start.js";
import { trial } from "./trial.js";

const usage =
  "npm run bench -- probes [--quick] [--load] [--seed N] [--against DIR] [--json FILE], start [--profile NAME] [--engine NAME] [--rounds N] [--json FILE], trial [--scenario NAME] [--playbook NAME] [--profile NAME] [--rounds N] [--json FILE], or incidents [--scenario NAME] [--profile NAME] [--seeds N] [--cap S] [--json FILE]";
function refuse(says: string): never {
  process.stderr.write(`bench: ${says}\n  → ${usage}\n`);
  process.exit(64);
}
const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const options = {
  quick: flag,
  load: flag,
  seed: text,
  json: text,
  against: text,
  profile: text,
  engine: text,
  rounds: text,
  scenario: text,
  playbook: text,
  seeds: text,
  cap: text,
} as const;
function asked() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return refuse((error as Error).message);
  }
}
const { values, positionals } = asked();
function whole(flag: "seed" | "rounds" | "seeds" | "cap", otherwise: number): number {
  const given = values[flag];
  if (given !== undefined && !/^[1-9]\d*$/.test(given)) refuse(`--${flag} ${given}: expected a whole number from 1 on`);
  return Number(given ?? otherwise);
}
const json = values.json === undefined ? {} : { json: values.json };
const { against } = values;
if (against !== undefined && !existsSync(join(against, "dist/harness/probes/prober.js"))) refuse(`--against ${against}: expected a built clone`);
const [what, ...more] = positionals;
if (more.length > 0) refuse(`${more.join(" ")}: expected one benchmark`);
if (what === "probes")
  await probes({
    quick: values.quick === true,
    load: values.load === true,
    seed: whole("seed", 20110425),
    ...json,
    ...(against === undefined ? {} : { against }),
  });
else if (what === "start")
  await start({ profile: values.profile ?? "org", engine: values.engine ?? "local", rounds: whole("rounds", 5), ...json }).catch((error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = 1;
  });
else if (what === "trial")
  await trial({
    scenario: values.scenario ?? "day-2",
    playbook: values.playbook ?? "all-at-once",
    profile: values.profile ?? "org",
    rounds: whole("rounds", 3),
    ...json,
  }).catch((error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = 1;
  });
else if (what === "incidents")
  await incidents({
    scenario: values.scenario ?? "day-1",
    profile: values.profile ?? "org",
    seeds: whole("seeds", 30),
    ...(values.cap === undefined ? {} : { capS: whole("cap", 1) }),
    ...json,
  }).catch((error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = 1;
  });
else refuse(`there is no benchmark "${what ?? ""}"; there are: probes, start, trial, incidents`);
