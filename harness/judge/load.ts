/** A load as the judge sees it: how it ended, and its thresholds as musts. Pure. */
import type { Event, Finding, LoadEnd, LoadRow, LoadVerdict, Plan, PlannedLoad } from "../core.js";
import { figuresOf } from "../load/figures.js";
import { sayLoad, sayThreshold } from "../load/words.js";
import { steadyWindow } from "../measure/windows.js";
import { type Check, fail, open, pass } from "./findings.js";
import { doubtOf, type Evidence } from "./musts.js";

/** k6's own (errext/exitcodes): all well, thresholds crossed, ended by its REST API or by a signal. */
const k6Fine = new Set<number | null>([0, 99, 103, 105]);
/** How a program that heeds an interrupt may end: with what its shell says of that, too. */
const interrupted = new Set<number | null>([0, null, 130]);

const endOf = (events: readonly Event[]) => events.find((event) => event.kind === "load-ended");

/** Empty without a load. */
export function loadChecks(plan: Plan, evidence: Evidence): Check[] {
  const { load } = plan;
  if (!load) return [];
  const ended = endOf(evidence.events);
  const doubt = doubtOf({}, evidence);
  /** What went wrong while the experiment was unsound is nobody's fault, and no praise either. */
  const decided = (finding: Finding): Finding => (doubt === undefined ? finding : open(finding.says + doubt, finding.atUs));
  return [
    { name: `load ${sayLoad(load)}`, findings: [wentOn(load, evidence, ended, decided)] },
    ...load.thresholds.map((threshold) => {
      const name = `load ${sayLoad(load)}: ${sayThreshold(threshold)}`;
      const found = ended?.thresholds.find(({ metric, expression }) => metric === threshold.metric && expression === threshold.expression);
      if (!ended || !found) return { name, findings: [open(`${name}; k6 did not say whether it held`)] };
      return { name, findings: [decided(found.held ? pass(`${name}; held`, [ended.atUs]) : fail(`${name}; crossed`, [ended.atUs]))] };
    }),
  ];
}

type Ended = ReturnType<typeof endOf>;

function wentOn(load: PlannedLoad, { events, run }: Evidence, ended: Ended, decided: (finding: Finding) => Finding): Finding {
  const name = `load ${sayLoad(load)}`;
  const began = events.find((event) => event.kind === "load-began");
  if (!began) return open(`${name} never began`);
  if (!ended) return open(`${name}: how it ended is not known`, [began.atUs]);
  const at = [began.atUs, ended.atUs];
  const code = ended.exitCode === null ? "a signal" : `exit code ${ended.exitCode}`;
  const after = `${((ended.atUs - began.atUs) / 1e6).toFixed(1)} s`;
  if (load.tool === "command") {
    const says = `${name}: ${ended.byItself ? `ended by itself after ${after}` : `ended with the run, after ${after}`}, ${code}`;
    const isFine = ended.byItself ? ended.exitCode === 0 : interrupted.has(ended.exitCode);
    return decided(isFine ? pass(says, at) : fail(says, at));
  }
  if (!k6Fine.has(ended.exitCode)) return open(`${name} ended with ${code}: logs/load.log says why`, at);
  if (ended.atUs < run.toUs && ended.exitCode !== 99)
    return open(
      `${name} ended ${((run.toUs - ended.atUs) / 1e6).toFixed(1)} s before the watch did: give its scenarios a longer duration, Flounder ends it`,
      at,
    );
  return pass(`${name} went on for ${after}`, at);
}

export function loadVerdict(plan: Plan, load: PlannedLoad, rows: readonly LoadRow[], { events, run, receipts }: Evidence): LoadVerdict {
  const ended = endOf(events);
  const end: LoadEnd | null = ended ? { byItself: ended.byItself, exitCode: ended.exitCode, thresholds: ended.thresholds } : null;
  const nothing = { fromUs: run.toUs, toUs: run.toUs };
  return {
    tool: load.tool,
    name: load.name,
    end,
    all: figuresOf(rows, run),
    steady: figuresOf(rows, steadyWindow(events) ?? nothing),
    acts: plan.acts.map(({ id }) => {
      const own = receipts.filter(({ act }) => act === id);
      const bites = own.flatMap(({ bitUs }) => (bitUs ? [bitUs.lo] : []));
      const heals = own.flatMap(({ healedUs }) => (healedUs ? [healedUs.hi] : []));
      const held = bites.length === 0 ? nothing : { fromUs: Math.min(...bites), toUs: heals.length < own.length ? run.toUs : Math.max(...heals) };
      return { act: id, ...figuresOf(rows, held) };
    }),
  };
}
