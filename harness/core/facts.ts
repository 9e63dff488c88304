/** A foundation as its clients see it. */
import type { Vantage } from "./scenario.js";

/** What clients need to know of a foundation; `flounder status --json`. */
export interface FoundationFacts {
  readonly id: string;
  readonly system: string;
  readonly engine: string;
  readonly profile: string;
  readonly timeFactor: number;
  /** As it was brought up with. Absent: its keeper is of a version before. */
  readonly policy?: Readonly<Record<string, string>>;
  readonly domain: string;
  /** How users reach it, by the names that its target gives: URLs, or host:port. */
  readonly endpoints: Endpoints;
  readonly user: string;
  readonly password: string;
  readonly components: readonly ComponentFacts[];
  /** Of the programs of others that it runs, as its keeper found them when it began: name → version. Absent: nobody knows. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Where each vantage is; absent: both are this machine, and one prober asks from both. */
  readonly vantages?: Vantages;
}

export type Endpoints = Readonly<Record<string, string | readonly string[]>>;
/** Containers: the network that a vantage's prober is on, and the image that it is started from. */
export type Vantages = Readonly<Record<Vantage, { readonly network: string; readonly image: string }>>;

export interface ComponentFacts {
  readonly name: string;
  readonly role: string;
  /** By which this machine reaches its ports. */
  readonly host: string;
  readonly state: "starting" | "ready" | "dead" | "held" | "paused";
  readonly pid: number | null;
  readonly ports: Readonly<Record<string, number>>;
  readonly restarts: number;
  readonly log: string;
}
