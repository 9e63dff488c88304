/** The planned probes of a target system as a prober asks them; samples have the names that a run knows them by. */
import { type Credentials, type PlannedProbe, type Probe, type ProbeContext, ProbeFailure, type Route, type Vantage } from "../core.js";
import { AsyncAsker } from "./askers/async-asker.js";
import { RoutedAsker } from "./askers/routed.js";
import { type Phases, Requests } from "./http/request.js";
import { Span } from "./samples/span.js";
import type { Stamps } from "./schedule/flight.js";
import type { Source } from "./source.js";
import type { EndpointQuestion } from "./target.js";

const noteMax = 120;
const stale = "stale-connection: asked again on a fresh one";
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

/** A class, since an object with a getter costs more to make than all that is done with it. */
class Context implements ProbeContext {
  readonly route: Route;
  readonly http: ProbeContext["http"];

  constructor(
    readonly requests: Requests,
    readonly credentials: Credentials,
    readonly seq: number,
    readonly shared: Map<string, unknown>,
    readonly note: (says: string) => void,
    readonly acked: (write: string) => void,
  ) {
    this.route = requests.route;
    this.http = (what) => requests.send(what);
  }
  get signal(): AbortSignal {
    return this.requests.span.signal;
  }
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
  const keys = new Map(planned.map((one) => [one, `${one.from} ${one.target}`]));
  const contextOf = (one: PlannedProbe, seq: number, phases: Phases, span: Span, note: (says: string) => void): ProbeContext => {
    const { from, target } = one;
    const route = known.get(keys.get(one)!) ?? { from, target, url: "", host: "", resolvers: [] };
    return new Context(new Requests(route, phases, span), credentials, seq, shared[from], note, acked);
  };
  /** What a Sample is as JSON; its fields are few, and JSON.stringify would take as long as all else that is ours in a sample. */
  const heads = planned.map(({ probe, from, target }) => `${JSON.stringify({ probe, from, target }).slice(0, -1)},"seq":`);
  const json = ({ target, seq, dueUs, sentUs, endUs, dnsUs, connectUs, firstUs, status, outcome, isRepeated, note }: Stamps): string => {
    const times = `${seq},"dueUs":${dueUs - zeroUs},"sentUs":${sentUs - zeroUs},"endUs":${endUs - zeroUs},"outcome":"${outcome}"`;
    const dns = dnsUs ? `,"dnsUs":${dnsUs - sentUs}` : "";
    const connect = connectUs ? `,"connectUs":${connectUs - sentUs}` : "";
    const first = firstUs ? `,"firstUs":${firstUs - sentUs}` : "";
    const answer = status ? `,"status":${status}` : "";
    const says = isRepeated ? `${stale}${note ? `; ${note}` : ""}` : note;
    const words = says ? `,"note":${JSON.stringify(says.slice(0, noteMax))}` : "";
    return `${heads[target]}${times}${dns}${connect}${first}${answer}${words}}`;
  };
  return {
    questions: slots.map((slot) => ({
      schedule: { periodUs: slot.planned.periodMs * 1000, phaseUs: slot.planned.phaseMs * 1000, deadlineUs: slot.planned.deadlineMs * 1000 },
      asker: new RoutedAsker(
        () => known.get(keys.get(slot.planned)!)?.question as EndpointQuestion | undefined,
        new AsyncAsker(({ sample }, span, note) => slot.probe.ask(contextOf(slot.planned, sample.seq, sample, span, note))),
      ),
    })),
    // How long an operation may take is its deadline's to say.
    rules: planned.map((one) => ({ periodUs: one.periodMs * 1000, deadlineUs: one.deadlineMs * 1000, slowUs: Number.POSITIVE_INFINITY })),
    write: (lines, sample) => void lines.text(json(sample)).text("\n"),
    json,
    findings: () => undefined,
    routes(routes) {
      known = new Map(routes.map((route) => [`${route.from} ${route.target}`, route]));
    },
    /** Each probe's, all at once; rejects with the first failure, saying whose it was. */
    async setUp() {
      await Promise.all(
        slots.map(async ({ planned: one, probe }) => {
          const phases: Phases = { dnsUs: 0, connectUs: 0, firstUs: 0, status: 0, isRepeated: false };
          const span = new Span();
          const timer = setTimeout(() => span.end(new ProbeFailure("timeout", `not done in ${setUpMs / 1000} s`)), setUpMs);
          await probe
            .setUp?.(contextOf(one, 0, phases, span, () => {}))
            .catch((error: Error) => {
              throw new Error(`setting up ${one.probe} ${one.target} from ${one.from}: ${error.message}`, { cause: error });
            })
            .finally(() => {
              clearTimeout(timer);
              span.end(new ProbeFailure("timeout", "set-up is over"));
            });
        }),
      );
    },
  };
}
