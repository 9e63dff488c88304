/**
 * Builds, then runs mocha on the built tests. Arguments go to mocha; `npm test -- dist/harness/plan.test.js` runs one file.
 * What the tests leave behind (processes, mounts, temp folders, foundations, containers) fails the run.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openHouse } from "./test-house.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const build = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
if (build.status !== 0) process.exit(build.status ?? 1);
const asked = process.argv.slice(2);
const files = asked.some((word) => word.includes("dist/")) ? [] : ["dist/**/*.test.js", "dist/targets/*/suites/*.chaos.js"];
if (files.length > 0) {
  // The whole suite: types and style count as tests.
  for (const [name, ...words] of [
    ["tsc", "--noEmit"],
    ["biome", "check", "--error-on-warnings", "."],
  ]) {
    const check = spawnSync(join(root, "node_modules", ".bin", name), words, { cwd: root, stdio: "inherit" });
    if (check.status !== 0) process.exit(check.status ?? 1);
    console.log(`${name}: clean`);
  }
}
/** Tests start servers by their names and by the variables that an engine would give them, wherever this machine has them: on PATH, from a registry, or built once. */
async function toolsEnv() {
  const { findTool } = await import(join(root, "dist/harness/engines/tools/find.js"));
  const dir = mkdtempSync(join(tmpdir(), "flounder-path-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  for (const name of ["nats-server", "flounder-toxiproxy"]) {
    const found = findTool(name);
    if (found) symlinkSync(found, join(dir, name));
  }
  const [sftpServer, confine] = [findTool("flounder-sftp"), findTool("flounder-confine")];
  return { PATH: `${dir}:${process.env.PATH}`, ...(sftpServer ? { SFTP_SERVER: sftpServer } : {}), ...(confine ? { CONFINE: confine } : {}) };
}
const toolsHere = await toolsEnv();
// Ctrl-C is mocha's, which tidies up; what is left is named here.
process.on("SIGINT", () => {});
const house = openHouse();
/** Runs mocha; resolves with its tally, or with undefined if it did not get to its end. */
function mocha(words) {
  const dir = mkdtempSync(join(tmpdir(), "flounder-tally-"));
  const tally = join(dir, "tally.json");
  const run = spawnSync(
    process.execPath,
    ["--enable-source-maps", join(root, "node_modules/mocha/bin/mocha.js"), "--reporter", join(root, "scripts", "reporter.cjs"), ...words],
    { cwd: root, stdio: "inherit", env: { ...process.env, ...toolsHere, ...house.env, FLOUNDER_TALLY: tally } },
  );
  const found = existsSync(tally) ? JSON.parse(readFileSync(tally, "utf8")) : undefined;
  rmSync(dir, { recursive: true, force: true });
  return { ...(found ?? { passes: 0, pending: 0, failed: [{ file: "", title: `mocha ended with ${run.signal ?? run.status}` }] }), status: run.status ?? 1 };
}

const first = mocha([...asked, ...files]);
let { failed } = first;
let { passes } = first;
// A noisy machine makes a few of hundreds of timed tests late. A file that failed is run once more by itself, and what passes then is named: it is to be mended, not hidden.
if (process.env.FLOUNDER_AGAIN === "1" && failed.length > 0 && failed.every(({ file }) => file)) {
  const again = [...new Set(failed.map(({ file }) => file))].flatMap((file) => {
    const { failed: now } = mocha([file]);
    // Without its end nothing is known: what failed in it has not passed.
    return now.every((one) => one.file) ? now : failed.filter((one) => one.file === file);
  });
  const flaky = failed.filter(({ title }) => !again.some((one) => one.title === title));
  for (const { title } of flaky) console.log(`FLAKY, passed by itself: ${title}`);
  passes += flaky.length;
  failed = again;
}
const left = await house.leftovers();
for (const line of left) console.log(`LEFT BEHIND: ${line}`);
// A test that failed keeps its evidence: what it left in the temp folder is named, and is no failure of its own.
const counts = left.filter((line) => first.failed.length === 0 || !line.startsWith("in the temp folder"));
if (counts.length > 0) failed = [...failed, { file: "", title: "the tests leave nothing behind" }];
if (left.length === 0) house.close();
for (const { title } of failed) console.log(`FAILED: ${title}`);
console.log(`tests: ${passes} passed, ${failed.length} failed, ${first.pending} skipped`);
process.exit(failed.length > 0 || (first.status !== 0 && first.failed.length === 0) ? 1 : 0);
