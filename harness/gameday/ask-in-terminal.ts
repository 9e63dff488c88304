/** Asks in the terminal before each step of a playbook. */
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { FlounderError } from "../errors.js";
import type { Supervise } from "../playbooks/play.js";

/** Throws FlounderError "usage" where nobody can answer. `close` lets go of the terminal: an open question is answered by nobody any more. */
export function askInTerminal(input: NodeJS.ReadableStream & { readonly isTTY?: boolean }, output: NodeJS.WritableStream) {
  if (!input.isTTY)
    throw new FlounderError("usage", "--supervised: there is no terminal to ask in", "run it in a terminal, or use flounder gameday --supervised");
  const who = userInfo().username;
  const lines = createInterface({ input, output, terminal: false });
  /** Ctrl-D: nobody answers any more, and nothing is done that nobody wanted. */
  let gone = false;
  const left = new Promise<"n">((resolve) =>
    lines.once("close", () => {
      gone = true;
      resolve("n");
    }),
  );
  /** Procedures that run at the same time are asked for one after the other. */
  let before: Promise<unknown> = Promise.resolve();
  const ask = async (question: string): Promise<boolean> => {
    for (;;) {
      // A whole line: the view of the run clears the line that the cursor is in.
      output.write(question);
      const said = (await (gone ? left : Promise.race([lines.question(""), left]))).trim().toLowerCase();
      if (["y", "yes", ""].includes(said)) return true;
      if (["n", "no"].includes(said)) return false;
      output.write("y: it is done · n: it is left out\n");
    }
  };
  const supervise: Supervise = ({ procedure, step, says }) => {
    const answer = before.then(async () => ({ go: await ask(`\n${procedure}, step ${step}: ${says}? [Y/n]\n`), who }));
    before = answer;
    return answer;
  };
  return { supervise, close: () => lines.close() };
}
