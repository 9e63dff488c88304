/** npm run bench -- probes [--quick] [--seed N] · start [--profile NAME] [--engine NAME] [--rounds N]; each with --json FILE */
import { probes } from "./probes.js";
import { start } from "./start.js";

const [what, ...flags] = process.argv.slice(2);
const argument = (flag: string): string | undefined => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
const file = argument("--json");
const json = file === undefined ? {} : { json: file };
if (what === "probes") await probes({ quick: flags.includes("--quick"), seed: Number(argument("--seed") ?? 20110425), ...json });
else if (what === "start")
  await start({ profile: argument("--profile") ?? "org", engine: argument("--engine") ?? "local", rounds: Number(argument("--rounds") ?? 5), ...json });
else {
  process.stderr.write(`there is no benchmark "${what ?? ""}"; there are: probes, start\n  → npm run bench -- start --profile org\n`);
  process.exit(64);
}
