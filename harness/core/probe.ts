/** A probe, and what it may use. */
import type { Outcome } from "./sample.js";
import type { Plane, Vantage } from "./scenario.js";
import type { Credentials } from "./topology.js";

/** Where a planned probe asks now. url has an address or a name; a name is resolved at `resolvers` (host:port), else not at all. */
export interface Route {
  readonly from: Vantage;
  readonly target: string;
  /** Empty: nothing is there to be asked (sample outcome refused). */
  readonly url: string;
  /** Host header. */
  readonly host: string;
  readonly resolvers: readonly string[];
  /** Asked as it stands here instead of by the probe's own steps: what `flounder watch` asks of an endpoint. */
  readonly question?: { readonly kind: "http" | "tcp" | "dns" | "exec" };
}

/** Thrown by a probe to say how it went wrong; anything else it throws is an observer fault. */
export class ProbeFailure extends Error {
  constructor(
    readonly outcome: Exclude<Outcome, "ok">,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What a probe may use. `http` asks over one connection, fresh in each sample; it never retries by itself (but where a kept connection was closed meanwhile, and
 * asking twice does no harm), resolves at the route's resolvers, stamps the phases and honours the deadline.
 */
export interface ProbeContext {
  readonly route: Route;
  readonly signal: AbortSignal;
  readonly credentials: Credentials;
  /** Serial number of this sample, unique in the run per planned probe. */
  readonly seq: number;
  /** State that probes of one vantage share (tokens, apps they made). */
  readonly shared: Map<string, unknown>;
  http(request: ProbeRequest): Promise<ProbeResponse>;
  /** Who answered, shortly: goes into the sample's note. */
  note?(says: string): void;
  /** An acknowledged write, for the ledger: "app <guid> exists …", readable by TargetSystem.missing. */
  acked(write: string): void;
}

export interface ProbeRequest {
  readonly method?: string;
  /** Path and query, below the route's url. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface ProbeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Probe {
  readonly name: string;
  readonly plane: Plane;
  /** Makes report sentences grammatical: "log in", "get an answer from the app". */
  readonly phrase: string;
  /** Makes what it needs before the run is measured; no sample. */
  setUp?(context: ProbeContext): Promise<void>;
  /** Resolves = ok. Rejects with ProbeFailure. */
  ask(context: ProbeContext): Promise<void>;
}

/** One of the schedule's questions: a planned probe, and each of its samples, has the key of its own. For maps in memory, not for files. */
export const probeKey = (of: { readonly probe: string; readonly from: string; readonly target: string }): string => `${of.from} ${of.probe} ${of.target}`;
