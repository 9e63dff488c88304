/** Metrics of a live `flounder run`: fed with its events and samples, as the terminal is. */
import { type Bounds, type Event, type Plan, type Plane, type PlannedProbe, probeKey, type Sample, type Vantage } from "../../core.js";
import { Losing, pointsOf } from "../../measure/lost.js";
import { receipts } from "../../measure/receipts.js";
import { isMeasured } from "../../measure/windows.js";
import { exposition, type Labelled } from "./exposition.js";

const lanes: readonly { readonly plane: Plane; readonly from: Vantage }[] = [
  { plane: "control", from: "outside" },
  { plane: "control", from: "inside" },
  { plane: "data", from: "outside" },
  { plane: "data", from: "inside" },
];
/** After its deadline a sample comes in within so long, whatever the prober is busy with; what is older is in order. */
const lateUs = 1e6;

/** One planned probe: samples come by their end, losses are counted by schedule. Holds those only that others may still come before. */
class Probed {
  readonly counts = new Map<string, number>();
  readonly losing: Losing;
  #waiting: Sample[] = [];
  #settledUs = Number.NEGATIVE_INFINITY;

  constructor(readonly planned: PlannedProbe) {
    // Nothing counts before turbulence.
    this.losing = new Losing(planned.periodMs * 1000, { fromUs: Number.MAX_VALUE, toUs: Number.MAX_VALUE });
  }

  add(sample: Sample): void {
    this.counts.set(sample.outcome, (this.counts.get(sample.outcome) ?? 0) + 1);
    if (sample.dueUs <= this.#settledUs) return;
    this.#waiting.push(sample);
    const overUs = sample.endUs - this.planned.deadlineMs * 1000 - lateUs;
    if (this.#waiting[0]!.dueUs > overUs) return;
    this.#sort();
    // Up to one that was measured: slots before it that were skipped are counted with it.
    const last = this.#waiting.findLastIndex((one) => one.dueUs <= overUs && isMeasured(one));
    if (last < 0) return;
    this.#settledUs = this.#waiting[last]!.dueUs;
    for (const point of pointsOf(this.#waiting.splice(0, last + 1))) this.losing.add(point);
  }

  lost(): Bounds {
    this.#sort();
    return this.losing.bounds(pointsOf(this.#waiting));
  }

  #sort(): void {
    this.#waiting.sort((a, b) => a.dueUs - b.dueUs);
  }
}

export class RunMetrics {
  readonly #probed: ReadonlyMap<string, Probed>;
  /** What receipts are made of. */
  readonly #events: Event[] = [];
  #lateUs = 0;

  constructor(readonly plan: Plan) {
    this.#probed = new Map(plan.probes.map((probe) => [probeKey(probe), new Probed(probe)]));
  }

  event(event: Event): void {
    if (event.kind === "injecting" || event.kind === "reading" || event.kind === "healing") this.#events.push(event);
    else if (event.kind === "observer") this.#lateUs = event.latenessP99Us;
    else if (event.kind === "phase" && event.phase === "turbulence")
      for (const { losing } of this.#probed.values()) losing.window = { fromUs: event.atUs, toUs: Number.POSITIVE_INFINITY };
  }

  samples(batch: readonly Sample[]): void {
    for (const sample of batch) this.#probed.get(probeKey(sample))?.add(sample);
  }

  text(): string {
    const { metric, text } = exposition();
    const samples = new Map<string, [Record<string, string>, number]>();
    let faults = 0;
    for (const { planned, counts } of this.#probed.values())
      for (const [outcome, n] of counts) {
        const labels = { probe: planned.probe, plane: planned.plane, vantage: planned.from, outcome };
        const key = Object.values(labels).join(" ");
        samples.set(key, [labels, (samples.get(key)?.[1] ?? 0) + n]);
        if (outcome === "observer") faults += n;
      }
    metric("flounder_samples_total", "counter", "Samples by outcome.", [...samples.values()]);
    metric("flounder_lost_seconds", "gauge", "Time without service since the start of turbulence, the mean over probes, with its bounds.", this.#lost());
    metric("flounder_act_state", "gauge", "1 once an act has begun, was seen to bite on all of its targets, and to be healed on all of them.", this.#acts());
    metric("flounder_observer_faults_total", "counter", "Samples lost to the observer itself.", [[{}, faults]]);
    metric("flounder_schedule_lateness_seconds", "gauge", "99th percentile of how late samples were sent.", [[{}, this.#lateUs / 1e6]]);
    return text();
  }

  #lost(): Labelled[] {
    return lanes.flatMap(({ plane, from }) => {
      const each = [...this.#probed.values()].filter(({ planned }) => planned.plane === plane && planned.from === from).map((one) => one.lost());
      const mean = (bound: "lo" | "hi") => each.reduce((sum, one) => sum + one[bound], 0) / Math.max(1, each.length);
      return (["lo", "hi"] as const).map((bound): Labelled => [{ plane, vantage: from, bound }, mean(bound)]);
    });
  }

  #acts(): Labelled[] {
    const all = receipts(this.plan, this.#events);
    return this.plan.acts.flatMap(({ id, fault }) => {
      const own = all.filter((receipt) => receipt.act === id);
      const begun = this.#events.some((event) => event.kind === "injecting" && own.some((receipt) => receipt.injection === event.injection));
      const states = { begun, bit: own.every((receipt) => receipt.bitUs !== null), healed: own.every((receipt) => receipt.healedUs !== null) };
      return Object.entries(states).map(([state, is]): Labelled => [{ act: id, fault, state }, is ? 1 : 0]);
    });
  }
}
