/** Writes the published JSON Schemas from the zod schemas. Run it after changing one of them: node scripts/schema.mjs */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "./build.mjs";

const { canonical } = await import("../dist/harness/canonical.js");
const { root } = await import("../dist/harness/paths.js");
const { schemas } = await import("../dist/harness/checks/schemas.js");
mkdirSync(join(root, "docs"), { recursive: true });
for (const [file, schema] of Object.entries(schemas)) writeFileSync(join(root, "docs", file), canonical(schema()));
