/** Writes the published JSON Schemas from the zod schemas. Run it after changing harness/report/verdict-schema.ts or harness/watch/endpoints.ts: node scripts/schema.mjs */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "./build.mjs";

const { canonical } = await import("../dist/harness/canonical.js");
const { root } = await import("../dist/harness/paths.js");
const { verdictJsonSchema } = await import("../dist/harness/report/verdict-schema.js");
const { watchConfigJsonSchema } = await import("../dist/harness/watch/endpoints.js");
mkdirSync(join(root, "docs"), { recursive: true });
writeFileSync(join(root, "docs", "verdict.schema.json"), canonical(verdictJsonSchema()));
writeFileSync(join(root, "docs", "watch-config.schema.json"), canonical(watchConfigJsonSchema()));
