/** Where FUSE cannot be used LUNs are links to the cabinet's folders: they cannot hang, but a LUN without power is still lost, and comes back with it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../harness/clock.js";
import type { FoundationFacts, Running } from "../../harness/core.js";
import { localEngine } from "../../harness/engines/local/engine.js";
import { newFoundation, passingName } from "../../harness/foundation.js";
import { factsOf } from "../../harness/keeper/facts.js";
import { storageState } from "./console.js";
import { operator } from "./operator.js";
import { prober } from "./prepare.js";
import target from "./target.js";
import { topologyOf } from "./topology.js";

const shape = { cc: 1, dea: 1, router: 1, lb: 1, dns: 1, cabinets: ["cabinet-a", "cabinet-b"], lunsPerCabinet: 2 };

describe("a foundation without FUSE", function () {
  this.timeout(60_000);
  const home = mkdtempSync(join(tmpdir(), "flounder-linked-"));
  const earlier = process.env.XDG_STATE_HOME;
  let running: Running;
  let facts: FoundationFacts;

  before(async function () {
    this.timeout(120_000);
    process.env.XDG_STATE_HOME = home;
    const system = {
      ...target,
      topology: (profile: string, timeFactor: number, policy: Readonly<Record<string, string>>) => topologyOf(profile, shape, timeFactor, policy),
    };
    const engine = localEngine(
      async () => system,
      async () => ({ works: false, ways: ["detach"], why: "as if FUSE were not there" }),
    );
    const spec = await newFoundation({ id: passingName("linked"), system, profile: "org", timeFactor: 20, policy: {}, engine: "local" });
    running = await engine.start(spec, () => {}, new AbortController().signal);
    facts = factsOf(spec, running, system);
  });
  after(async function () {
    this.timeout(60_000);
    await running?.reap();
    rmSync(home, { recursive: true, force: true });
    if (earlier === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = earlier;
  });

  // seed: power supply <- the supply of a LUN that is a link goes away
  it("loses a LUN with its power, and has it back, whole, when an operator restores, verifies and releases", async () => {
    const { client, spaceGuid } = await prober(facts);
    const guid = await client.createApp(spaceGuid, "probe-linked");
    for (let i = 0; i < 8; i++) await client.upload(guid, [{ path: "index.html", mode: 0o644, content: Buffer.from(`bits ${i}`.repeat(50)) }]);
    const state = () => storageState(running.call, "cc-1");
    expect((await state()).readOnly).to.equal(false);

    await running.call("cabinet-a", "/power/brown-out", { supply: "A", flickerS: 0.2, seed: 1 });
    await until("storage to be declared lost", async () => (await state()).readOnly, 15_000, 100);
    const { mounts, lostLuns } = await state();
    expect(lostLuns).to.deep.equal(["lun-2"]);
    expect(Object.entries(mounts).flatMap(([lun, is]) => (is === "usable" ? [lun] : []))).to.deep.equal(["lun-1", "lun-3", "lun-4"]);

    const console = operator(running.call, running.topology, "script", () => {});
    expect(await console.restorePower()).to.equal("power restored to cabinet-a");
    await until("every mount to be usable", async () => Object.values((await state()).mounts).every((is) => is === "usable"), 15_000, 100);
    expect(await console.verify()).to.match(/^\d+ blobs/);
    await console.release("power is back", "accept-loss");
    await until("the CC to be writable", async () => !(await state()).readOnly, 10_000, 100);
  });
});
