/** Builds, then runs mocha on the built tests. Arguments go to mocha; `npm test -- dist/harness/plan.test.js` runs one file. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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
const run = spawnSync(process.execPath, ["--enable-source-maps", join(root, "node_modules/mocha/bin/mocha.js"), ...asked, ...files], {
  cwd: root,
  stdio: "inherit",
});
process.exit(run.status ?? 1);
