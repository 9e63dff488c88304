/** Which processes of a foundation are blocked on a mount that does not answer: threads in the kernel's FUSE code, in whatever namespace they live. */
import { readdirSync, readFileSync } from "node:fs";

const attempt = (read: () => string): string => {
  try {
    return read();
  } catch {
    return ""; // it ended meanwhile, or is somebody else's
  }
};

/** "pid: command, where it waits", one per process. Processes are found by the mark in their environment, wherever they run on this machine. */
export function blocked(foundation: string): string[] {
  const mark = `FLOUNDER_FOUNDATION=${foundation}`;
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      // An sshfs that waits for the next question is in fuse_dev_do_read: it is not blocked.
      const waits = threads(pid).filter((where) => /^(request_wait_answer|_*fuse_(?!dev_))/.test(where));
      if (waits.length === 0) return [];
      const own = attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8")).split("\0");
      return own.includes(mark) ? [`${pid}: ${attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ")}, ${waits.join(", ")}`] : [];
    });
}

function threads(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((task) => attempt(() => readFileSync(`/proc/${pid}/task/${task}/wchan`, "utf8")));
  } catch {
    return [];
  }
}
