/** The end of a foundation: by mark, cwd and executable, until nothing is left. Works on what a former keeper left, too. */
import { readFileSync, rmSync } from "node:fs";
import { until } from "../../clock.js";
import { mountedBelow, tryCommand, unmount } from "./mount-table.js";
import { type ProcessTable, signal } from "./process-table.js";

const politeMs = 1000;
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
 * `dirs` are the foundation's folders; mounts below them go as well. `ended`: whoever was asked to end has; that is given a second. `once`: pids that components had and have no more.
 * Rejects, naming what is left, if something withstands.
 */
export async function reapAll(table: ProcessTable, dirs: readonly string[], ended: () => boolean, once: Iterable<number> = []): Promise<void> {
  const makers = new Set<number>(once);
  const left = () => {
    const all = table.all();
    for (const one of all) makers.add(one.pid);
    return all;
  };
  // First: whoever waits for a mount, as Cloud Controllers do when the cabinet ends before them, is beyond every signal until its sshfs is dead.
  for (const one of left()) if (one.mount !== undefined) signal(one, "SIGKILL");
  await until("every sshfs to end", () => left().every((one) => one.mount === undefined), killMs, 10);
  for (const dir of dirs) for (const { path } of mountedBelow(dir)) await unmount(path);
  await until("the polite end", () => left().length === 0 || ended(), politeMs, 20).catch(() => undefined);
  let last = "";
  await until(
    "every process to be gone",
    () => {
      const rest = left();
      last = rest.map((one) => `${one.pid} (${one.component ?? "?"}, state ${one.state})`).join(", ");
      for (const one of rest) signal(one, "SIGKILL");
      return rest.length === 0;
    },
    killMs,
    10,
  ).catch(() => {
    throw new Error(`these processes of the foundation withstand SIGKILL: ${last}`);
  });
  for (const dir of dirs) for (const { path } of mountedBelow(dir)) await unmount(path);
  await removeSharedMemory(makers);
}

export const removeFolder = (dir: string) => dir && rmSync(dir, { recursive: true, force: true });
