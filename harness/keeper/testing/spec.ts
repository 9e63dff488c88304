/** What tests of the keeper share: a state folder of their own, specs and injections. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FoundationSpec, Injection } from "../../core.js";
import { dist } from "../../paths.js";
import { folderOf } from "../folder.js";

export const entry = join(dist, "harness", "keeper", "testing", "keeper.js");
export const link = "cc-1>ccdb-1";
export const cut = (target: string, parts: Partial<Injection> = {}): Injection => ({
  id: `act/${target}`,
  act: "act",
  fault: "link-cut",
  options: { how: "refuse" },
  target,
  atS: 0,
  maxS: 30,
  ...parts,
});

let count = 0;
export function specOf(id = `t${process.pid}-${++count}`): FoundationSpec {
  return { id, system: "fake", profile: "micro", timeFactor: 20, policy: {}, engine: "local", dir: folderOf(id), secret: "s3cret" };
}

/** Gives the tests of a describe block a state home that is gone afterwards. */
export function home(): void {
  const earlier = process.env.XDG_STATE_HOME;
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-keeper-"));
    process.env.XDG_STATE_HOME = dir;
  });
  after(() => {
    if (earlier === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = earlier;
    rmSync(dir, { recursive: true, force: true });
  });
}
