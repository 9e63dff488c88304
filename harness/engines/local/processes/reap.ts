/** The end of a foundation: by control group, mark, cwd and executable, until nothing is left. Works on what a former keeper left, too. */
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { until } from "../../../clock.js";
import { type ProcessTable, signal, statOf } from "../../process-table.js";
import { mountedBelow, tryCommand, unmount } from "../mounts/mount-table.js";
import { findGroups, inGroup, killGroup, removeGroup } from "./control-group.js";

const killMs = 15_000;

/** SysV shared memory that killed servers left (Postgres has one segment each): nobody attached, made by one of these pids. Format: proc_sysvipc(5). */
async function removeSharedMemory(makers: ReadonlySet<number>): Promise<void> {
  let table = "";
  try {
    table = readFileSync("/proc/sysvipc/shm", "utf8");
  } catch {
    return;
  }
  for (const line of table.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/).map(Number);
    const [, id, , , maker, , attached] = fields;
    if (id !== undefined && attached === 0 && makers.has(maker ?? 0)) await tryCommand(["ipcrm", "-m", String(id)], 2000);
  }
}

/**
 * `dirs` are the foundation's folders; mounts below them go as well. `once`: pids that components had and have no more. Rejects, naming what is left, if something withstands.
 * Nobody is asked to end: nothing of a foundation outlives it, and sixty farewells and checkpoints beside each other take twice as long. Whoever hangs on a mount is
 * beyond every signal until its sshfs is dead, so that all are told at once.
 */
export async function reapAll(table: ProcessTable, dirs: readonly string[], once: Iterable<number> = []): Promise<void> {
  const makers = new Set<number>(once);
  const groups = findGroups(table.foundation);
  let last = "";
  await until(
    "every process to be gone",
    () => {
      const rest = table.all();
      const members = groups.flatMap(inGroup);
      groups.forEach(killGroup);
      const known = new Set(rest.map(({ pid }) => pid));
      const hidden = members.filter((pid) => !known.has(pid)).flatMap((pid) => statOf(pid) ?? []);
      last = [...rest, ...hidden].map((one) => `${one.pid} (${"component" in one ? (one.component ?? "?") : "?"}, state ${one.state})`).join(", ");
      for (const one of [...rest, ...hidden]) {
        makers.add(one.pid);
        signal(one, "SIGKILL");
      }
      return rest.length === 0 && members.length === 0;
    },
    killMs,
    10,
  ).catch(() => {
    throw new Error(`these processes of the foundation withstand SIGKILL: ${last}`);
  });
  await Promise.all(groups.map(removeGroup));
  await Promise.all(dirs.flatMap(mountedBelow).map(({ path }) => unmount(path)));
  await removeSharedMemory(makers);
}

/** Files are taken away beside each other: two databases have 1,500, and whoever ends a foundation waits for it. */
export const removeFolder = async (dir: string): Promise<void> => {
  if (dir) await rm(dir, { recursive: true, force: true });
};
