/** Where things are: the clone or the package, the caches, the state of foundations. Never the current folder, except for results. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root: the nearest folder above this file with a package.json. Works from source and from dist/. */
export const root = (() => {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, "package.json"))) dir = dirname(dir);
  return dir;
})();

/** The built tree (scripts/build.mjs): same folders as the source, .js beside where .ts was. */
export const dist = join(root, "dist");

/** Where its dependencies are, nearest first: npm may put them beside the package instead of into it. */
export const packageFolders = (): string[] => {
  const found: string[] = [];
  for (let dir = root; ; dir = dirname(dir)) {
    const folder = basename(dir) === "node_modules" ? dir : join(dir, "node_modules");
    if (existsSync(folder) && found.at(-1) !== folder) found.push(folder);
    if (dir === dirname(dir)) return found;
  }
};

/** A file of a dependency, by its path below node_modules; undefined if no such file is there. */
export const packaged = (path: string): string | undefined =>
  packageFolders()
    .map((folder) => join(folder, path))
    .find((file) => existsSync(file));

/** Downloaded and built tools. */
export const cacheDir = () => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flounder");

/** One folder per foundation. */
export const foundationsDir = () => join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "flounder", "foundations");
