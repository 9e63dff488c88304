/**
 * What every engine must do with every target: the system comes up and is steady, each fault that its targets can take is injected on all of them at once, its receipts
 * prove that it took effect and was healed, the fingerprint is as before, and nothing is left. A target joins by two lines; see docs/targets.md.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../clock.js";
import type { Event, Fault, Injection, TargetInfo, TargetSystem } from "../../core.js";
import { makeFolder } from "../../keeper/folder.js";
import { Keeper } from "../../keeper/keep.js";
import { ableTargets, variants } from "../../keeper/testing/variants.js";
import { receipts } from "../../measure/receipts.js";
import { root } from "../../paths.js";
import { engineFor, loadEngine, loadFaults } from "../../registry.js";
import { newFoundation, passingName } from "../../state/foundation.js";

/** Defines the tests; call it at the top of a test file. Where the machine lacks what the engine needs they are skipped, which is said. */
export async function everyFault(engine: string, system: TargetSystem, profile: string): Promise<void> {
  const name = `${system.name} on the ${engine} engine`;
  const lacking = (await (await loadEngine(engine)).check()).map(({ what, hint }) => `${what} (${hint})`).join("; ");
  if (lacking !== "") return void describe.skip(`${name}: ${lacking}`, () => it("takes every fault", () => {}));

  const timeFactor = system.timeFactorOf(profile);
  const targets = await (await loadEngine(engine)).targets(system.topology(profile, timeFactor, {}), system);
  const faults = [...(await loadFaults()).values()].filter((fault) => !fault.changesNothing);

  describe(name, function () {
    this.timeout(120_000);
    const events: Event[] = [];
    const earlier = process.env.XDG_STATE_HOME;
    let home: string;
    let keeper: Keeper;
    let intact: Readonly<Record<string, string>>;

    before(async function () {
      this.timeout(300_000);
      home = mkdtempSync(join(tmpdir(), "flounder-every-fault-"));
      process.env.XDG_STATE_HOME = home;
      const spec = await newFoundation({ id: passingName(`every-${engine}`), system, profile, timeFactor, policy: {}, engine });
      makeFolder(spec, true);
      const made = await engineFor(engine, async () => system);
      keeper = new Keeper(spec.dir, { engines: () => [engine], loadEngine: async () => made, loadTarget: async () => system, loadFaults });
      keeper.onEvent.add((event) => events.push(event));
      await keeper.boot();
      await system.prepare(keeper.facts(), () => {}, false);
      intact = await keeper.fingerprint();
    });
    after(async function () {
      this.timeout(120_000);
      const { id, dir } = keeper.spec;
      try {
        await keeper.down();
        const script = join(root, "scripts", "leftovers.mjs");
        expect(execFileSync(process.execPath, [script, id, dir], { encoding: "utf8" }), "what is left").to.equal("");
      } finally {
        if (earlier === undefined) delete process.env.XDG_STATE_HOME;
        else process.env.XDG_STATE_HOME = earlier;
        rmSync(home, { recursive: true, force: true });
      }
    });
    afterEach(() => keeper.heal(undefined, "asked")); // what a failed test left broken is not the next one's

    it("has the targets that planning counted on, and each can what it says", () => {
      expect(keeper.running.targets()).to.deep.equal(targets);
      for (const { name: target, can } of targets) expect(Object.keys(keeper.running.target(target, can).can), target).to.include.members([...can]);
    });

    for (const fault of faults)
      for (const options of variants(fault)) {
        const able = ableTargets(fault, options, targets);
        if (able.length === 0) continue;
        it(`takes ${fault.name} ${JSON.stringify(options)} on all ${able.length}, and is as before when it is healed`, async () => {
          for (const some of fault.needs.includes("links") ? rounds(able, targets) : [able]) await takes(fault, options, some);
        });
      }

    async function takes(fault: Fault, options: unknown, some: readonly TargetInfo[]): Promise<void> {
      const from = events.length;
      const injections = some.map(({ name: target }): Injection => {
        const act = `act-${from}`;
        return { id: `${act}/${target}`, act, fault: fault.name, options, target, atS: 0, maxS: 60 };
      });
      const lacks = (what: "bitUs" | "healedUs") =>
        receipts({ injections }, events.slice(from)).flatMap((receipt) => (receipt[what] === null ? [receipt.target] : []));
      await Promise.all(injections.map((injection) => keeper.inject(injection)));
      await until(`${fault.name} to take effect`, () => lacks("bitUs").length === 0, 20_000);
      const reports = await keeper.heal(undefined, "asked");
      expect(reports.filter(({ proved }) => !proved).map(({ says }) => says)).to.deep.equal([]);
      expect(lacks("healedUs")).to.deep.equal([]);
      let now = intact;
      const asBefore = async () => {
        await system.recover(keeper.running.call, keeper.running.topology, () => {});
        now = await keeper.fingerprint();
        return JSON.stringify(now) === JSON.stringify(intact);
      };
      await until("the fingerprint to be as before", asBefore, 30_000, 200).catch(() => {});
      expect(now).to.deep.equal(intact);
    }
  });
}

/** Components so that no two of a round share a link: where both ends of one are isolated at once, the second is not intact before. */
function rounds(components: readonly TargetInfo[], targets: readonly TargetInfo[]): TargetInfo[][] {
  const ends = targets.flatMap(({ kind, name }) => (kind === "link" ? [name.split(">")] : []));
  const adjacent = (a: string, b: string) => ends.some(([from, to]) => (from === a && to === b) || (from === b && to === a));
  const found: TargetInfo[][] = [];
  for (const one of components) {
    const round = found.find((some) => !some.some((other) => adjacent(one.name, other.name)));
    if (round) round.push(one);
    else found.push([one]);
  }
  return found;
}
