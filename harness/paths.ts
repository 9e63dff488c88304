/** Where things are: the clone, the caches, the state of foundations. Never the current folder, except for results. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root: the nearest folder above this file with a package.json. Works from source and from dist/. */
export const root = (() => {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, "package.json"))) dir = dirname(dir);
  return dir;
})();

/** The built tree (scripts/build.mjs): same folders as the source, .js beside where .ts was. */
export const dist = join(root, "dist");

/** Downloaded and built tools. */
export const cacheDir = () => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flounder");

/** One folder per foundation. */
export const foundationsDir = () => join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "flounder", "foundations");
