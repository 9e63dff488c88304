/** Bad input, one golden message per case: what, where, what to do, the designed exit code, and nothing half-done. */
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "../paths.js";

const bin = join(root, "bin", "flounder.mjs");

describe("refusals", function () {
  this.timeout(60_000);
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-refusals-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const flounder = (words: readonly string[], env: Readonly<Record<string, string>> = {}, node: readonly string[] = []): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [...node, bin, ...words], {
      cwd: dir,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", XDG_STATE_HOME: join(dir, "state"), ...env },
    });
  /** Foundations, processes with our mark in this test's state folder, results: all must be as if nothing had been asked. */
  const untouched = () => {
    expect(existsSync(join(dir, "results")), "no results folder").to.equal(false);
    const foundations = join(dir, "state", "flounder", "foundations");
    expect(existsSync(foundations) ? readdirSync(foundations) : []).to.deep.equal([]);
  };
  const refused = (got: SpawnSyncReturns<string>, exit: number, says: RegExp) => {
    expect(got.stderr).to.match(says);
    expect(got.stderr).not.to.contain("    at ");
    expect(got.status, got.stderr).to.equal(exit);
    untouched();
  };

  it("a reader who stops reading (| head) is no defect", async () => {
    const child = spawn(process.execPath, [bin, "list", "faults"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let says = "";
    child.stderr.on("data", (chunk) => {
      says += chunk;
    });
    const [status] = (await once(child, "close")) as [number | null];
    expect([says, status]).to.deep.equal(["", 0]);
  });
  it("an unknown playbook, and one beside a plan that has its own", () => {
    refused(flounder(["run", "day-2", "--playbook", "hope"]), 64, /^flounder: playbook "hope" is unknown; there are .*as-it-was, .*none/);
    refused(flounder(["run", "plan.json", "--playbook", "none"]), 64, /^flounder: --playbook none with a plan file: a plan has its playbook already/);
  });
  it("a load without k6, one that is not there, and one beside a plan that has its own", () => {
    writeFileSync(join(dir, "users.js"), "export default () => {};");
    const bare = { PATH: "/usr/bin:/bin", XDG_CACHE_HOME: join(dir, "cache") };
    refused(flounder(["run", "day-2", "--load", "users.js"], bare), 2, /^flounder: k6 is not here: the load cannot be run\n {2}→ flounder setup k6 builds it/);
    refused(flounder(["run", "day-2", "--load", "shoppers.js"]), 64, /^flounder: --load shoppers\.js: there is no such file/);
    refused(flounder(["run", "day-2", "--load", "hay -n 10"]), 64, /^flounder: --load "hay -n 10": there is no file and no program "hay"/);
    refused(flounder(["run", "plan.json", "--load", "users.js"]), 64, /^flounder: --load users\.js with a plan file: a plan has its load already/);
  });
  it("a flag that a plan has decided already", () => {
    for (const [flag, value] of [
      ["seed", "3"],
      ["engine", "local"],
      ["profile", "micro"],
      ["time-factor", "20"],
      ["policy", "hm.freshness=guard"],
    ] as const)
      refused(
        flounder(["run", "plan.json", `--${flag}`, value]),
        64,
        new RegExp(`^flounder: --${flag} ${value} with a plan file: a plan has its ${flag.replace("-", " ")} already\\n {2}→ make another: flounder plan`),
      );
  });
  it("a policy that is none", () => {
    for (const words of [["up"], ["run", "four-cuts"], ["plan", "four-cuts"]])
      refused(flounder([...words, "--policy", "cc.onLunLoss"]), 64, /^flounder: --policy "cc\.onLunLoss": expected name=value\n {2}→ /);
  });
  it("a scenario that does not exist", () =>
    refused(flounder(["run", "five-cuts"]), 64, /^flounder: scenario "five-cuts" is unknown; there are .*four-cuts.*\n {2}→ flounder list scenarios/));
  it("a scenario file that does not exist, and one that is no scenario", () => {
    refused(flounder(["run", "./none.ts"]), 64, /^flounder: scenario file .*none\.ts does not exist\n {2}→ give the path/);
    writeFileSync(join(dir, "odd.ts"), "export default { name: 'odd' };");
    refused(flounder(["run", "./odd.ts"]), 64, /^flounder: .*not a scenario: says: .*\n {2}→ see docs\/scenarios\.md; flounder describe four-cuts/);
    writeFileSync(join(dir, "broken.ts"), "export default {");
    refused(flounder(["run", "./broken.ts"]), 64, /^flounder: scenario file .*broken\.ts cannot be read: /);
  });
  it("a plan that is no JSON, and one that was changed", () => {
    writeFileSync(join(dir, "bad.json"), '{ "version": 1, ');
    refused(flounder(["run", "bad.json"]), 64, /^flounder: .*bad\.json is not JSON: .*\n {2}→ make it with: flounder plan/);
    const plan = flounder(["plan", "four-cuts", "--seed", "3"]);
    expect(plan.status, plan.stderr).to.equal(0);
    writeFileSync(join(dir, "changed.json"), plan.stdout.replace('"giveUpS": ', '"giveUpS": 1'));
    refused(
      flounder(["run", "changed.json"]),
      64,
      /changed\.json: the digest says [0-9a-f]{16}, the content is [0-9a-f]{16}: it was changed after it was made/,
    );
  });
  it("an option that does not exist, and a value that is none", () => {
    refused(flounder(["run", "--sead", "7"]), 64, /unknown option '--sead'/);
    refused(flounder(["run", "--seed", "x"]), 64, /'--seed <n>' argument 'x' is invalid. expected a whole number/);
    refused(flounder(["run", "--engine", "kubernetes"]), 64, /Allowed choices are compose, local/);
    refused(flounder(["rum"]), 64, /unknown command 'rum'[\s\S]*Did you mean run\?/);
  });
  it("a profile, and a policy, that do not exist", () => {
    refused(flounder(["run", "--profile", "huge"]), 64, /^flounder: profile "huge" is unknown; there are micro, org/);
    refused(flounder(["up", "--policy", "hm.freshness=maybe"]), 64, /^flounder: policy hm\.freshness is "maybe"; expected one of none, guard/);
  });
  it("a selector that matches nothing", () => {
    writeFileSync(
      join(dir, "nobody.ts"),
      `export default { name: "nobody", says: "s", giveUpS: 9, foundation: { profile: "micro", timeFactor: 20 }, must: [],
      acts: [{ id: "a", fault: "noop", options: {}, on: { of: "cell-*", pick: "one" }, forS: 1 }] };`,
    );
    refused(
      flounder(["run", "./nobody.ts"]),
      64,
      /^flounder: scenario nobody, act "a": selector "cell-\*" matches none of the \d+ targets\n {2}→ expected a role/,
    );
  });
  it("a missing tool", () =>
    refused(
      flounder(["up", "--profile", "micro"], { PATH: join(dir, "empty"), XDG_CACHE_HOME: join(dir, "cache"), FLOUNDER_OFFLINE: "1" }),
      2,
      /^flounder: .*(nats-server|flounder-toxiproxy).*\n {2}→ /,
    ));
  it("a port base that is taken", async () => {
    const taken: Server = createServer();
    await new Promise<void>((resolve) => taken.listen(11_111, "127.0.0.1", resolve));
    try {
      refused(flounder(["up", "--profile", "micro", "--port-base", "11111"]), 2, /^(.*\n)*flounder: .*11111.*\n {2}→ /);
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });
  it("a results folder that cannot be written", () => {
    writeFileSync(join(dir, "file"), "");
    refused(
      flounder(["run", "--results", join(dir, "file", "below")]),
      2,
      /^flounder: results folder .*file\/below cannot be written: .*\n {2}→ give a folder that you may write with --results DIR/,
    );
  });
  it("a port for metrics that is taken, and one that is none", async () => {
    const taken: Server = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    try {
      refused(
        flounder(["run", "--metrics", String(port)]),
        2,
        new RegExp(`^flounder: port ${port} for /metrics: it is taken\\n {2}→ choose another one with --metrics PORT; 0 takes a free one\\n$`),
      );
      refused(flounder(["run", "--metrics", "70000"]), 64, /^flounder: --metrics 70000 is not a port\n {2}→ /);
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });
  it("no foundation, and one that does not exist", () => {
    refused(flounder(["heal"]), 64, /^flounder: there is no foundation\n {2}→ flounder up makes one/);
    refused(flounder(["down", "--foundation", "gone"]), 64, /^flounder: there is no foundation "gone"\n/);
    refused(flounder(["up", "--name", "No Such"]), 64, /^flounder: foundation name "No Such": expected lower-case/);
  });
  it("a folder that is no result, for judge", () =>
    refused(flounder(["judge", dir]), 64, /^flounder: .* is no results folder: it has no plan\.json\n {2}→ give a folder below results\//));
  it("a system that is not supported", () => {
    const other = "data:text/javascript,Object.defineProperty(process,'platform',{value:'darwin'})";
    refused(
      flounder(["up"], {}, ["--import", other]),
      64,
      /^flounder: darwin is not supported: it needs \/proc, abstract sockets and FUSE\n {2}→ run it in a Linux virtual machine\n$/,
    );
  });
});
