/** What adapters may do at a component's own place: replace a file of its data folder, signal its main process. */
import { randomUUID } from "node:crypto";
import { lchown, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../../core.js";

export const localHost = (dataDir: (component: string) => string, signal: (component: string, name: "SIGHUP") => void): Host => ({
  async write(component, file, text) {
    // The folder is the component's own: what has the draft's name already is not written to, and the file is the component's as well.
    const dir = dataDir(component);
    const draft = join(dir, `${file}.${randomUUID()}.tmp`);
    const { uid, gid } = await stat(dir);
    await writeFile(draft, text, { mode: 0o600, flag: "wx" });
    if (process.geteuid?.() === 0) await lchown(draft, uid, gid);
    await rename(draft, join(dir, file));
  },
  read: (component, file) => readFile(join(dataDir(component), file), "utf8"),
  async signal(component, name) {
    signal(component, name);
  },
});
