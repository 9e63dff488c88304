/** The planned probes of a target system as a prober asks them; samples have the names that a run knows them by. */
import type { Credentials, PlannedProbe, Probe, ProbeContext, Route, Sample, Vantage } from "../core.js";
import { AsyncAsker } from "./askers/async-asker.js";
import { type Phases, request } from "./http/request.js";
import type { Stamps } from "./schedule/flight.js";
import type { Source } from "./source.js";

const noteMax = 120;
const setUpMs = 30_000;

export interface PlannedInputs {
  readonly planned: readonly PlannedProbe[];
  /** Of the target system. */
  readonly probes: readonly Probe[];
  readonly credentials: Credentials;
  /** Stamps of named samples are relative to it. */
  readonly zeroUs: number;
  acked(write: string): void;
}

/** Throws an Error for a planned probe that the system does not have. */
export function plannedSource({ planned, probes, credentials, zeroUs, acked }: PlannedInputs): Required<Omit<Source, "head">> {
  const slots = planned.map((one) => {
    const probe = probes.find(({ name }) => name === one.probe);
    if (!probe) throw new Error(`the target system has no probe "${one.probe}"`);
    return { planned: one, probe };
  });
  const shared: Record<Vantage, Map<string, unknown>> = { outside: new Map(), inside: new Map() };
  let known = new Map<string, Route>();
  const contextOf = ({ from, target }: PlannedProbe, seq: number, phases: Phases, signal: AbortSignal, note: (says: string) => void): ProbeContext => {
    const route = known.get(`${from} ${target}`) ?? { from, target, url: "", host: "", resolvers: [] };
    return { route, signal, credentials, seq, shared: shared[from], http: (what) => request(route, what, phases, signal), note, acked };
  };
  const named = ({ target: index, seq, dueUs, sentUs, endUs, dnsUs, connectUs, firstUs, status, outcome, note }: Stamps): Sample => {
    const { probe, from, target } = slots[index]!.planned;
    return {
      probe,
      from,
      target,
      seq,
      dueUs: dueUs - zeroUs,
      sentUs: sentUs - zeroUs,
      endUs: endUs - zeroUs,
      outcome,
      ...(dnsUs ? { dnsUs: dnsUs - sentUs } : {}),
      ...(connectUs ? { connectUs: connectUs - sentUs } : {}),
      ...(firstUs ? { firstUs: firstUs - sentUs } : {}),
      ...(status ? { status } : {}),
      ...(note ? { note: note.slice(0, noteMax) } : {}),
    };
  };
  return {
    questions: slots.map((slot) => ({
      schedule: { periodUs: slot.planned.periodMs * 1000, phaseUs: slot.planned.phaseMs * 1000, deadlineUs: slot.planned.deadlineMs * 1000 },
      asker: new AsyncAsker(({ sample }, signal, note) => slot.probe.ask(contextOf(slot.planned, sample.seq, sample, signal, note))),
    })),
    // How long an operation may take is its deadline's to say.
    rules: planned.map((one) => ({ periodUs: one.periodMs * 1000, deadlineUs: one.deadlineMs * 1000, slowUs: Number.POSITIVE_INFINITY })),
    write: (lines, sample) => void lines.text(JSON.stringify(named(sample))).text("\n"),
    named,
    findings: () => undefined,
    routes(routes) {
      known = new Map(routes.map((route) => [`${route.from} ${route.target}`, route]));
    },
    /** Each probe's, all at once; rejects with the first failure, saying whose it was. */
    async setUp() {
      await Promise.all(
        slots.map(async ({ planned: one, probe }) => {
          const phases: Phases = { dnsUs: 0, connectUs: 0, firstUs: 0, status: 0 };
          await probe.setUp?.(contextOf(one, 0, phases, AbortSignal.timeout(setUpMs), () => {})).catch((error: Error) => {
            throw new Error(`setting up ${one.probe} ${one.target} from ${one.from}: ${error.message}`, { cause: error });
          });
        }),
      );
    },
  };
}
