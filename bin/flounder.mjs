#!/usr/bin/env node
/** Starts the built command line; says what to run where something is not there yet. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const main = join(root, "dist", "harness", "cli", "main.js");
/** A clone has it; a package does not. */
const setUp = join(root, "scripts", "setup.mjs");
const give = (line, hint) => {
  console.error(`flounder: ${line}\n  → ${hint}`);
  process.exit(64);
};

const [major, minor] = process.versions.node.split(".").map(Number);
const supported = major === 20 ? minor >= 19 : major === 22 ? minor >= 12 : major > 22;
if (!supported) give(`Node ${process.versions.node} is not supported`, "install Node 20.19 or newer, 22.12 or newer");
let dependencies = true;
try {
  import.meta.resolve("commander");
} catch {
  dependencies = false;
}
if (!existsSync(main) || !dependencies)
  give(`not set up yet in ${root}`, existsSync(setUp) ? `node ${setUp}` : "npm install, in the project that depends on it");
await import(main);
