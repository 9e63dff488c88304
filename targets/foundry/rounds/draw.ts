/** What happens in one round, drawn from its seed alone: the fault, its runner, what is done to Flounder itself, and when. Pure: the same seed is the same round. */
import { ableTargets, variants } from "../../../harness/keeper/testing/variants.js";
import { type Random, seeded } from "../../../harness/random.js";
import type { Fault, TargetInfo } from "../../../harness/scenario.js";

/** State files that may be damaged, and how. */
export const files = ["gate.json", "journal.jsonl", "token", "secret", "foundation.json", "engine.json"] as const;
export const wounds = ["emptied", "garbage", "cut short", "a folder", "a symbolic link", "removed"] as const;
export type File = (typeof files)[number];
export type Wound = (typeof wounds)[number];

export type Deed =
  | {
      readonly to: "runner" | "keeper" | "prober" | "toxiproxy";
      readonly signal: "SIGKILL" | "SIGSTOP" | "SIGINT" | "SIGTERM" | "SIGHUP";
      readonly class?: string;
    }
  /** The disk of the state folder has no room, from before the fault or from this instant, until healing is over. */
  | { readonly to: "disk"; readonly before: boolean }
  /** Damaged under a keeper that lives, or right after it was killed. */
  | { readonly to: "file"; readonly file: File; readonly wound: Wound; readonly keeperDead: boolean };

export interface Round {
  readonly seed: number;
  /** `flounder break`, or a run with a prober whose only act is this fault. */
  readonly runner: "break" | "run";
  readonly fault: string;
  readonly options: unknown;
  readonly target: string;
  readonly forS: number;
  readonly deed: Deed;
  /** From when on `afterMs` counts: the runner was started, or its act begins. */
  readonly from: "start" | "act";
  readonly afterMs: number;
  /** From the deed to the command that is to undo it. */
  readonly thenMs: number;
  /** What is asked for first. */
  readonly ending: "heal" | "down";
  /** The foundation is ended after the round, and looked for. */
  readonly last: boolean;
}

type Draw = (random: Random) => Omit<Round, "seed" | "fault" | "options" | "target">;
const pick = <T>(among: readonly T[], random: Random): T => among[Math.floor(random() * among.length)]!;

/** One more kind of deed is one more line here. A seed takes the next, so that so many rounds in a row see each. */
const kinds: readonly ((random: Random) => { readonly deed: Deed; readonly runner?: "run"; readonly from?: "act" })[] = [
  () => ({ deed: { to: "keeper", signal: "SIGKILL" } }),
  (random) => ({ deed: damage(random) }),
  (random) => ({ deed: { to: "toxiproxy", signal: "SIGSTOP", class: pick(classes, random) } }),
  () => ({ deed: { to: "disk", before: false } }),
  (random) => ({ deed: { to: "runner", signal: pick(["SIGINT", "SIGTERM", "SIGHUP"], random) } }),
  (random) => ({ deed: damage(random) }),
  () => ({ deed: { to: "runner", signal: "SIGKILL" } }),
  () => ({ deed: { to: "keeper", signal: "SIGSTOP" } }),
  (random) => ({ deed: damage(random) }),
  (random) => ({ runner: "run", from: "act", deed: { to: "prober", signal: pick(["SIGKILL", "SIGSTOP"], random) } }),
  (random) => ({ deed: { to: "toxiproxy", signal: "SIGKILL", class: pick(classes, random) } }),
  (random) => ({ deed: damage(random) }),
  () => ({ deed: { to: "runner", signal: "SIGSTOP" } }),
  (random) => ({ deed: { to: "disk", before: random() < 0.5 } }),
  (random) => ({ runner: "run", deed: { to: "runner", signal: pick(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGSTOP"], random) } }),
];
export const kindsOfDeeds = kinds.length;
const classes = ["bus", "state", "storage", "edge", "apps"];

function damage(random: Random): Deed {
  return { to: "file", file: pick(files, random), wound: pick(wounds, random), keeperDead: random() < 0.5 };
}

const draw: (kind: (typeof kinds)[number]) => Draw = (kind) => (random) => {
  const { deed, runner = "break", from = "start" } = kind(random);
  return {
    runner,
    from,
    deed,
    forS: 2 + Math.round(random() * 40) / 10,
    // A run is at its act after some ten seconds.
    afterMs: Math.round(random() * (runner === "run" && from === "start" ? 20_000 : 3500)),
    thenMs: Math.round(random() * 1500),
    ending: random() < 0.15 ? "down" : "heal",
    // A damaged file stays damaged: it is not the next round's.
    last: deed.to === "file" || random() < 0.15,
  };
};

/** `faults` without those that change nothing; `targets` as the engine has them. */
export function drawRound(seed: number, faults: readonly Fault[], targets: readonly TargetInfo[]): Round {
  const random = seeded(seed);
  const rest = draw(kinds[seed % kinds.length]!)(random);
  for (;;) {
    const fault = pick(faults, random);
    const options = pick(variants(fault), random);
    const able = ableTargets(fault, options, targets);
    if (able.length > 0) return { seed, ...rest, fault: fault.name, options, target: pick(able, random).name };
  }
}

const deedSays = (deed: Deed): string =>
  deed.to === "disk"
    ? `the disk is full${deed.before ? " from before" : ""}`
    : deed.to === "file"
      ? `${deed.file} ${deed.wound}${deed.keeperDead ? ", keeper SIGKILL" : ""}`
      : `${deed.signal} to ${deed.class ? `toxiproxy-${deed.class}` : `the ${deed.to}`}`;

export const says = ({ seed, runner, fault, options, target, deed, afterMs, thenMs, ending, last }: Round): string =>
  `seed ${seed}: ${runner} ${fault} ${JSON.stringify(options)} on ${target}; after ${afterMs} ms ${deedSays(deed)}; ${thenMs} ms later ${ending}${last && ending !== "down" ? ", then down" : ""}`;
