/**
 * Seeded rounds: a fault bites, something happens to Flounder itself (it is killed or stopped, its disk is full, its files are damaged), and what `flounder heal`
 * says is true: all is as before, or the difference is named with the command that ends it. `npm run soak -- rounds --rounds 100 --seed 1` is the same for longer;
 * a round that failed is played again by its seed: `npm run soak -- rounds --rounds 1 --seed SEED`.
 */
import { expect } from "chai";
import type { TargetInfo } from "../../../harness/core.js";
import type { EngineName } from "../../../harness/registry.js";
import { loadEngine, loadFaults } from "../../../harness/registry.js";
import foundry from "../target.js";
import { drawRound, says } from "./draw.js";
import { Ground } from "./ground.js";
import { play } from "./round.js";
import { tidy } from "./tidy.js";

const engine = (process.env.FLOUNDER_ROUNDS_ENGINE || "local") as EngineName;
/** `npm test` plays a share: a full disk, signals to runner, keeper and Toxiproxy, damaged files. */
const share = [2, 3, 4, 6, 8, 15];
const firstSeed = Number(process.env.FLOUNDER_ROUNDS_SEED || 1);
const seeds = process.env.FLOUNDER_ROUNDS ? Array.from({ length: Number(process.env.FLOUNDER_ROUNDS) }, (_, at) => firstSeed + at) : share;

describe(`rounds on the ${engine} engine`, function () {
  this.timeout(900_000);
  let ground: Ground;
  let targets: readonly TargetInfo[];
  const undone: number[] = [];
  /** Rounds that showed nothing: who was to be struck had ended before. */
  let missed = 0;
  const faults: Awaited<ReturnType<typeof list>> = [];
  const list = async () => [...(await loadFaults()).values()].filter(({ changesNothing }) => !changesNothing);

  before(async () => {
    faults.push(...(await list()));
    targets = await (await loadEngine(engine)).targets(foundry.topology("micro", 20, {}), foundry);
    ground = new Ground(engine);
  });
  after(async () => {
    if (ground.isUp) await tidy(ground);
    ground.close();
    const sorted = undone.sort((a, b) => a - b);
    const at = (share: number) => ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1000).toFixed(1);
    console.log(
      `      ${sorted.length} rounds held${missed > 0 ? ` (${missed} of them found nobody to strike)` : ""}; undone after ${at(0.5)} s (median), ${at(0.95)} s (p95), ${at(1)} s (worst)`,
    );
  });

  for (const seed of seeds)
    it(`seed ${seed}`, async function () {
      const round = drawRound(seed, faults, targets);
      console.log(`      ${says(round)}`);
      if (round.deed.to === "disk" && !ground.ownDisk) {
        console.log("        skipped: a disk of its own needs root");
        this.skip();
      }
      if (!ground.isUp) await ground.up();
      expect(ground.eye.left(), "a foundation that lives is seen").to.not.deep.equal([]);
      try {
        const { how, undoMs, hit } = await play(ground, round);
        undone.push(undoMs);
        if (!hit) missed++;
        console.log(`        ${hit ? "" : "nobody was there to be struck: "}${how}; ${(undoMs / 1000).toFixed(1)} s`);
      } catch (error) {
        await tidy(ground); // what this one left broken is not the next one's
        throw error;
      }
    });
});
