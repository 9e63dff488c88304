/** How the programs that users bring (apps) are confined on this machine, in a person's words: asked of flounder-confine, which tries it. */
import { execFile } from "node:child_process";
import { findTool } from "./find.js";

const checkMs = 10_000;
const bounds = "bounds on memory, processor time, open files, the size of a file";

export function appsRunAs(): Promise<string> {
  const program = findTool("flounder-confine");
  if (!program) return Promise.resolve("as their component, with all that it sees: flounder-confine is not here (flounder setup builds it)");
  return new Promise((resolve) => {
    execFile(program, ["-check"], { timeout: checkMs }, (error, stdout, stderr) => {
      const said = `${stdout} ${stderr}`.replace(/\s+/g, " ").trim();
      if (!error) resolve(`as their component, in namespaces of their own (${said}), no capabilities, no_new_privs; ${bounds}, processes`);
      else resolve(`as their component, with all that it sees; no_new_privs; ${bounds}. Namespaces would hide it: ${said || error.message}`);
    });
  });
}
