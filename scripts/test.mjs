/**
 * Builds, then runs mocha on the built tests, several files side by side: most of them wait most of the time.
 * `npm test -- dist/harness/planning/plan.test.js` runs one file; other arguments go to mocha. `npm test -- --times` says at the end what each file took, and keeps it for the next run's order.
 * What the tests leave behind (processes, mounts, temp folders, foundations, containers) fails the run.
 */
import { spawnSync } from "node:child_process";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { filesAsked, plannedRuns, saveTimes } from "./test-files.mjs";
import { openHouse } from "./test-house.mjs";
import { runAll, runAlone } from "./test-lanes.mjs";
import { toolsEnv } from "./test-tools.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const build = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
if (build.status !== 0) process.exit(build.status ?? 1);

const words = process.argv.slice(2);
const wantsTimes = words.includes("--times");
const { files, options, isWhole } = filesAsked(
  root,
  words.filter((word) => word !== "--times"),
);
if (isWhole) {
  // The whole suite: types and style count as tests.
  for (const [name, ...rest] of [
    ["tsc", "--noEmit"],
    ["tsc", "--noEmit", "-p", "harness/gameday/page"],
    ["biome", "check", "--error-on-warnings", "."],
  ]) {
    const check = spawnSync(join(root, "node_modules", ".bin", name), rest, { cwd: root, stdio: "inherit" });
    if (check.status !== 0) process.exit(check.status ?? 1);
    console.log(`${name}: clean`);
  }
}

// Ctrl-C is mocha's, which tidies up; what is left is named here.
let isInterrupted = false;
process.on("SIGINT", () => {
  isInterrupted = true;
});
const house = openHouse();
const how = { root, options, house, env: { ...process.env, ...(await toolsEnv(root)) }, isInterrupted: () => isInterrupted };
const runs = files.length === 1 ? [await runAlone(files, { ...how, isShown: true })] : await runAll(plannedRuns(root, files), how);

const passes = runs.reduce((sum, run) => sum + run.passes, 0);
const skipped = runs.reduce((sum, run) => sum + run.pending, 0);
let failed = runs.flatMap((run) => run.failed);
let flaky = 0;
// A noisy machine makes a few of hundreds of timed tests late. A file that failed is run once more by itself, and what passes then is named: it is to be mended, not hidden.
if (process.env.FLOUNDER_AGAIN === "1" && failed.length > 0 && failed.every(({ file }) => file) && !isInterrupted) {
  const still = [];
  for (const file of new Set(failed.map((one) => one.file))) {
    const { failed: now } = await runAlone([relative(root, file)], { ...how, isShown: true });
    // Without its end nothing is known: what failed in it has not passed.
    still.push(...(now.every((one) => one.file) ? now : failed.filter((one) => one.file === file)));
  }
  const passed = failed.filter(({ title }) => !still.some((one) => one.title === title));
  for (const { title } of passed) console.log(`FLAKY, passed by itself: ${title}`);
  flaky = passed.length;
  failed = still;
}
if (wantsTimes) saveTimes(root, runs);

const left = await house.leftovers();
for (const { line, of } of left) console.log(`LEFT BEHIND: ${line}${of && files.length > 1 ? ` (${of})` : ""}`);
// A test that failed keeps its evidence: what it left in the temp folder is named, and is no failure of its own.
const broken = new Set(runs.filter((run) => run.failed.length > 0).map((run) => run.name));
const counts = left.filter(({ line, of }) => !(line.startsWith("in the temp folder") && broken.has(of)));
if (counts.length > 0) failed = [...failed, { file: "", title: "the tests leave nothing behind" }];
if (left.length === 0) house.close();
for (const { title } of failed) console.log(`FAILED: ${title}`);
console.log(`tests: ${passes + flaky} passed, ${failed.length} failed, ${skipped} skipped`);
process.exit(failed.length > 0 ? 1 : 0);
