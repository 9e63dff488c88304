/** The command that `flounder watch` runs meanwhile: its output is passed through, and its end is told apart from the verdict. */
import { spawn } from "node:child_process";
import { FlounderError } from "../errors.js";
import type { CommandEnd } from "./result.js";

export interface RunningCommand {
  readonly ended: Promise<CommandEnd>;
  /** Passes a signal on, and kills it if that does not end it within 5 s. */
  interrupt(): void;
}

/** Rejects with FlounderError "usage" if there is no such command, or it may not be run. */
export async function startCommand(argv: readonly string[]): Promise<RunningCommand> {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: "inherit" });
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
  const ended = new Promise<CommandEnd>((resolve) => child.once("exit", (exitCode, signal) => resolve({ argv, exitCode, signal })));
  return {
    ended,
    interrupt() {
      // Ctrl-C has reached it by the terminal; a signal to us alone has not.
      const alive = () => child.exitCode === null && child.signalCode === null;
      setTimeout(() => alive() && child.kill("SIGINT"), 200).unref();
      const last = setTimeout(() => alive() && child.kill("SIGKILL"), 5000);
      void ended.then(() => clearTimeout(last));
    },
  };
}
