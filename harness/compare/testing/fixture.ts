/** A made-up comparison for tests and for looking at reports: every kind of playbook that there is, drawn from a seed. */
import { type Random, sampleOf, seeded } from "../../random.js";
import { type Arm, type Design, designSchema, type Trial, type TrialStrip, trialSchema } from "../shapes.js";
import { gaussian } from "../simulate/worlds.js";

/** How an arm behaves: median lost seconds, and what goes wrong with it. */
export interface Behaviour {
  readonly medianS: number;
  /** People's part of it. */
  readonly humanShare?: number;
  /** Chance that a trial never recovers, and that it loses writes. */
  readonly never?: number;
  readonly loses?: number;
  readonly ending?: Trial["ending"];
  readonly idle?: boolean;
}
export const five: Readonly<Record<string, Behaviour>> = {
  "hands-off": { medianS: 150, never: 0.8, humanShare: 0, idle: true },
  "as-it-was": { medianS: 44, never: 0.1, humanShare: 0.5 },
  "release-first": { medianS: 14, humanShare: 0.4 },
  "verify-one": { medianS: 33, humanShare: 0.5 },
  "old-backup": { medianS: 9, humanShare: 0.3, loses: 0.7 },
};
export interface Made {
  readonly blocks?: number;
  readonly path?: Design["path"];
  readonly seed?: number;
  /** How alike the trials of a block are. */
  readonly weather?: number;
  readonly spread?: number;
  readonly over?: Partial<Design>;
}
const reference = "as-it-was";

export function madeDesign(behaviours: Readonly<Record<string, Behaviour>>, { blocks = 12, path = "fixed", seed = 7, over = {} }: Made = {}): Design {
  const names = Object.keys(behaviours);
  const arms: Arm[] = names.map((name) => {
    const playbook = name.replace(/ .*$/, "");
    const role = name === reference ? "reference" : name.endsWith("(A/A)") ? "aa" : "candidate";
    return { name, playbook, role, idle: behaviours[name]!.idle ?? false };
  });
  const random = seeded(seed);
  const maxBlocks = path === "fixed" ? blocks : 30;
  return designSchema.parse({
    schemaVersion: 1,
    flounder: "0.1.0",
    machine: "4f1c",
    scenario: "day-1",
    profile: "org",
    engine: "local",
    operator: "careful",
    conditions: { "time factor": 20 },
    arms,
    reference,
    family: arms.filter(({ role }) => role === "candidate").map(({ name }) => ({ a: name, b: reference })),
    outcome: { plane: "control", from: "outside" },
    shiftS: 0.1,
    matters: 1.25,
    alpha: 0.05,
    capS: 300,
    path,
    blocks,
    maxBlocks,
    attempts: 3,
    seed,
    order: Array.from({ length: maxBlocks }, (_, i) => ({ seed: seed * 1000 + i, arms: shuffled(names, random) })),
    expect: null,
    ...over,
  });
}
const shuffled = (names: readonly string[], random: Random): string[] => {
  const rest = [...names];
  return names.map(() => {
    const [one] = sampleOf(rest, 1, random);
    rest.splice(rest.indexOf(one!), 1);
    return one!;
  });
};

/** One trial; what is not said of it is quiet. */
export function madeTrial(design: Design, block: number, arm: string, lostS: number, over: Partial<Trial> = {}): Trial {
  const bounds = (s: number) => ({ lo: Math.max(0, s - 0.05), hi: s === 0 ? 0 : s + 0.05 });
  const planned = design.order[block - 1]!;
  return trialSchema.parse({
    block,
    arm,
    playbook: design.arms.find(({ name }) => name === arm)!.playbook,
    attempt: 1,
    position: planned.arms.indexOf(arm) + 1,
    seed: planned.seed,
    startedIso: new Date(Date.UTC(2026, 3, 25, 5, 45) + 60_000 * block).toISOString(),
    delays: 1,
    lostS: { control: { outside: bounds(lostS), inside: bounds(lostS) }, data: { outside: bounds(lostS / 20), inside: bounds(0) } },
    recovered: true,
    recoveryS: lostS,
    clock: { detectS: 0.1 * lostS, humanS: 0.4 * lostS, machineS: 0.5 * lostS, lostWhileHumanS: 0.4 * lostS },
    steps: { done: 3, refused: 0, repeated: 0, wrong: 0 },
    writes: { acknowledged: 40, lost: 0 },
    harm: "",
    ending: "finished",
    undone: true,
    invalid: null,
    results: `trials/${block}-${arm}`,
    ...over,
  });
}

export function madeTrials(design: Design, behaviours: Readonly<Record<string, Behaviour>>, { seed = 7, weather = 0.35, spread = 0.25 }: Made = {}): Trial[] {
  const random = seeded(seed + 1);
  return design.order.flatMap(({ arms }, i) => {
    const shared = weather * gaussian(random);
    return arms.flatMap((arm) => {
      const { medianS, never = 0, humanShare = 0.4, loses = 0, ending = "finished" } = behaviours[arm]!;
      const stays = random() < never;
      const s = Math.min(design.capS, medianS * Math.exp(shared + spread * gaussian(random)));
      const lost = stays ? design.capS : s;
      const trial = madeTrial(design, i + 1, arm, lost, {
        recovered: !stays && s < design.capS,
        recoveryS: lost,
        clock: { detectS: 0.08 * s, humanS: humanShare * s, machineS: (0.92 - humanShare) * s, lostWhileHumanS: stays ? 0 : humanShare * s },
        writes: { acknowledged: 40, lost: random() < loses ? 1 + Math.floor(random() * 5) : 0 },
        steps: { done: 3, refused: stays ? 2 : 0, repeated: random() < 0.2 ? 1 : 0, wrong: 0 },
        ending,
      });
      // Now and then an attempt does not count, and is replaced.
      if (random() > 0.07) return [trial];
      const says = "no reading of the witness between injection and healing";
      return [
        { ...trial, invalid: { code: "fault-not-witnessed" as const, says } },
        { ...trial, attempt: 2 },
      ];
    });
  });
}

/** Lanes as a run would give them: down from the first seconds on, back at its recovery. */
export function madeStrips(design: Design, trials: readonly Trial[]): TrialStrip[] {
  return trials.map((trial) => {
    const toS = Math.min(design.capS, trial.recoveryS + 10);
    const down = (share: number) => [
      { fromS: 0, toS: 1, lost: 0 },
      { fromS: 1, toS: trial.recoveryS, lost: share },
      ...(toS > trial.recoveryS ? [{ fromS: trial.recoveryS, toS, lost: 0 }] : []),
    ];
    return {
      block: trial.block,
      arm: trial.arm,
      attempt: trial.attempt,
      toS,
      lanes: [
        { plane: "control", from: "outside", stretches: down(1) },
        {
          plane: "data",
          from: "outside",
          stretches: [
            { fromS: 0, toS: 2, lost: 0.3 },
            { fromS: 2, toS, lost: 0 },
          ],
        },
        { plane: "control", from: "inside", stretches: down(0.5) },
        {
          plane: "data",
          from: "inside",
          stretches: [
            { fromS: 0, toS: 0.5, lost: null },
            { fromS: 0.5, toS, lost: 0 },
          ],
        },
      ],
      marks: [
        { atS: trial.clock.detectS ?? 0, says: "detected" },
        { atS: 0.6 * trial.recoveryS, says: "restored" },
      ],
    };
  });
}
