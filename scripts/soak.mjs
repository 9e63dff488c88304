/**
 * npm run soak -- --seeds 20: the two days on a live foundation by so many seeds, and the chain of day one as it is heard on the bus.
 * npm run soak -- rounds --rounds 100 --seed 1 --engine local: kills, stops, full disks and damaged state files, on a foundation that is broken; all is as before, or what differs is named with the command that ends it.
 * npm run soak -- attached --rounds 20 --seed 1: faults on a Compose project that is not ours, and SIGKILL of keeper or runner; all is as its owner set it.
 * npm run soak -- watch --minutes 30: one flounder watch on 50 endpoints of ten kinds; memory flat, schedule kept, readable after kill -9.
 * npm run soak -- gameday-tab --minutes 5: a tab of a game day's page is hidden, then stopped, for so long; it has everything once when it is shown again.
 * npm run soak -- pushes --minutes 30 --seed 7 --clients 8: pushes of 1 kB to 200 MiB at once; no restart, no loss, no memory that grows, no blob that stays.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const soaks = {
  days: { files: ["dist/targets/foundry/live/day-one.test.js", "dist/targets/foundry/suites/days.chaos.js"], numbers: { seeds: ["20", "FLOUNDER_SEEDS"] } },
  watch: { files: ["dist/harness/watch/fifty.test.js"], numbers: { minutes: ["30", "FLOUNDER_WATCH_MINUTES"] } },
  "gameday-tab": { files: ["dist/harness/gameday/hidden-tab.test.js"], numbers: { minutes: ["5", "FLOUNDER_TAB_MINUTES"] } },
  pushes: {
    files: ["dist/targets/foundry/pushes/pushes.test.js"],
    numbers: { minutes: ["30", "FLOUNDER_PUSH_MINUTES"], seed: ["1", "FLOUNDER_PUSH_SEED"], clients: ["8", "FLOUNDER_PUSH_CLIENTS"] },
  },
  attached: {
    files: ["dist/targets/compose-project/rounds.test.js"],
    numbers: { rounds: ["20", "FLOUNDER_ATTACHED_ROUNDS"], seed: ["1", "FLOUNDER_ATTACHED_SEED"] },
  },
  rounds: {
    files: ["dist/targets/foundry/rounds/rounds.test.js"],
    numbers: { rounds: ["20", "FLOUNDER_ROUNDS"], seed: ["1", "FLOUNDER_ROUNDS_SEED"] },
    words: { engine: ["local", "FLOUNDER_ROUNDS_ENGINE", ["local", "compose"]] },
  },
};
const refuse = (says) => {
  process.stderr.write(`soak: ${says}\n`);
  process.exit(64);
};
const asked = process.argv.slice(2);
const name = asked[0]?.startsWith("-") ? "days" : (asked.shift() ?? "days");
const soak = soaks[name];
if (!soak) refuse(`"${name}" is unknown; expected one of ${Object.keys(soaks).join(", ")}`);
const flags = { ...soak.numbers, ...soak.words };
const options = Object.fromEntries(Object.entries(flags).map(([flag, [standard]]) => [flag, { type: "string", default: standard }]));
const env = {};
try {
  for (const [flag, value] of Object.entries(parseArgs({ args: asked, options }).values)) {
    const [, variable, choices] = flags[flag];
    if (choices && !choices.includes(value)) refuse(`--${flag} ${value}: expected ${choices.join(" or ")}`);
    if (!choices && !/^[1-9]\d*$/.test(value)) refuse(`--${flag} ${value}: expected a whole number from 1 on`);
    env[variable] = value;
  }
} catch (error) {
  refuse(error.message);
}
const run = spawnSync("npm", ["test", "--", ...soak.files], { stdio: "inherit", env: { ...process.env, ...env } });
process.exit(run.status ?? 1);
