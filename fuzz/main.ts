/** npm run fuzz [-- INTERFACE …] [--seed N] [--inputs N]: each fuzzer with so many inputs. A seed that finds something is kept in fuzz/seeds.json, which the tests replay. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Fuzz } from "./fuzz.js";

const here = dirname(fileURLToPath(import.meta.url));
const seedsFile = join(here, "../../fuzz/seeds.json");
const shared = ["fuzz.js", "alive.js", "asked.js", "http.js", "main.js"];
const names = readdirSync(here)
  .filter((file) => file.endsWith(".js") && !file.includes(".test.") && !shared.includes(file))
  .map((file) => file.slice(0, -3));

function refuse(says: string): never {
  process.stderr.write(`fuzz: ${says}\n  → npm run fuzz -- ${names[0]} --seed 1 --inputs 10000; there are ${names.join(", ")}\n`);
  process.exit(64);
}
function given() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { seed: { type: "string", default: String(Date.now() % 1e9) }, inputs: { type: "string", default: "10000" } },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
}
const { values, positionals } = given();
const number = (text: string, name: string) => (/^\d{1,9}$/.test(text) ? Number(text) : refuse(`--${name} ${text}: expected a whole number`));
const seed = number(values.seed, "seed");
const inputs = number(values.inputs, "inputs");
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) refuse(`there is no fuzzer "${unknown}"`);

let failed = 0;
for (const name of positionals.length > 0 ? positionals : names) {
  const { default: fuzz } = (await import(pathToFileURL(join(here, `${name}.js`)).href)) as { default: Fuzz };
  const count = Math.ceil(inputs / (fuzz.oneIn ?? 1));
  const began = performance.now();
  const took = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  try {
    await fuzz.run(seed, count);
    console.log(`ok      ${name}: ${count} inputs, seed ${seed}, ${took()} (${fuzz.says})`);
  } catch (error) {
    failed++;
    console.log(`FOUND   ${name}: seed ${seed}, ${took()}: ${(error as Error).message}`);
    if (process.env.FLOUNDER_FUZZ_STACK) console.log((error as { cause?: Error }).cause?.stack ?? (error as Error).stack);
    const seeds = JSON.parse(readFileSync(seedsFile, "utf8")) as Record<string, { seed: number; inputs: number }[]>;
    const known = seeds[name] ?? [];
    seeds[name] = known;
    if (!known.some((one) => one.seed === seed && one.inputs >= count)) known.push({ seed, inputs: count });
    writeFileSync(seedsFile, `${JSON.stringify(seeds, null, 2)}\n`);
  }
}
process.exit(failed > 0 ? 1 : 0);
