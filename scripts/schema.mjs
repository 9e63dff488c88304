/** Writes the published JSON Schemas from the zod schemas. Run it after changing harness/report/verdict-schema.ts, harness/watch/endpoints.ts or harness/compare/shapes.ts: node scripts/schema.mjs */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "./build.mjs";

const { canonical } = await import("../dist/harness/canonical.js");
const { comparisonJsonSchema } = await import("../dist/harness/compare/shapes.js");
const { root } = await import("../dist/harness/paths.js");
const { verdictJsonSchema } = await import("../dist/harness/report/verdict-schema.js");
const { watchConfigJsonSchema } = await import("../dist/harness/watch/endpoints.js");
mkdirSync(join(root, "docs"), { recursive: true });
writeFileSync(join(root, "docs", "verdict.schema.json"), canonical(verdictJsonSchema()));
writeFileSync(join(root, "docs", "watch-config.schema.json"), canonical(watchConfigJsonSchema()));
writeFileSync(join(root, "docs", "comparison.schema.json"), canonical(comparisonJsonSchema()));
