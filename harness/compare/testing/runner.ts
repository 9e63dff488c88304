/** The comparison of comparison.ts in a process of its own, to be killed: node runner.js DIR. Each trial takes a moment, and says when it begins. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../../clock.js";
import { openFolder } from "../folder.js";
import { runTrials } from "../trials.js";
import { design, trial } from "./comparison.js";

const dir = process.argv[2]!;
const declared = design({ blocks: 8 });
const folder = openFolder(dir, declared, {});
const comparison = await runTrials({
  design: declared,
  folder,
  signal: new AbortController().signal,
  begins: ({ block, arm }) => process.stdout.write(`${block} ${arm}\n`),
  ended: () => folder.write("comparison.json", "{}"),
  async laboratory(slot) {
    const made = trial(slot);
    mkdirSync(join(dir, made.results), { recursive: true });
    await sleep(10);
    writeFileSync(join(dir, made.results, "samples"), "half");
    await sleep(10);
    return { trial: made, strip: { block: slot.block, arm: slot.arm, attempt: slot.attempt, toS: 1, lanes: [], marks: [] } };
  },
});
folder.close();
process.stdout.write(`over ${folder.digest} ${comparison.exitCode}\n`);
