/** What a prober is told, and what it says: one JSON object a line. */
import type { Credentials, PlannedProbe, Route, Sample } from "../core.js";
import type { LaneTotals, Spread } from "./samples/totals.js";
import type { EndpointTarget } from "./target.js";

/** Probes of a target system, which it loads by name. */
export interface AskPlanned {
  readonly system: string;
  readonly probes: readonly PlannedProbe[];
  readonly routes: readonly Route[];
  readonly credentials: Credentials;
}
export interface ProberStart {
  /** Monotonic µs that stamps of named samples are relative to. */
  readonly zeroUs: number;
  readonly ask: AskPlanned | { readonly endpoints: readonly EndpointTarget[] };
  /** samples: each one, in batches, as a run needs them; totals: what is known of each lane, once a second. */
  readonly tell: "samples" | "totals";
  /** Each prober appends to it. */
  readonly samplesFile?: string;
  readonly warmUpMs: number;
  /** Ends by itself after so long, and not when stdin closes. */
  readonly forMs?: number;
}
/** Cumulative. */
export interface ProberReport {
  readonly kind: "report";
  /** Samples count from here on; monotonic µs. */
  readonly fromUs: number;
  readonly atUs: number;
  readonly cpuUs: number;
  readonly samples: number;
  /** Not sent because too many were in flight. */
  readonly shed: number;
  /** Times that the prober itself paused. */
  readonly hiccups: number;
  readonly latenessUs: Spread;
  /** Why samples are missing from their file; absent: none is. */
  readonly samplesFailed?: string;
  /** Empty if each sample is told. */
  readonly lanes: readonly LaneTotals[];
}
export type ProberMessage =
  | ProberReport
  | { readonly kind: "ready" | "ended" }
  | { readonly kind: "samples"; readonly samples: readonly Sample[] }
  | { readonly kind: "acked"; readonly write: string; readonly atUs: number }
  | { readonly kind: "fault"; readonly says: string };
