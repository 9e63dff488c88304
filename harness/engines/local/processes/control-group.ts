/**
 * A control group (cgroup v2) per foundation, where we may make one: whoever was started in it stays in it, whatever becomes of marks, folders, users and parents, and
 * the kernel ends all of it at one word. It lies below our own, so that what bounds us bounds it, too; it bounds nothing itself: that takes controllers, which are
 * the machine's owner's to give. Source: the kernel's cgroup-v2.rst.
 */
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { until } from "../../../clock.js";

const endMs = 5000;
/** Deeper ones than this nobody makes. */
const deepest = 12;
const members = "cgroup.procs";

const attempt = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

/** Where the hierarchy is mounted: /sys/fs/cgroup, or beside version 1 at /sys/fs/cgroup/unified. Empty: nowhere. */
function hierarchy(): string {
  const lines = attempt(() => readFileSync("/proc/self/mountinfo", "utf8"), "").split("\n");
  return lines.find((line) => / - cgroup2 /.test(line))?.split(" ")[4] ?? "";
}
/** Ours in it. */
const own = () => join(hierarchy(), /^0::(.*)$/m.exec(attempt(() => readFileSync("/proc/self/cgroup", "utf8"), ""))?.[1] ?? "/");
const nameOf = (foundation: string) => `flounder-${foundation.replace(/[^\w.-]/g, "_")}`;

/** In a person's words. */
export function controlGroups(): string {
  if (hierarchy() === "") return "none: cgroup v2 is not mounted here";
  const at = own();
  return attempt(() => {
    accessSync(at, constants.W_OK);
    return `one per foundation, below ${at}`;
  }, `none: ${at} is not ours to write`);
}

/** The file into which a process writes its number to join; undefined: none can be made here. */
export function makeGroup(foundation: string): string | undefined {
  if (hierarchy() === "") return undefined;
  const group = findGroups(foundation)[0] ?? join(own(), nameOf(foundation));
  return attempt(() => {
    mkdirSync(group, { recursive: true });
    const file = join(group, members);
    accessSync(file, constants.W_OK);
    return file;
  }, undefined);
}

/** Those of a foundation, whoever made them. */
export function findGroups(foundation: string): readonly string[] {
  const [top, name] = [hierarchy(), nameOf(foundation)];
  const below = (dir: string, depth: number): string[] => {
    if (depth > deepest) return [];
    const folders = attempt(() => readdirSync(dir, { withFileTypes: true }), []).filter((entry) => entry.isDirectory());
    return folders.flatMap((entry) => (entry.name === name ? [join(dir, name)] : below(join(dir, entry.name), depth + 1)));
  };
  return top === "" ? [] : below(top, 0);
}

/** Who is in it. */
export const inGroup = (group: string): readonly number[] =>
  attempt(() => readFileSync(join(group, members), "utf8"), "")
    .split("\n")
    .filter(Boolean)
    .map(Number);

/** Ends everybody in it, at once; with a kernel before 5.14 nobody. */
export const killGroup = (group: string): void => attempt(() => writeFileSync(join(group, "cgroup.kill"), "1"), undefined);

/** Once nobody is in it. */
export async function removeGroup(group: string): Promise<void> {
  const gone = () => {
    try {
      rmdirSync(group);
      return true;
    } catch (error) {
      // Whoever was killed just now is still counted for a moment.
      return (error as NodeJS.ErrnoException).code !== "EBUSY";
    }
  };
  await until(`the control group ${basename(group)} to be empty`, gone, endMs, 10);
}
