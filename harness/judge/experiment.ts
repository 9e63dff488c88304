/** Was the experiment sound, and did the foundation come back whole? Everything that a verdict rests on besides its musts. */
import { type Event, type Finding, type Plan, probeKey, type Receipt, type Sample } from "../core.js";
import { isBad, isMeasured, isWithin, steadyBegins, steadyWindow, type Window } from "../measure/windows.js";
import { plural } from "../words.js";
import { type Check, compare, fail, open, orPass, pass } from "./findings.js";

/** More than this share of samples lost to the observer, and the ruler itself is in doubt. */
export const observerFaultsMax = 0.01;

export const steadyCheck = "steady before";

/** Without these, nothing can be said about the foundation at all. */
export const soundness = (plan: Plan, events: readonly Event[], samples: readonly Sample[], run: Window, observerFaults: number): Check[] => [
  { name: "the run reached its end", findings: ended(events, run) },
  { name: steadyCheck, findings: steadyBefore(events, samples) },
  { name: "observer", findings: observer(observerFaults) },
  ...foreign(events),
  {
    name: "something is injected",
    findings: plan.injections.length > 0 ? [pass(plural(plan.injections.length, "injection"))] : [open("the plan injects nothing")],
  },
];

export const wholeness = (plan: Plan, events: readonly Event[], receipts: readonly Receipt[]): Check[] => [
  { name: "receipts", findings: bites(receipts, events) },
  { name: "healing", findings: heals(plan, receipts, events) },
  { name: "steady again after each act", findings: steadyAgain(plan, events) },
  { name: "fingerprint", findings: fingerprint(events) },
  { name: "ledger", findings: ledger(events) },
];

function ended(events: readonly Event[], run: Window): Finding[] {
  const end = events.find((event) => event.kind === "phase" && event.phase === "end");
  if (end) return [pass("the run went through all its phases", [end.atUs])];
  const off = events.find((event) => event.kind === "broken-off");
  return [open(`the run never got to its end${off ? `: ${off.why}` : ""}`, [off?.atUs ?? run.toUs])];
}

function steadyBefore(events: readonly Event[], samples: readonly Sample[]): Finding[] {
  const window = steadyWindow(events);
  const begins = steadyBegins(events);
  if (!window) return [open(`there was no steady phase before turbulence${sayNeverSteady(begins, events, samples)}`, begins.slice(0, 10))];
  const at = [window.fromUs, window.toUs];
  // A request that was still pending when turbulence began may have been hit by it, and says nothing about before.
  const within = samples.filter((sample) => isWithin(window, sample) && isMeasured(sample) && (sample.outcome === "ok" || sample.endUs <= window.toUs));
  if (within.length === 0) return [open("nothing was measured in the steady phase", at)];
  const bad = within.filter(isBad);
  const before = begins.length === 1 ? "" : `; begun again ${plural(begins.length - 1, "time")}: ${sayLost(samples, begins[0]!, window.fromUs)} before`;
  if (bad.length === 0) return [pass(`steady before: 0 of ${within.length} samples lost${before}`, at)];
  return [
    open(
      `not steady before: ${bad.length} of ${within.length} samples lost (${sayOutcomes(bad)})`,
      bad.slice(0, 10).map((sample) => sample.dueUs),
    ),
  ];
}

/** Where nothing was injected since it was never steady: how often it was tried, and what was lost meanwhile. */
function sayNeverSteady(begins: readonly number[], events: readonly Event[], samples: readonly Sample[]): string {
  if (events.some((event) => event.kind === "phase" && event.phase === "turbulence")) return "";
  const tried = begins.length === 0 ? "it never began" : `it was begun ${plural(begins.length, "time")}`;
  return `: ${tried}, and ${sayLost(samples, 0, Number.POSITIVE_INFINITY)}`;
}

/** "1 of 267 samples was lost (login api outside timeout ×1)" */
function sayLost(samples: readonly Sample[], fromUs: number, toUs: number): string {
  const measured = samples.filter((sample) => isMeasured(sample) && isWithin({ fromUs, toUs }, sample));
  const bad = measured.filter(isBad);
  return `${bad.length} of ${plural(measured.length, "sample")} ${bad.length === 1 ? "was" : "were"} lost${bad.length === 0 ? "" : ` (${sayOutcomes(bad)})`}`;
}

/** "login api outside refused ×3, …", most frequent first. */
function sayOutcomes(bad: readonly Sample[]): string {
  const counts = new Map<string, number>();
  for (const { probe, target, from, outcome } of bad) {
    const key = `${probe} ${target} ${from} ${outcome}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0])).map(([key, n]) => `${key} ×${n}`);
  return `${rows.slice(0, 3).join(", ")}${rows.length > 3 ? " …" : ""}`;
}

/**
 * Share of the schedule's slots that the observer lost, 0 to 1: samples with outcome `observer`, and slots that left no sample at all, since a prober
 * that died must not look like a healthy foundation. Nothing due: 1.
 */
export function observerShare(plan: Plan, samples: readonly Sample[], run: Window): number {
  const counts = new Map<string, { seen: number; lost: number }>();
  for (const sample of samples) {
    if (!isWithin(run, sample)) continue;
    const key = probeKey(sample);
    const { seen, lost } = counts.get(key) ?? { seen: 0, lost: 0 };
    counts.set(key, { seen: seen + 1, lost: lost + (sample.outcome === "observer" ? 1 : 0) });
  }
  let slots = 0;
  let lost = 0;
  for (const probe of plan.probes) {
    const count = counts.get(probeKey(probe)) ?? { seen: 0, lost: 0 };
    // A slot at the edge may fall outside, and at the end one deadline may still have been pending.
    const due = Math.max(0, Math.floor(((run.toUs - run.fromUs) / 1000 - probe.deadlineMs) / probe.periodMs) - 1);
    slots += Math.max(due, count.seen);
    lost += count.lost + Math.max(0, due - count.seen);
  }
  return slots === 0 ? 1 : lost / slots;
}

/** Only where there is something to say: a deed that is not the plan's is charged to nobody's account. */
function foreign(events: readonly Event[]): Check[] {
  const deeds = events.filter((event) => event.kind === "foreign");
  return deeds.length === 0 ? [] : [{ name: "nobody else injects or heals", findings: deeds.map(({ says, atUs }) => open(says, [atUs])) }];
}

function observer(share: number): Finding[] {
  const says = `${(share * 100).toFixed(2)} % of the samples were lost to the observer`;
  return share > observerFaultsMax ? [open(`${says}; at most ${observerFaultsMax * 100} % may be`)] : [pass(says)];
}

const sayReceipt = ({ fault, target, act }: Receipt): string => `${fault} on ${target} (act ${act})`;

function bites(receipts: readonly Receipt[], events: readonly Event[]): readonly Finding[] {
  const wrong = receipts.flatMap((receipt) => {
    if (receipt.bitUs) return [];
    const stamps = (kind: "injecting" | "injected") =>
      events.filter((event) => event.kind === kind && event.injection === receipt.injection).map((e) => e.atUs);
    if (stamps("injected").length === 0) return [open(`${sayReceipt(receipt)} was never injected`, stamps("injecting"))];
    return [open(`${sayReceipt(receipt)} has no receipt: its witness never saw it bite`, stamps("injected"))];
  });
  const seen = receipts.flatMap((receipt) => (receipt.bitUs ? [receipt.bitUs.hi] : []));
  return orPass(wrong, `${seen.length} of ${receipts.length} faults were seen to bite`, seen);
}

function heals(plan: Plan, receipts: readonly Receipt[], events: readonly Event[]): readonly Finding[] {
  const wrong = receipts.flatMap((receipt) => {
    const healed = events.filter((event) => event.kind === "healed").findLast((event) => event.injection === receipt.injection);
    if (!healed) return [open(`${sayReceipt(receipt)} was never healed`)];
    const found: Finding[] = [];
    if (!healed.proved) found.push(open(`healing ${sayReceipt(receipt)} is unproved: it may still be broken`, [healed.atUs]));
    else if (receipt.bitUs && !receipt.healedUs)
      found.push(open(`healing ${sayReceipt(receipt)} has no receipt: no intact reading came after it`, [healed.atUs]));
    if (healed.why === "stop" || healed.why === "lease") found.push(open(`${sayReceipt(receipt)} was cut short: ${healed.why}`, [healed.atUs]));
    const endedBy = plan.acts.find((act) => act.id === receipt.act)?.endedBy ?? "time";
    if (healed.why === "rail" && endedBy === "playbook") found.push(open(`${sayReceipt(receipt)} was ended by its rail, not by the playbook`, [healed.atUs]));
    return found;
  });
  const seen = receipts.flatMap((receipt) => (receipt.healedUs ? [receipt.healedUs.hi] : []));
  return orPass(wrong, `${seen.length} of ${receipts.length} faults were seen to be healed`, seen);
}

function steadyAgain(plan: Plan, events: readonly Event[]): readonly Finding[] {
  const acts = events.filter((event) => event.kind === "act");
  const wrong = plan.acts.flatMap(({ id }) => {
    const states = acts.filter((event) => event.act === id);
    const last = states.findLast((event) => event.state === "steady-again" || event.state === "not-steady");
    if (last?.state === "steady-again") return [];
    const says = last
      ? `not steady again within ${plan.phases.recoveryS} s after act ${id}`
      : states.length > 0
        ? `act ${id} never ended`
        : `act ${id} never began`;
    return [
      open(
        says,
        states.map((event) => event.atUs),
      ),
    ];
  });
  return orPass(
    wrong,
    "the foundation became steady again",
    acts.filter((event) => event.state === "steady-again").map((event) => event.atUs),
  );
}

function fingerprint(events: readonly Event[]): readonly Finding[] {
  const prints = events.filter((event) => event.kind === "fingerprint");
  const before = prints.find((event) => event.when === "before");
  const after = prints.findLast((event) => event.when === "after");
  if (!before || !after) return [open(`there is no fingerprint ${before ? "after" : "before"} the run`)];
  const names = [...new Set([...Object.keys(before.values), ...Object.keys(after.values)])].sort(compare);
  const at = [before.atUs, after.atUs];
  const differing = names.filter((name) => before.values[name] !== after.values[name]);
  const wrong = differing.map((name) => open(`fingerprint differs: ${name} was ${before.values[name] ?? "absent"}, is ${after.values[name] ?? "absent"}`, at));
  return orPass(wrong, `fingerprint equal: ${names.length} facts`, at);
}

/** The ledger in figures. */
export function writes(events: readonly Event[]): { readonly acknowledged: number; readonly missing: readonly string[] } {
  const named = (kind: "acked" | "missing") => new Set(events.flatMap((event) => (event.kind === kind ? [event.write] : [])));
  return { acknowledged: named("acked").size, missing: [...named("missing")].sort(compare) };
}

function ledger(events: readonly Event[]): readonly Finding[] {
  const { acknowledged, missing } = writes(events);
  const stamps = (write: string) =>
    events.flatMap((event) => ((event.kind === "acked" || event.kind === "missing") && event.write === write ? [event.atUs] : []));
  const wrong = missing.map((write) => fail(`an acknowledged write is gone: ${write}`, stamps(write)));
  return orPass(wrong, `${acknowledged} acknowledged writes, none missing`);
}
