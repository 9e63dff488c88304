/** Holds the arrows of the design: who may import whom. Also: no .only, no file far too long, nothing promised for later. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect } from "chai";
import { root } from "./paths.js";

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.(ts|mjs)$/.test(entry.name)) yield path;
  }
}
const files = ["harness", "faults", "targets", "fuzz", "scripts"].flatMap((top) => [...sources(join(root, top))]);
const imports = (path: string): string[] =>
  [...readFileSync(path, "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)].map(([, spec]) => relative(root, resolve(dirname(path), spec!)));

/** From a folder, these and no others may be imported (besides the folder itself). */
const allowed: readonly (readonly [from: RegExp, to: readonly RegExp[]])[] = [
  [/^harness\//, [/^harness\//]],
  [/^faults\//, [/^faults\//, /^harness\//]],
  [/^targets\/[^/]+\/platform\//, [/^targets\/[^/]+\/platform\//]],
  [/^targets\/[^/]+\/(scenarios|playbooks|suites|conformance)\//, [/^faults\//, /^harness\//, /^targets\/[^/]+\/(?!platform)/]],
  [/^targets\/[^/]+\/[^/]+\.ts$/, [/^harness\//, /^targets\/[^/]+\/(?!platform)/]],
];

describe("arrows", () => {
  it("no import goes against them", () => {
    const wrong = files.flatMap((path) => {
      const name = relative(root, path);
      const rule = allowed.find(([from]) => from.test(name));
      return rule
        ? imports(path)
            .filter((to) => !rule[1].some((ok) => ok.test(to)))
            .map((to) => `${name} → ${to}`)
        : [];
    });
    expect(wrong, "move the code, or pass it in: the harness knows no fault and no platform by name").to.deep.equal([]);
  });

  it("sees an import that goes against them", () => {
    const rule = allowed.find(([from]) => from.test("harness/run.ts"))!;
    expect(rule[1].some((ok) => ok.test("faults/noop.js"))).to.equal(false);
  });

  it("the harness names no fault and no platform", () => {
    const faults = readdirSync(join(root, "faults"))
      .filter((name) => name.endsWith(".ts") && !name.includes(".test."))
      .map((name) => name.replace(/\.ts$/, ""));
    const named = files
      .filter((path) => /^harness\//.test(relative(root, path)) && !path.includes(".test.") && !path.includes("fixture") && !path.includes("/cli/"))
      .flatMap((path) => {
        const code = readFileSync(path, "utf8")
          .replace(/\/\*[\s\S]*?\*\//g, "")
          .replace(/\/\/.*$/gm, "");
        return faults
          .filter((fault) => fault !== "noop" && new RegExp(`["'\`]${fault}["'\`]`).test(code))
          .map((fault) => `${relative(root, path)} names ${fault}`);
      });
    expect(named).to.deep.equal([]);
  });

  // core.ts is the dictionary: one place for every word, however many there are.
  it("files stay small, and nothing is promised for later", () => {
    const long = files
      .filter((path) => relative(root, path) !== "harness/core.ts" && readFileSync(path, "utf8").split("\n").length > (path.includes(".test.") ? 500 : 350))
      .map((path) => relative(root, path));
    const promised = files.filter((path) => /\b(TO(?=DO)DO|FIX(?=ME)ME|XX(?=X)X)\b/.test(readFileSync(path, "utf8"))).map((path) => relative(root, path));
    expect({ long, promised }).to.deep.equal({ long: [], promised: [] });
  });
});
