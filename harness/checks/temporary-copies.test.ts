/**
 * In a temporary copy of the tree: without the largest target the harness builds and passes its own tests; one file more is a fault more, and one folder more a target more.
 * Long, since it compiles a whole tree.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { root } from "../paths.js";

/** Rooms whose tests bring up nothing; but for those that ask for a target, a scenario or a playbook by its name. */
const rooms = ["planning", "judge", "measure", "playbooks", "init"];
const asksForOne = /\bload(Target|Scenario|Playbook)\(/;
// Not written out: the build takes an import for one of its own, also in a text.
const library = "zod";
const fault = `import { z } from "${library}";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "link-doze",
  says: "swallows all that goes over a link until healed",
  colour: "#123456",
  needs: ["link"],
  options: z.strictObject({}),
  inject: (link) => link.can.link.cut("swallow"),
  heal: (link) => link.can.link.mend(),
  witness: async (link) => ({ state: (await link.can.link.carries()) ? "intact" : "broken" }),
});
`;

describe("a copy of the tree", function () {
  this.timeout(600_000);
  let dir: string;
  /** Resolves with stdout; rejects with all that was said. */
  const run = (...words: string[]) =>
    promisify(execFile)(process.execPath, words, { cwd: dir, maxBuffer: 1e8 }).then(
      ({ stdout }) => stdout,
      (error: { stdout: string; stderr: string }) => Promise.reject(new Error(`${words.join(" ")}:\n${error.stdout}${error.stderr}`)),
    );
  const flounder = (...words: string[]) => run("bin/flounder.mjs", ...words);
  const tool = (path: string) => join("node_modules", ...path.split("/"));

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-copy-"));
    for (const name of ["harness", "faults", "targets", "scripts", "bin", "compose", "docs", "package.json", "tsconfig.json", ".mocharc.json", "README.md"])
      cpSync(join(root, name), join(dir, name), { recursive: true });
    rmSync(join(dir, "targets", "foundry"), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("without targets/foundry/ compiles and builds, and the target that is left is the default", async () => {
    await run(tool("typescript/bin/tsc"), "--noEmit");
    await run("scripts/build.mjs");
    expect(await flounder("list", "systems"))
      .to.match(/^guestbook .*\(default\)$/m)
      .and.not.match(/foundry/);
    expect(JSON.parse(await flounder("plan", "--seed", "3"))).to.include({ system: "guestbook", name: "closed-book" });
  });

  it("without it passes the tests of the rooms that need no target", async () => {
    const files = rooms.flatMap((room) =>
      readdirSync(join(dir, "dist", "harness", room), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".test.js"))
        .map((name) => join("dist", "harness", room, name))
        .filter((name) => !asksForOne.test(readFileSync(join(dir, name), "utf8"))),
    );
    expect(files.length).to.be.above(10);
    const said = JSON.parse(await run(tool("mocha/bin/mocha.js"), "--exit", "--reporter", "json", ...files)) as { stats: { failures: number; passes: number } };
    expect(said.stats.failures).to.equal(0);
    expect(said.stats.passes).to.be.above(100);
  });

  it("has a fault more by one file, and a target more by one folder", async () => {
    writeFileSync(join(dir, "faults", "link-doze.ts"), fault);
    const target = join(dir, "targets", "visitors");
    cpSync(join(dir, "targets", "guestbook"), target, { recursive: true });
    for (const name of readdirSync(target).filter((file) => file.endsWith(".ts"))) {
      const text = readFileSync(join(target, name), "utf8");
      writeFileSync(join(target, name), text.replaceAll('"guestbook"', '"visitors"'));
    }
    await run("scripts/build.mjs");
    expect(await flounder("list", "faults")).to.match(/^link-doze +swallows/m);
    expect(await flounder("list", "systems")).to.match(/^visitors /m);
    const plan = JSON.parse(await flounder("plan", "closed-book", "--target", "visitors")) as { system: string; targets: string[] };
    expect(plan.system).to.equal("visitors");
    expect(plan.targets).to.include("entries-1>store-1");
  });
});
