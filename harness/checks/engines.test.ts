/** docs/engines.md says what the engines can do: it is as its generator writes it from what they say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { root } from "../paths.js";
import { listEngines } from "../registry.js";

const { markdown, page } = (await import(pathToFileURL(join(root, "scripts", "engines.mjs")).href)) as { readonly page: string; markdown(): Promise<string> };

describe("docs/engines.md", () => {
  it("is as its generator writes it", async () => {
    expect(readFileSync(page, "utf8"), "node scripts/engines.mjs").to.equal(await markdown());
  });

  it("has a column for every engine, and says why where one cannot", () => {
    const text = readFileSync(page, "utf8");
    const [head] = text.split("\n").filter((line) => line.startsWith("| Capability"));
    for (const name of listEngines()) expect(head).to.include(`| ${name} |`);
    const refusals = [...text.matchAll(/\| no <sup>(\d+)<\/sup>/g)].map(([, number]) => Number(number));
    expect(refusals).to.have.length(4);
    for (const number of refusals) expect(text).to.match(new RegExp(`^${number}\\. local, without FUSE, (mount: |room)`, "m"));
  });
});
