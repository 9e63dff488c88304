/**
 * npm run bench -- incidents: how much the incident of a scenario differs from seed to seed when nobody does anything: lost seconds up to the cap per plane and vantage,
 * and when the primary outcome was first lost by half. Trials are those of `flounder compare` with the playbook none, one seed after the other. --json FILE is written
 * after each, so that what is over is not lost.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { prepared } from "../harness/compare/asked.js";
import { liveLaboratory } from "../harness/compare/laboratory.js";
import type { Trial, TrialStrip } from "../harness/compare/shapes.js";
import { quantile } from "../harness/compare/statistics/descriptive.js";
import type { Plane, Vantage } from "../harness/core.js";
import { say } from "./part.js";

interface Inputs {
  readonly scenario: string;
  readonly profile: string;
  /** 1, 2, … */
  readonly seeds: number;
  readonly capS?: number;
  readonly json?: string;
}
interface Incident {
  readonly seed: number;
  /** Column → seconds. */
  readonly s: Readonly<Record<string, number>>;
}
const planes: readonly (readonly [Plane, Vantage])[] = [
  ["control", "outside"],
  ["control", "inside"],
  ["data", "outside"],
  ["data", "inside"],
];
const firstLost = "first lost";
const shares = [0, 0.25, 0.5, 0.75, 1];

export async function incidents({ scenario, profile, seeds, capS, json }: Inputs): Promise<void> {
  const asked = { scenario, playbooks: ["none", "none"], profile, engine: "local" as const, operator: "usual", matters: 1.25, alpha: 0.05, seed: 1 };
  const { bench, design } = await prepared({ ...asked, ...(capS === undefined ? {} : { capS }) });
  const { plane, from } = design.outcome;
  const columns = [...planes.map(([one, vantage]) => `${one} ${vantage}`), firstLost];
  const row = (name: string, values: readonly number[]) =>
    say(`${name.padStart(7)}  ${values.map((s, i) => s.toFixed(1).padStart(columns[i]!.length)).join("  ")}`);
  say(`lost seconds of ${scenario} on ${profile}, nobody does anything, cap ${design.capS} s; ${cpus().length} × ${cpus()[0]?.model ?? "?"}`);
  say(`   seed  ${columns.join("  ")} (${plane} ${from}, by half)`);
  const all: Incident[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const dir = await mkdtemp(join(tmpdir(), "flounder-bench-"));
    try {
      const laboratory = await liveLaboratory(bench, design, dir, dir, []);
      const slot = { block: seed, seed, arm: "none", playbook: "none", idle: true, attempt: 1, position: 1, delays: 1 };
      const { trial, strip } = await laboratory(slot, new AbortController().signal);
      if (trial.invalid) {
        say(`${String(seed).padStart(7)}  does not count: ${trial.invalid.says}`);
        continue;
      }
      all.push({ seed, s: { ...lostOf(trial), [firstLost]: onset(strip, plane, from) } });
      row(String(seed), Object.values(all.at(-1)!.s));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    if (json) await writeFile(json, `${JSON.stringify({ scenario, profile, capS: design.capS, incidents: all }, null, 2)}\n`);
  }
  if (all.length === 0) throw new Error("no seed counts");
  say(`quantiles of ${all.length} seeds`);
  for (const share of shares) {
    const of = (column: string) => quantile(all.map(({ s }) => s[column]!).filter(Number.isFinite), share);
    row(`${100 * share} %`, columns.map(of));
  }
}

const lostOf = ({ lostS }: Trial): Record<string, number> =>
  Object.fromEntries(planes.map(([plane, from]) => [`${plane} ${from}`, (lostS[plane][from].lo + lostS[plane][from].hi) / 2]));

/** Seconds after the injection; Infinity where it never was. */
function onset(strip: TrialStrip | undefined, plane: Plane, from: Vantage): number {
  const lane = strip?.lanes.find((one) => one.plane === plane && one.from === from);
  return lane?.stretches.find(({ lost }) => lost !== null && lost >= 0.5)?.fromS ?? Number.POSITIVE_INFINITY;
}
