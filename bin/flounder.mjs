#!/usr/bin/env node
/** Starts the built command line; says what to run where it was not built yet. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const main = join(root, "dist", "harness", "cli", "main.js");
if (!existsSync(main) || !existsSync(join(root, "node_modules"))) {
  console.error(`flounder: not set up yet in ${root}\n  → node ${join(root, "scripts", "setup.mjs")}`);
  process.exit(64);
}
await import(main);
