/** The smallest run that a judge can pass, for tests: one act on two targets, four probes, 12 s. Each part can be replaced to break one rule at a time. */

import { digestOf } from "../../canonical.js";
import type { Event, Must, Outcome, Plan, PlannedProbe, Sample } from "../../core.js";

export const us = (s: number): number => Math.round(s * 1e6);

/** Steady 1–4 s, injected 5 s, healed 8 s, watched 10–12 s, ended 12.5 s. */
export function smallPlan(
  must: readonly Must[] = [{ during: "cut", plane: "data", from: "outside", lostS: { min: 1, max: 4 } }],
  more: Partial<Plan> = {},
): Plan {
  const probe = (of: Pick<PlannedProbe, "probe" | "plane" | "from" | "target">): PlannedProbe => ({ ...of, periodMs: 100, deadlineMs: 500, phaseMs: 0 });
  const rest: Omit<Plan, "digest"> = {
    version: 1,
    name: "small",
    says: "one cut",
    giveUpS: 60,
    foundation: { profile: "micro", timeFactor: 20 },
    acts: [{ id: "cut", fault: "link-cut", options: {}, on: { of: "router", pick: "all" }, atS: 1, forS: 3 }],
    must,
    seed: 1,
    system: "foundry",
    engine: "local",
    phases: { steadyS: 3, recoveryS: 20, watchS: 2 },
    probes: [
      probe({ probe: "app", plane: "data", from: "outside", target: "app-1" }),
      probe({ probe: "app", plane: "data", from: "inside", target: "app-1/0" }),
      probe({ probe: "login", plane: "control", from: "outside", target: "api" }),
      probe({ probe: "login", plane: "control", from: "inside", target: "cc-1" }),
    ],
    injections: ["router-1", "router-2"].map((target) => ({ id: `cut/${target}`, act: "cut", fault: "link-cut", options: {}, target, atS: 1, maxS: 3 })),
    targets: ["router-1", "router-2"],
    warnings: [],
    ...more,
  };
  return { ...rest, digest: digestOf(rest) };
}

export function smallEvents(): Event[] {
  const at = (s: number) => ({ atUs: us(s), by: "keeper" as const });
  const reading = (injection: string, s: number, state: "intact" | "broken"): Event => ({
    ...at(s + 0.01),
    kind: "reading",
    injection,
    reading: { state },
    fromUs: us(s),
  });
  const phase = (s: number, name: "boot" | "steady" | "turbulence" | "watch" | "end"): Event => ({ ...at(s), kind: "phase", phase: name });
  return [
    { ...at(0), kind: "zero", wallIso: "2026-04-25T12:45:00.000Z", flounder: "0.1.0" },
    phase(0, "boot"),
    { ...at(0.5), kind: "fingerprint", when: "before", values: { "app app-1": "STARTED" } },
    phase(1, "steady"),
    phase(4, "turbulence"),
    { ...at(4.9), kind: "act", act: "cut", state: "begins" },
    ...["cut/router-1", "cut/router-2"].flatMap((injection): Event[] => [
      reading(injection, 4.95, "intact"),
      { ...at(5), kind: "injecting", injection },
      { ...at(5.05), kind: "injected", injection },
      reading(injection, 5.1, "broken"),
      reading(injection, 7.9, "broken"),
      { ...at(8), kind: "healing", injection },
      reading(injection, 8.1, "intact"),
      { ...at(8.2), kind: "healed", injection, proved: true, why: "time" },
    ]),
    { ...at(6), kind: "acked", write: "app a" },
    { ...at(8.3), kind: "act", act: "cut", state: "ended" },
    { ...at(10), kind: "act", act: "cut", state: "steady-again" },
    phase(10, "watch"),
    { ...at(12.2), kind: "fingerprint", when: "after", values: { "app app-1": "STARTED" } },
    phase(12.5, "end"),
  ];
}

/** Sampling 0.5–12 s. `outcome` says what each probe gets when; default: app users outside lose everything while the fault holds. */
export function smallSamples(
  plan: Plan = smallPlan(),
  outcome: (probe: PlannedProbe, s: number) => Outcome = (probe, s) =>
    probe.plane === "data" && probe.from === "outside" && s >= 5 && s < 8 ? "refused" : "ok",
): Sample[] {
  return plan.probes.flatMap((probe) =>
    Array.from({ length: 115 }, (_, seq): Sample => {
      const dueUs = us(0.5) + seq * probe.periodMs * 1000;
      return {
        probe: probe.probe,
        from: probe.from,
        target: probe.target,
        seq,
        dueUs,
        sentUs: dueUs + 100,
        endUs: dueUs + 3000,
        outcome: outcome(probe, dueUs / 1e6),
      };
    }),
  );
}
