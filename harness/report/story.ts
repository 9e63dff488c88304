/** A run as reports tell it: everything derived that more than one report or picture needs. Pure, from a results folder's sources alone. */
import type { Bounds, Event, LoadRow, MatrixCell, Must, Plan, Plane, Receipt, Result, Sample, Vantage, Verdict } from "../core.js";
import { type Check, worst } from "../judge/findings.js";
import { bySchedule, byTime, type Judgement } from "../judge/judge.js";
import { sayMust } from "../judge/musts.js";
import { type Ruler, rulerOf } from "../measure/error-bars.js";
import { actWindow, injectingUs, runWindow, type Window } from "../measure/windows.js";
import { badness, figure, middle } from "../words.js";
import { type Lane, lanes, peakLost } from "./charts/strips.js";

/** What a results folder says, before anything is judged. */
export interface RunRecord {
  readonly plan: Plan;
  readonly events: readonly Event[];
  readonly samples: readonly Sample[];
  /** As the load's own tool reported it; empty without one. */
  readonly load?: readonly LoadRow[];
  /** What a kill cut off and the reader left out: one sentence each. */
  readonly cuts: readonly string[];
}
export interface ActStory {
  readonly id: string;
  readonly fault: string;
  readonly colour: string;
  readonly clock: string | undefined;
  readonly targets: readonly string[];
  /** First injection; undefined: the act never began. */
  readonly injectedUs: number | undefined;
  readonly window: Window | undefined;
  readonly receipts: readonly Receipt[];
  /** When the fault held, by its receipts: first bite to last healing, each with its bounds. Null where none was seen. */
  readonly heldFromUs: { readonly lo: number; readonly hi: number } | null;
  readonly heldToUs: { readonly lo: number; readonly hi: number } | null;
  readonly lostS: Verdict["lostS"];
  readonly recovery: Verdict["recovery"][number] | undefined;
}
export interface MustStory {
  readonly says: string;
  readonly result: Result;
  readonly measured: Bounds | undefined;
  readonly must: Must;
}
export interface Story extends RunRecord {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly run: Window;
  /** What the pictures show: from the first sample to the end of the watch. */
  readonly shown: Window;
  readonly acts: readonly ActStory[];
  readonly musts: readonly MustStory[];
  readonly lanes: readonly Lane[];
  readonly worstCell: MatrixCell | undefined;
  readonly sentence: string;
  /** What is known of the prober's own error, where it measured. */
  readonly ruler: Ruler;
  /** Version and start as the first event has them. */
  readonly flounder: string;
  readonly startedIso: string;
}

/** For faults whose colour the plan does not know: told apart in light and dark, and by eyes that mix up red and green. */
const palette = ["#b5530a", "#2f6fb0", "#7b4fb5", "#00806a", "#b3364a", "#8a6d00"];

export function story(record: RunRecord, { verdict, checks, measured }: Judgement): Story {
  const { plan } = record;
  const events = byTime(record.events);
  const samples = bySchedule(record.samples);
  const run = runWindow(plan, events, samples);
  const shown = { fromUs: Math.min(run.fromUs, samples[0]?.dueUs ?? run.fromUs), toUs: run.toUs };
  const zero = events.find((event) => event.kind === "zero");
  const acts = plan.acts.map((act, index): ActStory => {
    const receipts = verdict.receipts.each.filter((receipt) => receipt.act === act.id);
    const bites = receipts.flatMap((receipt) => (receipt.bitUs ? [receipt.bitUs] : []));
    const heals = receipts.flatMap((receipt) => (receipt.healedUs ? [receipt.healedUs] : []));
    return {
      id: act.id,
      fault: act.fault,
      colour: plan.colours?.[act.fault] ?? palette[index % palette.length]!,
      clock: act.clock,
      targets: plan.injections.filter((injection) => injection.act === act.id).map((injection) => injection.target),
      injectedUs: injectingUs(plan, act.id, events),
      window: actWindow(plan, act.id, events, run),
      receipts,
      heldFromUs: bites.length === 0 ? null : { lo: Math.min(...bites.map((b) => b.lo)), hi: Math.min(...bites.map((b) => b.hi)) },
      heldToUs: heals.length === 0 ? null : { lo: Math.max(...heals.map((h) => h.lo)), hi: Math.max(...heals.map((h) => h.hi)) },
      lostS: verdict.acts.find((one) => one.act === act.id)!.lostS,
      recovery: verdict.recovery.find((one) => one.act === act.id),
    };
  });
  const strips = lanes(plan, samples, shown);
  const bad = verdict.matrix.filter((cell) => badness(cell) > 0);
  return {
    ...record,
    events,
    samples,
    verdict,
    checks,
    run,
    shown,
    acts,
    musts: plan.must.map((must, index) => ({
      says: sayMust(must),
      result: worst(checks.find((check) => check.name === sayMust(must))?.findings ?? []),
      measured: measured[index],
      must,
    })),
    lanes: strips,
    worstCell: bad.sort((a, b) => b.seconds - a.seconds || badness(b) - badness(a))[0],
    sentence: sentence(
      acts.filter(({ id }) => !isTwin(plan, id)),
      strips,
      verdict,
    ),
    ruler: rulerOf(plan.calibration, zero?.machine),
    flounder: zero?.flounder ?? "unknown",
    startedIso: zero?.wallIso ?? "unknown",
  };
}

/** Begins at the same instant as an act before it: they share a window, and are told as one. */
function isTwin({ acts }: Plan, id: string): boolean {
  const at = acts.findIndex((act) => act.id === id);
  return acts.slice(0, at).some((other) => other.after === acts[at]!.after && (other.atS ?? 0) === (acts[at]!.atS ?? 0));
}

/** The story in one sentence, one clause per act: who lost what while who did not. */
function sentence(acts: readonly ActStory[], strips: readonly Lane[], verdict: Verdict): string {
  const hurt = (plane: Plane, from: Vantage, act: ActStory) => act.lostS[plane][from].hi > 0;
  const peak = (plane: Plane, from: Vantage, act: ActStory) =>
    act.window === undefined ? 0 : peakLost(strips.find((lane) => lane.plane === plane && lane.from === from)!, act.window);
  const s = (plane: Plane, from: Vantage, act: ActStory) => `${figure(middle(act.lostS[plane][from]))} s`;
  const clauses = acts.map((act) => {
    const where = `in ${act.id}`;
    if (act.window === undefined) return `${act.id} never began`;
    const developers =
      peak("control", "outside", act) > 0.9 ? `developers were locked out ${s("control", "outside", act)}` : `developers lost ${s("control", "outside", act)}`;
    const all = peak("data", "outside", act) > 0.9;
    if (!hurt("data", "outside", act)) {
      const apps = hurt("data", "inside", act) ? `app instances lost ${s("data", "inside", act)} inside and nobody outside noticed` : "no app missed a request";
      return hurt("control", "outside", act)
        ? `${where} ${developers} while ${apps}`
        : hurt("data", "inside", act)
          ? `${where} ${apps}`
          : `${where} nobody lost anything`;
    }
    const users = all ? `nobody outside could reach an app for ${s("data", "outside", act)}` : `app users lost ${s("data", "outside", act)}`;
    const apps = hurt("data", "inside", act) ? `app instances lost ${s("data", "inside", act)} inside` : "every app ran";
    const both = hurt("control", "outside", act) ? ` and ${developers}` : "";
    return hurt("data", "inside", act) ? `${where} ${users}, ${apps}${both}` : `${where} ${apps} and ${users}${both}`;
  });
  const text = clauses.join("; ");
  const lost = verdict.ledger.missing.length;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${lost > 0 ? `; ${lost} acknowledged ${lost === 1 ? "write is" : "writes are"} gone` : ""}.`;
}
