/** Each fault on all of its targets at once, by the keeper: every receipt says that it bit and that it was healed. Then all is as before. */
import { expect } from "chai";
import { nowUs, until } from "../../../harness/clock.js";
import type { Fault, Injection, Receipt, TargetInfo } from "../../../harness/core.js";
import { ableTargets, variants } from "../../../harness/keeper/testing/variants.js";
import { receipts } from "../../../harness/measure/receipts.js";
import type { Lab } from "./lab.js";

export function allFaults(lab: Lab, faults: readonly Fault[], targets: readonly TargetInfo[]): void {
  let count = 0;

  /** Injects on these at once, waits until each is seen broken, heals, and looks at the receipts. Resolves with a line of how long it took. */
  async function on(all: readonly TargetInfo[], fault: Fault, options: unknown): Promise<string> {
    const act = `act-${++count}`;
    const injections = all.map(({ name }): Injection => ({ id: `${act}/${name}`, act, fault: fault.name, options, target: name, atS: 0, maxS: 60 }));
    const from = lab.events.length;
    const fromUs = nowUs();
    const results = await Promise.allSettled(injections.map((injection) => lab.keeper.inject(injection)));
    const done = injections.filter((_, i) => results[i]!.status === "fulfilled");
    for (const [i, result] of results.entries())
      if (result.status === "rejected")
        expect(all[i]!.class, `${all[i]!.name}: ${(result.reason as Error).message}: only an app slot may have nobody behind it`).to.equal("apps");
    expect(done).to.not.deep.equal([]);
    const given = (): readonly Receipt[] => receipts({ injections: done }, lab.events.slice(from));
    const lacking = (what: "bitUs" | "healedUs") => given().flatMap((receipt) => (receipt[what] === null ? [receipt.target] : []));
    await until("every target to be seen broken", () => lacking("bitUs").length === 0, 20_000).catch((error: Error) => {
      throw new Error(`${error.message}: not ${lacking("bitUs").join(", ")}`);
    });
    const bitMs = Math.max(...given().map(({ bitUs }) => (bitUs!.hi - fromUs) / 1000));
    const healFromUs = nowUs();
    const reports = await lab.keeper.heal(undefined, "asked");
    const healMs = (nowUs() - healFromUs) / 1000;
    expect(reports.filter(({ proved }) => !proved).map(({ says }) => says)).to.deep.equal([]);
    expect(reports).to.have.length(done.length);
    expect(lacking("healedUs")).to.deep.equal([]);
    return `${done.length} of ${all.length} targets: bit within ${bitMs.toFixed(0)} ms, healed within ${healMs.toFixed(0)} ms`;
  }

  // LUNs are links to folders there: they can vanish, and nothing else.
  const withoutFuse = targets.some(({ kind, ways }) => kind === "mount" && !ways.mount?.includes("hang"));
  describe("every fault", () => {
    afterEach(async () => {
      await lab.keeper.heal(undefined, "asked"); // what a failed test left broken is not the next one's
    });
    for (const fault of faults)
      for (const options of variants(fault)) {
        const all = ableTargets(fault, options, targets);
        it(`${fault.name} ${JSON.stringify(options)} on all ${all.length}`, async function () {
          if (withoutFuse && all.length === 0 && fault.needs.some((need) => need === "mount" || need === "room")) return this.skip();
          expect(all).to.not.deep.equal([]);
          const from = lab.events.length;
          for (const round of fault.needs.includes("links") ? apart(all, targets) : [all]) {
            console.log(`      ${await on(round, fault, options)}`);
            await lab.asBefore();
          }
          const troubles = lab.events.slice(from).flatMap((event) => (event.kind === "trouble" && event.by === "keeper" ? [event.says] : []));
          for (const says of new Set(troubles)) console.log(`        ${says}`);
        });
      }
  });
}

/** Components in rounds so that no two of a round share a link: both ends of one cannot be isolated at once, the second would not be intact before. */
export function apart(components: readonly TargetInfo[], targets: readonly TargetInfo[]): TargetInfo[][] {
  const pairs = targets.flatMap(({ kind, name }) => (kind === "link" ? [name.replace(/\.[^>]*$/, "").split(">")] : []));
  const adjacent = (a: string, b: string) => pairs.some(([from, to]) => (from === a && to === b) || (from === b && to === a));
  const rounds: TargetInfo[][] = [];
  for (const one of components) {
    const round = rounds.find((some) => !some.some((other) => adjacent(one.name, other.name)));
    if (round) round.push(one);
    else rounds.push([one]);
  }
  return rounds;
}
