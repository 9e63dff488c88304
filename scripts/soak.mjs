/** npm run soak -- --seeds 20: the two days on a live foundation by so many seeds, and the chain of day one as it is heard on the bus. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "20" } } });
if (!/^[1-9]\d*$/.test(values.seeds)) {
  process.stderr.write(`soak: --seeds ${values.seeds}: expected a whole number from 1 on\n`);
  process.exit(64);
}
const files = ["dist/targets/foundry/day-one.test.js", "dist/targets/foundry/suites/days.chaos.js"];
const run = spawnSync("npm", ["test", "--", ...files], { stdio: "inherit", env: { ...process.env, FLOUNDER_SEEDS: values.seeds } });
process.exit(run.status ?? 1);
