/** A share of each fuzzer: first the seeds that found something before, then one of its own. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Fuzz } from "./fuzz.js";

const here = dirname(fileURLToPath(import.meta.url));
const share = Number(process.env.FLOUNDER_FUZZ_INPUTS || 200);
const found = JSON.parse(readFileSync(join(here, "../../fuzz/seeds.json"), "utf8")) as Readonly<
  Record<string, readonly { readonly seed: number; readonly inputs: number }[]>
>;
const shared = ["fuzz.js", "alive.js", "asked.js", "http.js", "main.js"];
const names = readdirSync(here).filter((file) => file.endsWith(".js") && !file.includes(".test.") && !shared.includes(file));

describe("fuzzers", function () {
  this.timeout(600_000);
  for (const file of names)
    it(`${file.slice(0, -3)}: whatever comes, it is answered or refused, and nothing ends`, async () => {
      const { default: fuzz } = (await import(pathToFileURL(join(here, file)).href)) as { default: Fuzz };
      for (const { seed, inputs } of found[fuzz.name] ?? []) await fuzz.run(seed, Math.min(inputs, share));
      await fuzz.run(20_110_425, Math.ceil(share / (fuzz.oneIn ?? 1)));
    });
});
