/** The command that `flounder watch` runs meanwhile: its output is passed through, and its end is told apart from the verdict. */
import { spawn } from "node:child_process";
import { nowUs, sleep } from "../clock.js";
import { FlounderError } from "../errors.js";
import type { CommandEnd } from "./result.js";

export interface RunningCommand {
  readonly ended: Promise<CommandEnd>;
  /** Passes a signal on to all of its process group; what still lives after `graceMs` is killed. Resolves when none of it is left. */
  interrupt(signal: NodeJS.Signals, graceMs: number): Promise<void>;
}

/**
 * It leads a process group of its own: what we get by Ctrl-C or from CI is passed on once, to all of it.
 * Rejects with FlounderError "usage" if there is no such command, or it may not be run.
 */
export async function startCommand(argv: readonly string[]): Promise<RunningCommand> {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: "inherit", detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new FlounderError(
          "usage",
          `the command ${argv[0]} cannot be run: ${error.code === "ENOENT" ? "not found" : (error.code ?? error.message)}`,
          "give a command on PATH after --",
        ),
      ),
    );
  });
  const group = -child.pid!;
  const send = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(group, signal);
    } catch {
      return false; // none of it is left
    }
  };
  // Whatever ends us meanwhile, it does not run on unseen.
  const atExit = () => void send("SIGKILL");
  process.once("exit", atExit);
  const ended = new Promise<CommandEnd>((resolve) =>
    child.once("exit", (exitCode, signal) => {
      process.off("exit", atExit);
      resolve({ argv, exitCode, signal });
    }),
  );
  return {
    ended,
    async interrupt(signal, graceMs) {
      send(signal);
      const endUs = nowUs() + graceMs * 1000;
      while (send(0) && nowUs() < endUs) await sleep(20);
      send("SIGKILL");
      await ended;
    },
  };
}
