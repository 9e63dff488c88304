/** Asks by a command of the user's own: exit code 0 is good. It runs in a process group of its own, all of which ends with the sample. */
import { spawn } from "node:child_process";
import { ProbeFailure } from "../../core.js";
import { AsyncAsker } from "./async-asker.js";

export interface ExecQuestion {
  /** For `sh -c`. */
  readonly command: string;
}
const wordsKept = 200;

export const execAsker = ({ command }: ExecQuestion): AsyncAsker =>
  new AsyncAsker(
    (_, span, note) =>
      new Promise<void>((resolve, reject) => {
        const child = spawn("/bin/sh", ["-c", command], { stdio: ["ignore", "pipe", "pipe"], detached: true });
        let said = "";
        for (const stream of [child.stdout, child.stderr])
          stream.on("data", (chunk: Buffer) => {
            said = (said + chunk.toString("utf8")).slice(-wordsKept);
          });
        const endAll = () => {
          try {
            if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
          } catch {
            // Nothing of it is left.
          }
        };
        span.onEnd((why) => {
          endAll();
          reject(why);
        });
        child.once("error", (error) => reject(new ProbeFailure("observer", `it cannot be run: ${error.message}`)));
        child.once("exit", (code, name) => {
          const last = said.trim().split("\n").at(-1) ?? "";
          endAll(); // what it left in the background
          if (code === 0) {
            note(last.slice(0, 80));
            resolve();
          } else reject(new ProbeFailure("wrong-answer", `${name ?? `exit code ${code}`}${last === "" ? "" : `: ${last.slice(0, 100)}`}`));
        });
      }),
  );
