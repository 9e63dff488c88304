/** docs/whats-here.md shows the rooms as the imports have them, and no room rests on one that rests on it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { root } from "../paths.js";

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;
const { arrowsOf, inCircles, markdown, page, pictures } = (await import(pathToFileURL(join(root, "scripts", "rooms.mjs")).href)) as {
  readonly page: string;
  markdown(): string;
  pictures(): { readonly harness: Arrows; readonly foundry: Arrows };
  inCircles(arrows: Arrows): readonly string[];
  arrowsOf(files: readonly string[], roomOf: (file: string) => string | undefined, imports: (file: string) => readonly string[]): Arrows;
};

describe("rooms", () => {
  it("are in docs/whats-here.md as the imports have them; after moving files run: node scripts/rooms.mjs", () => {
    const text = readFileSync(page, "utf8");
    expect(text).to.contain("```mermaid");
    expect(text).to.equal(markdown());
  });

  it("do not import each other, however far around", () => {
    const { harness, foundry } = pictures();
    expect(inCircles(harness)).to.deep.equal([]);
    expect(inCircles(foundry)).to.deep.equal([]);
    expect(harness.get("cli/")).to.include("session/");
    expect([...foundry.get("platform/")!].filter((room) => room !== "contract/")).to.deep.equal([]);
  });

  it("a circle between them is seen", () => {
    const imports: Readonly<Record<string, readonly string[]>> = { "a/x.ts": ["b/x.ts"], "b/x.ts": ["c/x.ts"], "c/y.ts": ["a/y.ts"], "d/x.ts": ["a/x.ts"] };
    const arrows = arrowsOf(
      Object.keys(imports),
      (file) => file.split("/")[0],
      (file) => imports[file]!,
    );
    expect(inCircles(arrows)).to.deep.equal(["a", "b", "c"]);
  });
});
