/** Links that lead through one another: what a pure look says of them is what the kernel does. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { leaves } from "./links.js";

describe("links of an archive", () => {
  it("each may look harmless, and together they lead out", () => {
    const links: Readonly<Record<string, string>> = { "a/b/c/up": "../../..", out: "a/b/c/up/.." };
    const at = (path: string) => links[path];
    expect(leaves("a/b/c/up", links["a/b/c/up"]!, at)).to.equal(false);
    expect(leaves("out", links.out!, at)).to.equal(true);
    expect(
      leaves("a", "a", (path) => (path === "a" ? "a" : undefined)),
      "a loop leads nowhere",
    ).to.equal(false);
    for (const target of ["/etc", "..", "x/../..", "", "a\0b"]) expect([target, leaves("l", target, () => undefined)]).to.deep.equal([target, true]);
  });

  it("agrees with the kernel: no set of links that it lets pass resolves to outside", () => {
    const part = fc.constantFrom("a", "b", "c", "..", ".", "..", "d");
    const path = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const target = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(fc.dictionary(path, target, { maxKeys: 6 }), (links) => {
        const names = Object.keys(links).filter((name) => !Object.keys(links).some((other) => name.startsWith(`${other}/`)));
        const kept = Object.fromEntries(names.map((name) => [name, links[name]!]));
        const root = realpathSync(mkdtempSync(join(tmpdir(), "flounder-links-")));
        try {
          const dir = join(root, "in");
          mkdirSync(dir);
          writeFileSync(join(root, "a"), "");
          for (const [name, to] of Object.entries(kept)) {
            mkdirSync(dirname(join(dir, name)), { recursive: true });
            symlinkSync(to, join(dir, name));
          }
          for (const [name, to] of Object.entries(kept)) {
            let real: string;
            try {
              real = realpathSync(join(dir, name));
            } catch {
              continue; // it leads to nothing, or round and round
            }
            const out = real !== dir && !real.startsWith(`${dir}/`);
            if (out)
              expect(
                leaves(name, to, (at) => kept[at]),
                `${name} → ${to} in ${JSON.stringify(kept)} is ${real}`,
              ).to.equal(true);
          }
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 300 },
    );
  });
});
