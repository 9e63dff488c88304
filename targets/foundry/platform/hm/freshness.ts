/**
 * May what we know be acted upon? Policy hm.freshness: `none` is 2011, which never asked; `guard` is hm9000 (cf-protocol §3.3), which refuses when
 * no DEA at all is heard or the desired state is old. Pure.
 */
export interface FreshnessRules {
  /** Heartbeats count for so long, and must have come for as long: dropletLost. */
  readonly actualMs: number;
  /** Desired state counts for so long: two scans. */
  readonly desiredMs: number;
}

export class Freshness {
  #firstHeardMs = Number.POSITIVE_INFINITY;
  #lastHeardMs = Number.NEGATIVE_INFINITY;
  #desiredMs = Number.NEGATIVE_INFINITY;

  constructor(readonly rules: FreshnessRules) {}

  /** Any heartbeat of any DEA, also one without apps. */
  heard(nowMs: number): void {
    if (nowMs - this.#lastHeardMs > this.rules.actualMs) this.#firstHeardMs = nowMs; // heard again after silence: the count starts anew
    this.#lastHeardMs = nowMs;
  }
  /** The bus went away: what is heard after it came back counts as new. */
  deafened(): void {
    this.#lastHeardMs = Number.NEGATIVE_INFINITY;
  }
  read(nowMs: number): void {
    this.#desiredMs = nowMs;
  }

  /** Undefined if both are fresh, else what is not. */
  staleness(nowMs: number): string | undefined {
    if (nowMs - this.#desiredMs > this.rules.desiredMs) return "the desired state is old";
    if (nowMs - this.#lastHeardMs > this.rules.actualMs) return "no DEA is heard";
    if (nowMs - this.#firstHeardMs < this.rules.actualMs) return "DEAs are heard again, but not for long enough";
    return undefined;
  }
}
