/**
 * Runs a load for whoever started this process: `guard.js PROGRAM ARG…`, over IPC. Told "end", it interrupts the load and waits for its last words; when its
 * parent is gone, however that went, it kills the load at once. Whatever is left of the load's process group afterwards is killed as well.
 */
import { spawn } from "node:child_process";

/** k6 lets requests that are under way end, and writes its summary. */
const lastWordsMs = 15_000;

const { NODE_CHANNEL_FD: _, NODE_CHANNEL_SERIALIZATION_MODE: __, ...env } = process.env;
const [program, ...words] = process.argv.slice(2) as [string, ...string[]];
// A group of its own: Ctrl-C in the terminal is the run's, which ends the load in its turn.
const child = spawn(program, words, { env, detached: true, stdio: ["ignore", "inherit", "inherit"] });
const signal = (name: NodeJS.Signals) => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name);
  } catch {
    // nobody is left
  }
};
const kill = () => signal("SIGKILL");
const tell = (message: LoadMessage) => process.connected && process.send!(message);

export type LoadMessage = { readonly pid: number } | { readonly exitCode: number | null } | { readonly cannot: string };

child.once("spawn", () => tell({ pid: child.pid! }));
child.once("error", (error) => {
  tell({ cannot: error.message });
  process.disconnect?.();
});
child.once("exit", (exitCode) => {
  kill();
  tell({ exitCode });
  process.disconnect?.();
});
process.on("disconnect", kill);
process.on("message", () => {
  signal("SIGINT");
  setTimeout(kill, lastWordsMs).unref();
});
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {}); // the parent decides
