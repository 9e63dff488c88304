/** Writes docs/reference.md from the commands, exit codes, environment variables and places of files that the code has: node scripts/reference.mjs */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import "./build.mjs";

const { root } = await import("../dist/harness/paths.js");
const { programFor } = await import("../dist/harness/cli/program.js");
const { reference } = await import("../dist/harness/cli/words/reference.js");
writeFileSync(join(root, "docs", "reference.md"), reference(await programFor()));
