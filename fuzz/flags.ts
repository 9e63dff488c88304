/** Words on the command line: a command does what it is asked, or says what is wrong with it; never 70, never a stack. Only commands that start nothing. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { root } from "../harness/paths.js";
import { type Fuzz, sampled, withEach } from "./fuzz.js";

const commands = [
  "plan",
  "judge",
  "report",
  "list",
  "paper",
  "status",
  "heal",
  "recover",
  "stop",
  "logs",
  "down",
  "break",
  "freeze",
  "release",
  "nonsense",
  "",
];
const flags = [
  "--seed",
  "--profile",
  "--engine",
  "--time-factor",
  "--foundation",
  "-f",
  "--json",
  "--playbook",
  "--on",
  "--for",
  "--until",
  "--reason",
  "--name",
  "--help",
  "--",
  "--nonsense",
  "-",
];
const values = fc.oneof(
  fc.constantFrom(
    "four-cuts",
    "micro",
    "org",
    "local",
    "1",
    "0",
    "-1",
    "1e99",
    "NaN",
    "nobody",
    "link-cut",
    "as-it-was",
    "/",
    "/dev/null",
    "/etc/passwd",
    "..",
    "é",
    "\n",
    "x".repeat(300),
    "2026-01-01T00:00:00Z",
    "{}",
    "__proto__",
    "package.json",
  ),
  fc.string({ maxLength: 12 }).filter((text) => !text.includes("\0")),
);
const words = fc
  .tuple(fc.constantFrom(...commands), fc.array(fc.oneof(fc.constantFrom(...flags), values), { maxLength: 5 }))
  .map(([command, more]) => [command, ...more]);

export default {
  name: "flags",
  says: "words on the command line",
  // Each costs a process.
  oneIn: 50,
  async run(seed, count) {
    const state = mkdtempSync(join(tmpdir(), "flounder-fuzz-"));
    try {
      await withEach(sampled(words, seed, count), 2, async (given) => {
        const child = spawn(process.execPath, [join(root, "bin/flounder.mjs"), ...given], {
          cwd: state,
          env: { PATH: process.env.PATH, HOME: state, XDG_STATE_HOME: state },
          stdio: ["ignore", "ignore", "pipe"],
          timeout: 60_000,
        });
        let said = "";
        child.stderr.on("data", (piece) => {
          said += piece;
        });
        const how = await new Promise((resolve) => child.once("close", (status, signal) => resolve(signal ?? status)));
        if (typeof how !== "number" || how === 70 || /a defect in the harness|\n {4}at /.test(said))
          throw new Error(`it ends with ${how}: ${said.slice(0, 1500)}`);
      });
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  },
} satisfies Fuzz;
