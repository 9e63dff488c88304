/** What adapters may do at a component's own place: replace a file of its data folder, signal its main process. */
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../../core.js";

export const localHost = (dataDir: (component: string) => string, signal: (component: string, name: "SIGHUP") => void): Host => ({
  async write(component, file, text) {
    const path = join(dataDir(component), file);
    const draft = `${path}.${process.pid}.tmp`;
    await writeFile(draft, text, { mode: 0o644 });
    await rename(draft, path);
  },
  async signal(component, name) {
    signal(component, name);
  },
});
