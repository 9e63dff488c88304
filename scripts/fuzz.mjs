/** npm run fuzz [-- INTERFACE …] [--seed N] [--inputs N]: builds, then runs fuzz/main.ts with the tools of the tests. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const build = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
if (build.status !== 0) process.exit(build.status ?? 1);
const { findTool } = await import(join(root, "dist/harness/engines/tools/find.js"));
const dir = mkdtempSync(join(tmpdir(), "flounder-path-"));
const found = findTool("nats-server");
if (found) symlinkSync(found, join(dir, "nats-server"));
const run = spawnSync(process.execPath, ["--enable-source-maps", join(root, "dist/fuzz/main.js"), ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: `${dir}:${process.env.PATH}` },
});
rmSync(dir, { recursive: true, force: true });
process.exit(run.status ?? 1);
