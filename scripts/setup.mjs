/**
 * Makes a clone ready to run: dependencies, build, pinned tools. Says what it does; does only what is missing.
 * Plain JavaScript without dependencies, since it runs before there are any. `--test` also prepares what tests need.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const say = (line) => process.stderr.write(`setup: ${line}\n`);
const give = (line, hint, code = 2) => {
  process.stderr.write(`flounder: ${line}\n  → ${hint}\n`);
  process.exit(code);
};

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19) || major === 21 || (major === 22 && minor < 12))
  give(`Node ${process.versions.node} is not supported`, "install Node 20.19 or newer, 22.12 or newer", 64);
if (process.platform !== "linux")
  give(`${process.platform} is not supported: it needs /proc, abstract sockets and FUSE`, "run it in a Linux virtual machine", 64);

// 1 dependencies, once per lock file
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const stamp = join(root, "node_modules", ".flounder-lock");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
  say("installing dependencies with npm ci (once, about 20 s) …");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (npm.status !== 0) give(`npm ci failed (${npm.error?.message ?? `exit ${npm.status}`})`, `look above; then: cd ${root} && npm ci`);
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stamp, lock);
}

// 2 build
const build = spawnSync(process.execPath, [join(root, "scripts", "build.mjs")], { stdio: "inherit" });
if (build.status !== 0) give("the build failed", "look above; npm run build shows it again");

// 3 pinned tools, into the cache
const built = (file) => import(pathToFileURL(join(root, "dist", "harness", "engines", "tools", file)).href);
const [{ ensureTools }, { servers }] = [await built("ensure.js"), await built("pins.js")];
try {
  await ensureTools(process.argv.includes("--test") ? [...servers, "k6"] : servers, say);
} catch (error) {
  give(error.message, error.hint ?? "flounder doctor");
}
