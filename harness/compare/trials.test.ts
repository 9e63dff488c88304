/** Running what a design declares: in its order, invalid trials again, and whatever is cut off is run again, once. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { digestOf } from "../canonical.js";
import { sleep } from "../clock.js";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";
import { seeded } from "../random.js";
import { openFolder, readTrials } from "./folder.js";
import type { Slot } from "./measured.js";
import type { Design, Trial } from "./shapes.js";
import { gather } from "./shards.js";
import { design, trial } from "./testing/comparison.js";
import { type Laboratory, runTrials, type Shard } from "./trials.js";

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).to.be.instanceOf(FlounderError);
    return (error as FlounderError).message;
  }
  throw new Error("it was not refused");
};

/** So often it is killed; 20 take half a minute on two busy cores. */
const killed = Number(process.env.FLOUNDER_KILLS ?? 5);

describe("trials of a comparison", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "flounder-compare-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  async function run(
    declared: Design,
    more: {
      readonly name?: string;
      readonly shard?: Shard;
      readonly delaysBlocks?: number;
      readonly make?: (slot: Slot) => Trial;
      readonly abort?: AbortController;
    } = {},
  ) {
    const dir = join(home, more.name ?? "c");
    const folder = openFolder(dir, declared, {});
    const slots: Slot[] = [];
    const laboratory: Laboratory = async (slot) => {
      slots.push(slot);
      const made = (more.make ?? trial)(slot);
      mkdirSync(join(dir, made.results), { recursive: true });
      return { trial: made, strip: undefined };
    };
    try {
      const signal = (more.abort ?? new AbortController()).signal;
      const comparison = await runTrials({
        design: declared,
        folder,
        laboratory,
        signal,
        shard: more.shard,
        delaysBlocks: more.delaysBlocks,
        begins: () => {},
        ended: () => {},
      });
      return { dir, slots, comparison, trials: [...folder.trials] };
    } finally {
      folder.close();
    }
  }

  it("are run in the order of the design, paired by seed, and decide what is so", async () => {
    const declared = design({ blocks: 8 });
    const { slots, comparison, trials, dir } = await run(declared);
    expect(slots.map(({ block, arm }) => `${block} ${arm}`)).to.deep.equal(declared.order.flatMap(({ arms }, i) => arms.map((arm) => `${i + 1} ${arm}`)));
    for (const slot of slots) expect(slot.seed).to.equal(declared.order[slot.block - 1]!.seed);
    expect(readTrials(dir)).to.deep.equal(trials);
    expect(comparison.finished).to.equal(true);
    expect(comparison.pairs.find(({ a }) => a === "quick")!.verdict).to.equal("faster");
    expect(comparison.exitCode).to.equal(0);
  });

  it("that do not count are run again, as often as the design allows, and are counted with their reasons", async () => {
    const declared = design({ blocks: 6 });
    const invalid = { code: "fault-not-witnessed", says: "it was not seen" } as const;
    const { trials, comparison } = await run(declared, {
      make: (slot) => trial(slot, slot.arm === "quick" && (slot.block === 2 ? slot.attempt === 1 : slot.block === 4) ? { invalid } : {}),
    });
    const attempts = (block: number) => trials.filter((one) => one.block === block && one.arm === "quick").map((one) => [one.attempt, one.invalid === null]);
    expect(attempts(2)).to.deep.equal([
      [1, false],
      [2, true],
    ]);
    expect(attempts(4)).to.deep.equal([
      [1, false],
      [2, false],
      [3, false],
    ]);
    expect(comparison.arms.find(({ arm }) => arm === "quick")).to.deep.include({ n: 5, replaced: 4 });
  });

  it("that could not be run are tried again; three in a row end it, and it can be resumed", async () => {
    const declared = design({ blocks: 6 });
    let left = 2;
    const hiccup = (slot: Slot): Trial => {
      if (left-- > 0) throw new FlounderError("unreachable", "this client's lease has lapsed", "connect again");
      return trial(slot);
    };
    const { trials, comparison } = await run(declared, { make: hiccup });
    expect(trials.slice(0, 3).map(({ attempt, invalid }) => [attempt, invalid?.says])).to.deep.equal([
      [1, "this client's lease has lapsed"],
      [2, "this client's lease has lapsed"],
      [3, undefined],
    ]);
    expect(comparison.finished).to.equal(true);
    left = 99;
    const ended = await run(declared, { name: "d", make: hiccup }).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(ended).to.equal("this client's lease has lapsed");
    left = 0;
    expect((await run(declared, { name: "d" })).comparison.finished).to.equal(true);
  });

  it("a sequential one stops between blocks as soon as all is decided", async () => {
    const { comparison, trials } = await run(design({ sequential: true, blocks: 6, maxBlocks: 30 }));
    expect(comparison.finished).to.equal(true);
    expect(new Set(trials.map(({ block }) => block)).size).to.equal(8); // E of 8:0 is the first above 20
    expect(trials.length % 3).to.equal(0);
  });

  it("ended by hand keep what was over, and go on from there", async () => {
    const declared = design({ blocks: 6 });
    const abort = new AbortController();
    const first = await run(declared, {
      abort,
      make: (slot) => {
        if (slot.block === 3) abort.abort(new Error("stopped by SIGINT"));
        return trial(slot);
      },
    });
    expect(first.comparison).to.deep.include({ exitCode: 3, aborted: "stopped by SIGINT" });
    const second = await run(declared);
    expect(second.slots[0]!.block).to.equal(3);
    expect(first.trials.length + second.slots.length).to.equal(18);
  });

  it("that cannot be re-simulated are run again at other human delays when all is over, once, and decide nothing", async () => {
    const declared = design({ blocks: 8 });
    const make = (slot: Slot): Trial => {
      const made = trial(slot);
      return { ...made, clock: { ...made.clock, lostWhileHumanS: slot.arm === "quick" ? 1 : null } };
    };
    const { comparison: before } = await run(declared, { make });
    expect([before.sensitivity, before.warnings.map(({ code }) => code)]).to.deep.equal([[], ["delays-untried"]]);
    const { slots, comparison, trials, dir } = await run(declared, { make, delaysBlocks: 2 });
    expect(slots.map(({ block, arm, delays }) => [block, arm, delays])).to.deep.equal([
      [1, "slow", 0.5],
      [1, "slow", 2],
      [2, "slow", 0.5],
      [2, "slow", 2],
    ]);
    for (const { block, seed } of slots) expect(seed).to.equal(declared.order[block - 1]!.seed);
    expect(comparison.sensitivity.map(({ delays, how }) => [delays, how])).to.deep.equal([
      [0.5, "re-run in part"],
      [2, "re-run in part"],
    ]);
    expect(comparison.pairs).to.deep.equal(before.pairs);
    expect(readTrials(dir)).to.deep.equal(trials);
    expect((await run(declared, { make, delaysBlocks: 2 })).slots).to.deep.equal([]);
    expect(gather([dir]).trials).to.have.length(8 * declared.arms.length + 4);
  });

  it("another design, another comparison at work, and what is no comparison are refused", async () => {
    const { dir } = await run(design({ blocks: 6 }));
    expect(refusal(() => openFolder(dir, design({ blocks: 6, matters: 1.5 }), {}))).to.match(
      /has another design \([0-9a-f]+, this one is [0-9a-f]+\): matters was 1\.25, is 1\.5/,
    );
    const open = openFolder(dir, design({ blocks: 6 }), {});
    expect(refusal(() => openFolder(dir, design({ blocks: 6 }), {}))).to.match(/another comparison is at work in/);
    open.close();
    openFolder(dir, design({ blocks: 6 }), {}).close();
    writeFileSync(join(dir, "design.json"), "{}");
    expect(refusal(() => openFolder(dir, design(), {}))).to.match(/is not the folder of a comparison: design\.json/);
    expect(refusal(() => gather([home]))).to.match(/is not the folder of a comparison: it has no design\.json/);
  });

  it("a strip that is damaged is left out; results without their rows are not thrown away, but for the one that was cut off", async () => {
    const declared = design({ blocks: 6 });
    const { dir, trials } = await run(declared);
    const strip = (at: number) => join(dir, trials[at]!.results, "strip.json");
    for (const at of [0, 1]) writeFileSync(strip(at), "{");
    const again = openFolder(dir, declared, {});
    expect([again.trials.length, again.strips]).to.deep.equal([18, []]);
    again.close();
    const [head, ...rows] = readFileSync(join(dir, "trials.csv"), "utf8").split("\r\n");
    const without = (count: number) => writeFileSync(join(dir, "trials.csv"), [head, ...rows.slice(count)].join("\r\n"));
    without(2);
    expect(refusal(() => openFolder(dir, declared, {}))).to.match(/trials\.csv lacks 2 trials that were over/);
    expect(readdirSync(join(dir, "trials"))).to.have.length(18);
    without(1);
    openFolder(dir, declared, {}).close();
    expect(readdirSync(join(dir, "trials"))).to.have.length(17);
  });

  it("in shares are read together as if they had been run in one place; overlaps, gaps and other designs are refused", async () => {
    const declared = design({ blocks: 7 });
    const shares = await Promise.all([1, 2, 3].map((index) => run(declared, { name: `s${index}`, shard: { index, of: 3 } })));
    const [a, b, c] = shares.map(({ dir }) => dir) as [string, string, string];
    expect(shares.map(({ slots }) => [...new Set(slots.map(({ block }) => block))])).to.deep.equal([
      [1, 4, 7],
      [2, 5],
      [3, 6],
    ]);
    const whole = await run(declared);
    expect(gather([c, a, b]).trials).to.deep.equal([...whole.trials].sort((x, y) => x.block - y.block || x.position - y.position));
    expect(refusal(() => gather([a, b, c, b]))).to.match(/^block 2, .*, attempt 1 is in .* and in /);
    expect(refusal(() => gather([a, c]))).to.match(/^not all is there: missing are block 2 \(.*\), block 5/);
    const other = await run(design({ blocks: 7, seed: 8 }), { name: "other" });
    expect(refusal(() => gather([a, b, other.dir]))).to.match(/has another design/);
  });

  it("killed with -9 at any instant: none is lost, none is twice, the design is the same", async function () {
    this.timeout(60_000);
    const dir = join(home, "killed");
    const start = (): ChildProcess =>
      spawn(process.execPath, [join(dist, "harness", "compare", "testing", "runner.js"), dir], { stdio: ["ignore", "pipe", "inherit"] });
    const random = seeded(20);
    const begun: string[] = [];
    for (let kills = 0; kills < killed; kills++) {
      const child = start();
      const exit = once(child, "exit");
      child.stdout!.on("data", (chunk) => begun.push(...String(chunk).trim().split("\n")));
      await Promise.race([once(child.stdout!, "data"), exit]);
      await sleep(random() * 45);
      child.kill("SIGKILL");
      await exit;
      const trials = existsSync(dir) ? readTrials(dir) : [];
      expect(new Set(trials.map(({ block, arm }) => `${block} ${arm}`)).size).to.equal(trials.length);
    }
    let said = "";
    const last = start();
    last.stdout!.on("data", (chunk) => {
      said += chunk;
    });
    expect(await once(last, "exit")).to.deep.equal([0, null]);
    expect(said).to.match(new RegExp(`over ${digestOf(design({ blocks: 8 }))} 0`));
    const trials = readTrials(dir);
    expect(trials.map(({ block, arm, attempt }) => `${block} ${arm} ${attempt}`)).to.deep.equal(
      design({ blocks: 8 }).order.flatMap(({ arms }, i) => arms.map((arm) => `${i + 1} ${arm} 1`)),
    );
    expect(readdirSync(join(dir, "trials")).length, "what was cut off is not there").to.equal(trials.length);
    expect(readFileSync(join(dir, trials[0]!.results, "strip.json"), "utf8")).to.contain('"block"');
    expect(begun.length, "it was in the middle of trials").to.be.at.least(killed);
  });
});
