/**
 * npm run bench -- trial: what a trial of a comparison costs beyond its script (steady phase, incident, watch), part by part, boot apart. The trials are those that
 * `flounder compare` runs. The machine's own noise is in it: medians over rounds. --json FILE keeps the figures.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { nowUs } from "../harness/clock.js";
import { prepared } from "../harness/compare/asked.js";
import { liveLaboratory } from "../harness/compare/laboratory.js";
import { nextAttempt } from "../harness/compare/trials.js";
import type { Event, Plan } from "../harness/core.js";
import { median } from "../harness/measure/against-truth.js";
import { say } from "./part.js";

interface Inputs {
  readonly scenario: string;
  readonly playbook: string;
  readonly profile: string;
  readonly rounds: number;
  readonly json?: string;
}
type Kind = "boot" | "script" | "beyond";
interface Part {
  readonly what: string;
  readonly kind: Kind;
  readonly s: number;
}

/** When what of a trial was over, by this process's clock. */
class Marks {
  readonly #at = new Map<string, number>();
  plan: Plan | undefined;

  mark(what: string): void {
    this.#at.set(what, nowUs() / 1e6);
  }
  event(event: Event): void {
    if (event.kind === "phase") this.mark(event.phase);
    if (event.kind === "fingerprint") this.mark(event.when);
    if (event.kind === "act") this.mark(`act ${event.state}`);
  }
  parts(): readonly Part[] {
    const { steadyS, watchS } = this.plan!.phases;
    const at = (what: string) => this.#at.get(what) ?? Number.NaN;
    const between = (from: string, to: string) => at(to) - at(from);
    const beyond = (what: string, s: number): Part => ({ what, kind: "beyond", s });
    const over = between("steady", "turbulence") - steadyS;
    return [
      { what: "boot: components ready", kind: "boot", s: between("begin", "up") },
      { what: "boot: apps pushed and answering", kind: "boot", s: between("up", "before") },
      // The first time of several: what came before the last one is in "steady phase begun again".
      beyond("prober ready, every probe answered, quiet", between("before", "steady")),
      { what: "script: steady phase", kind: "script", s: steadyS },
      beyond("end of the steady phase seen", over),
      { what: "script: incident and playbook", kind: "script", s: between("turbulence", "act ended") },
      { what: "script: seen to be steady again", kind: "script", s: between("act ended", "watch") },
      { what: "script: watch", kind: "script", s: watchS },
      beyond("prober ended, ledger read, apps of probes removed", between("watch", "after") - watchS),
      beyond("logs kept, last events", between("after", "end")),
      beyond("judged and drawn, while the foundation ends", between("end", "told")),
      beyond("foundation ended, made a trial of", between("told", "done")),
    ];
  }
}

export async function trial({ scenario, playbook, profile, rounds, json }: Inputs): Promise<void> {
  const asked = { scenario, playbooks: [playbook, "none"], profile, engine: "local" as const, operator: "usual", matters: 1.25, alpha: 0.05, seed: 1 };
  const { bench, design } = await prepared(asked);
  say(`a trial of ${playbook} in ${scenario} on ${profile}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}, node ${process.version}`);
  const all: (readonly Part[])[] = [];
  for (let round = 1; round <= rounds; round++) {
    const dir = await mkdtemp(join(tmpdir(), "flounder-bench-"));
    try {
      const marks = new Marks();
      const laboratory = await liveLaboratory(bench, design, dir, dir, [
        {
          begin(plan) {
            marks.plan = plan;
            marks.mark("up");
          },
          event: (event) => marks.event(event),
          end: () => marks.mark("told"),
        },
      ]);
      marks.mark("begin");
      const { trial } = await laboratory(nextAttempt(design, [], round, playbook)!, new AbortController().signal);
      marks.mark("done");
      if (trial.invalid) {
        say(`round ${round} does not count: ${trial.invalid.says}`);
        continue;
      }
      all.push(marks.parts());
      const beyondS = sum(all.at(-1)!, "beyond");
      say(`round ${round}: boot ${sum(all.at(-1)!, "boot").toFixed(1)} s, script ${sum(all.at(-1)!, "script").toFixed(1)} s, beyond ${beyondS.toFixed(1)} s`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
  if (all.length === 0) throw new Error("no round counts");
  const parts = all[0]!.map(({ what, kind }, i): Part => ({ what, kind, s: median(all.map((one) => one[i]!.s)) }));
  say();
  for (const { what, s } of parts) say(`${s.toFixed(2).padStart(7)} s  ${what}`);
  const [bootS, scriptS, beyondS] = (["boot", "script", "beyond"] as const).map((kind) => median(all.map((one) => sum(one, kind)))) as [number, number, number];
  say(
    `${beyondS.toFixed(1)} s beyond a script of ${scriptS.toFixed(1)} s (${((100 * beyondS) / scriptS).toFixed(0)} %), after a boot of ${bootS.toFixed(1)} s`,
  );
  if (json) await writeFile(json, `${JSON.stringify({ scenario, playbook, profile, bootS, scriptS, beyondS, parts, rounds: all }, null, 2)}\n`);
}

const sum = (parts: readonly Part[], kind: Kind): number => parts.reduce((total, part) => total + (part.kind === kind ? part.s : 0), 0);
