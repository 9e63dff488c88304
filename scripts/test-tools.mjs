/** Tests start servers by their names and by the variables that an engine would give them, wherever this machine has them: on PATH, from a registry, or built once. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The variables for a test process. Needs a built tree. */
export async function toolsEnv(root) {
  const { findTool } = await import(join(root, "dist/harness/engines/tools/find.js"));
  const dir = mkdtempSync(join(tmpdir(), "flounder-path-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  for (const name of ["nats-server", "flounder-toxiproxy", "k6"]) {
    const found = findTool(name);
    if (found) symlinkSync(found, join(dir, name));
  }
  const [sftpServer, confine] = [findTool("flounder-sftp"), findTool("flounder-confine")];
  return { PATH: `${dir}:${process.env.PATH}`, ...(sftpServer ? { SFTP_SERVER: sftpServer } : {}), ...(confine ? { CONFINE: confine } : {}) };
}
