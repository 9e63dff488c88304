/**
 * How far `flounder compare` is to be trusted: thousands of made-up comparisons with known truth, decided by the code that decides real ones.
 * npm run simulate [-- --comparisons 2000] [--seed 2011]
 */
import { parseArgs } from "node:util";
import "./build.mjs";

const { inFull, isWithin, say, simulate } = await import("../dist/harness/compare/simulate/all.js");
const number = (name, text, least) => {
  const value = text === undefined ? inFull[name] : Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  console.error(`simulate: --${name} takes a whole number from ${least} on, found "${text}"`);
  process.exit(64);
};
let asked;
try {
  asked = parseArgs({ options: { comparisons: { type: "string" }, seed: { type: "string" } } }).values;
} catch (error) {
  console.error(`simulate: ${error.message}`);
  process.exit(64);
}
const comparisons = number("comparisons", asked.comparisons, 100);
const tries = { comparisons, intervals: comparisons * 50, seed: number("seed", asked.seed, 0) };

console.log(`seed ${tries.seed}\n\n| what | found | wanted | within |\n| --- | --- | --- | --- |`);
let outside = 0;
for (const one of simulate(tries)) {
  console.log(say(one));
  if (!isWithin(one)) outside++;
}
console.log(outside === 0 ? "\nall within" : `\n${outside} outside`);
process.exit(outside === 0 ? 0 : 1);
