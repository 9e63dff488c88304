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
const files = ["harness", "faults", "targets", "examples", "fuzz", "scripts"].flatMap((top) => [...sources(join(root, top))]);
/** What a source file of that path imports, by paths below the root. */
const imports = (path: string, text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)].map(([, spec]) => relative(root, resolve(root, dirname(path), spec!)));

/** From a folder, these and no others may be imported (besides the folder itself). */
const allowed: readonly (readonly [from: RegExp, to: readonly RegExp[]])[] = [
  [/^harness\//, [/^harness\//]],
  [/^faults\//, [/^faults\//, /^harness\//]],
  [/^targets\/[^/]+\/contract\//, [/^targets\/[^/]+\/contract\//]],
  [/^targets\/[^/]+\/platform\//, [/^targets\/[^/]+\/(platform|contract)\//]],
  [/^targets\/[^/]+\/(scenarios|playbooks|suites|conformance)\//, [/^faults\//, /^harness\//, /^targets\/[^/]+\/(?!platform)/]],
  [/^targets\/[^/]+\/(?!platform\/)/, [/^harness\//, /^targets\/[^/]+\/(?!platform)/]],
];

/** Files that reach each other, each group sorted (Tarjan). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (name: string) => {
    index.set(name, index.size);
    low.set(name, index.get(name)!);
    stack.push(name);
    for (const next of graph.get(name) ?? []) {
      if (!graph.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(name, Math.min(low.get(name)!, low.get(next)!));
    }
    if (low.get(name) !== index.get(name)) return;
    const group = stack.splice(stack.indexOf(name));
    if (group.length > 1) found.push(group.sort());
  };
  for (const name of graph.keys()) if (!index.has(name)) visit(name);
  return found;
}

/** Each import of that file that goes against the arrows, as "from → to". */
function against(name: string, text: string): string[] {
  const rule = allowed.find(([from]) => from.test(name));
  if (!rule) return [];
  return imports(name, text)
    .filter((to) => !rule[1].some((ok) => ok.test(to)))
    .map((to) => `${name} → ${to}`);
}

describe("arrows", () => {
  it("no import goes against them", () => {
    const wrong = files.flatMap((path) => against(relative(root, path), readFileSync(path, "utf8")));
    expect(wrong, "move the code, or pass it in: the harness knows no fault and no platform by name").to.deep.equal([]);
  });

  it("sees an import that goes against them, however it is written", () => {
    // Not as a whole: this file would go against them itself.
    const seen = (name: string, before: string, to: string, after = ";") => against(name, `${before} "${to}"${after}`);
    expect(seen("harness/planning/plan.ts", "import noop from", "../../faults/noop.js")).to.deep.equal(["harness/planning/plan.ts → faults/noop.js"]);
    expect(seen("harness/cli/run.ts", "const { x } = await import(\n ", "../../targets/foundry/target.js", "\n);")).to.have.length(1);
    expect(seen("faults/noop.ts", "export * from", "../targets/foundry/contract/timers.js")).to.have.length(1);
    expect(seen("targets/foundry/platform/cc.ts", "import type { Event } from", "../../../harness/core.js")).to.have.length(1);
    expect(seen("targets/foundry/platform/cc.ts", "import { timersMs } from", "../contract/timers.js")).to.deep.equal([]);
    expect(seen("targets/foundry/contract/timers.ts", "import { cc } from", "../platform/cc.js")).to.have.length(1);
    expect(seen("targets/foundry/target.ts", "import { cc } from", "./platform/cc.js")).to.have.length(1);
    expect(seen("targets/foundry/scenarios/day-1.ts", "import cut from", "../../../faults/link-cut.js")).to.deep.equal([]);
  });

  it("there is no circle, not even of types, but a sample and who asks for it", () => {
    const graph = new Map(
      files.map((path) => [relative(root, path), imports(relative(root, path), readFileSync(path, "utf8")).map((to) => to.replace(/\.js$/, ".ts"))]),
    );
    expect(circles(graph)).to.deep.equal([["harness/probes/http/asker.ts", "harness/probes/http/visit.ts"]]);
    expect(
      circles(
        new Map([
          ["a", ["b"]],
          ["b", ["c"]],
          ["c", ["a", "d"]],
          ["d", []],
        ]),
      ),
      "it sees one",
    ).to.deep.equal([["a", "b", "c"]]);
  });

  it("nothing below the commands knows that there is a process to exit", () => {
    const exits = files
      .map((path) => relative(root, path))
      .filter((name) => /^harness\/(?!cli\/|.*(\.test|\/testing\/))/.test(name) && /process\.exit(Code)?\b/.test(readFileSync(join(root, name), "utf8")));
    // Programs of their own, and a prober that holds up its reader.
    expect(exits.sort()).to.deep.equal(["harness/gameday/serve.ts", "harness/keeper/process.ts", "harness/probes/prober.ts", "harness/ruler/truth-server.ts"]);
  });

  it("the harness names no fault", () => {
    const faults = readdirSync(join(root, "faults"))
      .filter((name) => name.endsWith(".ts") && !name.includes(".test."))
      .map((name) => name.replace(/\.ts$/, ""));
    const named = files
      .filter((path) => /^harness\//.test(relative(root, path)) && !path.includes(".test.") && !path.includes("/testing/") && !path.includes("/cli/"))
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

  it("files stay small, and nothing is promised for later", () => {
    const long = files
      .filter((path) => readFileSync(path, "utf8").split("\n").length > (path.includes(".test.") ? 500 : 350))
      .map((path) => relative(root, path));
    const promised = files.filter((path) => /\b(TO(?=DO)DO|FIX(?=ME)ME|XX(?=X)X)\b/.test(readFileSync(path, "utf8"))).map((path) => relative(root, path));
    expect({ long, promised }).to.deep.equal({ long: [], promised: [] });
  });
});
