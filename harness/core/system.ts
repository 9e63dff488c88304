/** A system under test: all that the harness loads of a folder in targets/. */
import type { Capabilities, Capability, TargetInfo } from "./capability.js";
import type { Difference } from "./difference.js";
import type { FoundationFacts } from "./facts.js";
import type { Ailment, AuditLine, Foresight, RecoverOptions, SaidAlarm } from "./operations.js";
import type { PlannedProbe } from "./plan.js";
import type { Probe, Route } from "./probe.js";
import type { Addresses, Call, Component, Host, Topology } from "./topology.js";

/** Default export of targets/<name>/target.ts: all that the harness loads of a system under test. */
export interface TargetSystem {
  /** = its folder's name. */
  readonly name: string;
  /** A few words for lists and help. */
  readonly says: string;
  readonly profiles: readonly string[];
  /** What may be set by policies, with the choices; the first one is the default, unless a profile has its own. */
  readonly policies?: Readonly<Record<string, readonly string[]>>;
  /** Brought up when nobody says; absent: the first profile. */
  readonly defaultProfile?: string;
  /** By which a profile is brought up when nobody says: large ones want slower timers. */
  timeFactorOf(profile: string): number;
  readonly defaultScenario: string;
  /** Refuses an unknown profile, policy or time factor with a FlounderError. */
  topology(profile: string, timeFactor: number, policy: Readonly<Record<string, string>>): Topology;
  /** Capabilities that engines cannot supply, by role: what planning counts on. */
  capabilities(component: Component): readonly Capability[];
  /** Those of them that act on whoever has a volume mounted, and on nobody where volumes are links to their folders: not offered there. */
  readonly overMounts?: readonly Capability[];
  /** Which ways of these capabilities a component has; a capability that is not named has all. */
  ways?(component: Component): TargetInfo["ways"];
  /** The live form of the same. Without `host` what needs it is left out. */
  adapters(component: Component, call: Call, addresses: Addresses, host?: Host): Partial<Capabilities>;
  /** Sees from elsewhere whether a link carries; undefined: the engine's protocol knock is used. */
  carries?(
    link: { readonly from: string; readonly to: string; readonly class: string },
    addresses: Addresses,
    signal: AbortSignal,
  ): Promise<boolean> | undefined;
  /** How clients reach the foundation, and who they log in as; absent: nothing is known but the domain. */
  facts?(topology: Topology, addresses: Addresses, secret: string): Pick<FoundationFacts, "endpoints" | "user" | "password">;
  /** How clients, and members of somebody else's that join, reach it and log in: environment variables, some of them secret. */
  env?(facts: FoundationFacts, secret: (label: string) => string): Readonly<Record<string, string>>;
  /** What a newcomer may try on a foundation that is up: commands that work when pasted, "flounder" first where it is one of ours. */
  tries?(facts: FoundationFacts): readonly { readonly words: readonly string[]; readonly says: string }[];
  /** Configuration and desired state as words that must be equal before and after; never pids, never instance ids. */
  fingerprint(topology: Topology, call: Call, addresses: Addresses): Promise<Readonly<Record<string, string>>>;
  /** Pushes the sample apps; makes what the probes need, unless told that nobody will probe yet. Progress lines through `say`; aborted, nothing more is waited for. */
  prepare(foundation: FoundationFacts, say: (line: string) => void, forProbes?: boolean, signal?: AbortSignal): Promise<void>;
  /** Removes what probes made, so that the fingerprint can be compared. */
  tidy(foundation: FoundationFacts): Promise<void>;
  /** What the probes of a run are, for planning. */
  plannedProbes(topology: Topology): readonly PlannedProbe[];
  readonly probes: readonly Probe[];
  /** Live routes of planned probes: from/target → where to ask now. Called again and again by the keeper. */
  routes(topology: Topology, call: Call, addresses: Addresses, facts: FoundationFacts): Promise<readonly Route[]>;
  /** Seconds after healing in which the platform's own timers may still do damage (route TTL + prune …). */
  delayedDamageS(timeFactor: number): number;
  /** So much longer than usual a witness may take to read intact once its fault is healed: what the platform's own timers need. Absent: 0. */
  healingMs?(timeFactor: number): number;
  /** The shortest timer that the time factor shortens, ms: a factor is refused when timers here wake up too late for it. */
  shortestTimerMs(timeFactor: number): number;
  /**
   * Ends an outage that nobody's playbook ends: verify, release, wait. Runs in the runner, and for `flounder recover`, through operator verbs. Does nothing where
   * there is none. Rejects with a FlounderError that says what is in the way.
   */
  recover(call: Call, topology: Topology, say: (line: string) => void, how?: RecoverOptions): Promise<void>;
  /** What users still suffer from once every fault is healed; only reads. Absent: a platform that heals with its faults. */
  ailments?(call: Call, topology: Topology): Promise<readonly Ailment[]>;
  /** What is otherwise at its components than they were made, as they say themselves, and only a fault makes so; never what an operator or a tenant may have wanted. */
  differences?(topology: Topology, call: Call, host: Host): Promise<readonly Difference[]>;
  /** What the platform's own monitoring has raised so far, oldest first; asked again and again by the runner, which writes each into the timeline once. */
  alarms?(topology: Topology, call: Call): Promise<readonly SaidAlarm[]>;
  /** What alarms the monitoring gives, and when, for planning and reports. */
  foresight?(topology: Topology): readonly Foresight[];
  /** Names of the console's verbs, and what each does, for lists and help. */
  readonly verbs?: Readonly<Record<string, string>>;
  /** The operator's verbs, as playbooks use them; each leaves a line in the audit. Typed by the target, opaque here. */
  console?(call: Call, topology: Topology, who: string, audit: (line: AuditLine) => void): unknown;
  /** Of these acknowledged writes, the ones that are gone. Read back past every fault. */
  missing(writes: readonly string[], foundation: FoundationFacts, call: Call): Promise<readonly string[]>;
}

/** A first chaos suite for a project of its own: default export of targets/<name>/starter.ts, if there is one. */
export interface Starter {
  /** Its name below chaos/. */
  readonly file: string;
  readonly text: string;
}
