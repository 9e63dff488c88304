/** npm run bench -- WHAT [--quick] [--json FILE] [--seed N] */
import { probes } from "./probes.js";

const [what, ...flags] = process.argv.slice(2);
const argument = (flag: string): string | undefined => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
if (what !== "probes") {
  process.stderr.write(`there is no benchmark "${what ?? ""}"; there is: probes\n  → npm run bench -- probes [--quick] [--json FILE] [--seed N]\n`);
  process.exit(64);
}
const json = argument("--json");
await probes({ quick: flags.includes("--quick"), seed: Number(argument("--seed") ?? 20110425), ...(json === undefined ? {} : { json }) });
