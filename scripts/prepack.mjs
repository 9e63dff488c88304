/** Before `npm pack`: builds dist/, and writes the types of what package.json exports beside it. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
for (const words of [[join(root, "scripts", "build.mjs")], [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", join(root, "tsconfig.types.json")]]) {
  const step = spawnSync(process.execPath, words, { cwd: root, stdio: ["ignore", 2, 2] });
  if (step.status !== 0) process.exit(step.status ?? 1);
}
