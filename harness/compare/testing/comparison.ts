/** A comparison that costs nothing, for tests: two playbooks, and trials that are made up from their seeds. */
import type { Playbook, Scenario } from "../../core.js";
import { seeded } from "../../random.js";
import { designOf, type Question } from "../design.js";
import type { Slot } from "../measured.js";
import type { Trial } from "../shapes.js";

export const scenario: Scenario = {
  name: "made-up",
  says: "nothing is broken",
  giveUpS: 60,
  playbook: "slow",
  foundation: { profile: "micro", timeFactor: 20 },
  acts: [{ id: "a", fault: "noop", options: {}, on: { of: "x", pick: "all" }, forS: 30, endedBy: "playbook" }],
  must: [
    { plane: "data", from: "inside", lostS: { max: 1 } },
    { plane: "control", from: "outside", lostS: { min: 10 } },
  ],
};
export const playbook = (name: string, idle = false): Playbook => ({
  name,
  says: `bets on ${name}`,
  procedures: idle ? [] : [{ name: "p", detect: { alarm: "a" }, steps: [{ say: "mend", does: "restore", limitS: 5 }] }],
});

export const question = (more: Partial<Question> = {}): Question => ({
  scenario,
  engine: "local",
  playbooks: [playbook("slow"), playbook("quick"), playbook("none", true)],
  matters: 1.25,
  alpha: 0.05,
  seed: 7,
  operator: "usual",
  flounder: "0",
  machine: "m",
  conditions: {},
  shiftS: () => 0.5,
  ...more,
});
export const design = (more: Partial<Question> = {}) => designOf(question(more));

/** quick loses half of what slow loses; both depend on the block. */
export function trial(slot: Slot, more: Partial<Trial> = {}): Trial {
  const random = seeded(slot.seed + slot.playbook.length);
  const lost = ({ slow: 20, quick: 10 }[slot.playbook] ?? 30) * (0.8 + 0.4 * random());
  const bounds = { lo: lost, hi: lost };
  return {
    block: slot.block,
    arm: slot.arm,
    playbook: slot.playbook,
    attempt: slot.attempt,
    position: slot.position,
    seed: slot.seed,
    startedIso: "2026-04-25T12:45:00.000Z",
    delays: slot.delays,
    lostS: { control: { outside: bounds, inside: bounds }, data: { outside: { lo: 0, hi: 0 }, inside: { lo: 0, hi: 0 } } },
    recovered: slot.playbook !== "none",
    recoveryS: slot.playbook === "none" ? 30 : lost,
    clock: { detectS: 1, humanS: 2, machineS: 3, lostWhileHumanS: null },
    steps: { done: 1, refused: 0, repeated: 0, wrong: 0 },
    writes: { acknowledged: 5, lost: 0 },
    harm: "",
    ending: "finished",
    undone: true,
    invalid: null,
    results: `trials/${slot.block}-${slot.playbook}-${slot.attempt}${slot.delays === 1 ? "" : `-x${slot.delays}`}`,
    ...more,
  };
}
