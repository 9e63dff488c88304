/**
 * The central types: what can be broken, a fault, scenario → plan → run → timeline → verdict.
 * Types only (plus `defineFault`, which is the identity): whoever reads this file knows the words of the whole tool.
 *
 * Clock: every `…Us` is an integer of microseconds. In memory and over sockets it is the host's CLOCK_MONOTONIC
 * (`nowUs()` in clock.ts); in results/ it is relative to the run's zero, which the first event records.
 */
import type { z } from "zod";

// ── 1 What can be broken ────────────────────────────────────────────────────────────────────────

/** "dea-1" (process) · "dea-1>nats-1" (link) · "*>cc-1" (registered endpoint) · "*>dea-1.3" (app slot 3) · "cc-1:lun-1" (mount). */
export type TargetName = string;

export type CutLink = "refuse" | "reset" | "swallow";
export type CutMount = "detach" | "hang" | "read-only";
/** rules: what lets in, while the default policy stays; external, internal: one zone of a name server. */
export type ConfigPart = "all" | "rules" | "external" | "internal";

/** What can be done to a target, in generic nouns. Each has read-only questions that witnesses ask; every act is idempotent. */
export interface Capabilities {
  process: {
    /** Kills and holds dead until start(). agent: the component's main process only; node: everything it ever spawned as well. */
    kill(scope: "agent" | "node"): Promise<void>;
    /** Releases the hold and starts it if it does not run; resolves when it is ready. */
    start(): Promise<void>;
    /** SIGSTOP to every process of the component (apps included). */
    pause(): Promise<void>;
    resume(): Promise<void>;
    /** True if it answers on its own port within the deadline (seen from the keeper, past every proxy). */
    responds(): Promise<boolean>;
    /** Changes whenever the main process was replaced. */
    generation(): Promise<string>;
    /** How many processes of the component live (apps of a DEA included). */
    population(): Promise<number>;
  };
  link: {
    cut(how: CutLink): Promise<void>;
    shape(to: { readonly latencyMs?: number; readonly rateKBps?: number }): Promise<void>;
    mend(): Promise<void>;
    /** True if a request through the link is answered: a protocol knock, or for a bus link a question only its owner can answer. */
    carries(): Promise<boolean>;
    /** Round trip of the knock in ms; Infinity if it is not answered. */
    rttMs(): Promise<number>;
    /** How fast a knock of so many bytes (8000 at the most) gets to its answer, in 1000 bytes per second; 0 if it is not answered. */
    throughputKBps(ofBytes: number): Promise<number>;
  };
  mount: {
    cut(how: CutMount): Promise<void>;
    /** Way "slow": every answer of the LUN comes so much later. */
    slow(latencyMs: number): Promise<void>;
    mend(): Promise<void>;
    /** Proved by a helper process on the mount itself: marker seen and one file overwritten within the deadline. */
    state(): Promise<"usable" | "error" | "hung" | "read-only">;
    /** How long that proof takes; Infinity if the mount is not usable. */
    proofMs(): Promise<number>;
  };
  power: {
    /** The supply flickers for so long, the course of it given by the seed, then it is off. */
    brownOut(supply: "A" | "B", flickerS: number, seed?: number): Promise<void>;
    restore(): Promise<void>;
    /** Its meters say that all is on, and each of its outlets' loads answers. */
    steady(): Promise<boolean>;
  };
  /** What is kept on a storage: files that are named by their content. */
  content: {
    /** Flips a byte in so many of the files, chosen by the seed; remembers what they were. */
    corrupt(percent: number, seed: number): Promise<void>;
    restore(): Promise<void>;
    /** False while a file that was corrupted is not what its name says: read again each time. */
    whole(): Promise<boolean>;
  };
  /** Room on the LUNs of a storage. */
  room: {
    /** From now on nothing grows there: new bytes are refused, reading and overwriting in place go on. one: the seed chooses. Replaces what was full. */
    fill(luns: "one" | "all", seed: number): Promise<void>;
    free(): Promise<void>;
    /** Which of the LUNs take new bytes: each is asked over a connection of its own. Rejects when one does not answer. */
    takes(): Promise<"all" | "some" | "none">;
  };
  /** A routing table. */
  table: {
    flush(): Promise<void>;
    /** While held the table stays empty: registrations are ignored. */
    hold(empty: boolean): Promise<void>;
    /** A canary request through this router, not the router's word. */
    answers(): Promise<boolean>;
    /** Changes with every flush: a flush faster than a poll is still seen. */
    generation(): Promise<string>;
    /** What it says is false until it is cured. stale: where nobody is any more; wrong: somebody else. */
    poison(kind: "stale" | "wrong"): Promise<void>;
    cure(): Promise<void>;
    /** A canary through this router comes to whom it was sent to. Rejects when that cannot be told. */
    truthful(): Promise<boolean>;
  };
  subjects: {
    /** From now on nothing that anybody publishes on these gets through; replaces what was muted. */
    mute(patterns: readonly string[]): Promise<void>;
    unmute(): Promise<void>;
    /** A canary published on the subject (any one that the pattern means) is heard. Rejects when the bus itself is away. */
    carries(pattern: string): Promise<boolean>;
  };
  /** The config that a component runs from; another copy of it is saved. */
  config: {
    wipe(part?: ConfigPart): Promise<void>;
    /** All of it, from the saved copy. */
    restore(): Promise<void>;
    /** Asked for what that part is for, not the component's word. Rejects when that cannot be told. */
    serves(part?: ConfigPart): Promise<boolean>;
    /** Changes with every wiping and restoring. */
    generation(): Promise<string>;
  };
  /** A rule set that lets connections in. */
  rules: {
    deny(how: "drop" | "reject"): Promise<void>;
    /** The rules as they were saved. */
    allow(): Promise<void>;
    /** A request is let through. Rejects when that cannot be told. */
    admits(): Promise<boolean>;
  };
  /** Those among whom a balancer spreads. */
  pool: {
    /** some: half of them, at least one. */
    drain(share: "some" | "all"): Promise<void>;
    fill(): Promise<void>;
    /** How many of them answer requests that are sent through the balancer. */
    reaches(): Promise<"all" | "some" | "none">;
  };
  /** Every link of a component at once: those that it dials, and those that lead to it. Not its mounts. */
  links: {
    cut(how: CutLink): Promise<void>;
    mend(): Promise<void>;
    /** An app slot counts only where it still carries: nobody may be behind it. */
    carry(): Promise<"all" | "some" | "none">;
  };
}
export type Capability = keyof Capabilities;

/** A live target, in the keeper's hands only. `C` are the capabilities a fault declared: using another one is a type error. */
export interface Target<C extends Capability = never> {
  readonly name: TargetName;
  readonly role: string;
  readonly can: Readonly<Pick<Capabilities, C>>;
}

/** What planning knows of a target: pure data. `ways` narrows a capability where an engine has only part of it (mount: ["detach"]). */
export interface TargetInfo {
  readonly name: TargetName;
  /** A component's own role; a link's or a mount's is that of the component it belongs to (`*>x`: of x). */
  readonly role: string;
  readonly kind: "component" | "link" | "mount";
  readonly can: readonly Capability[];
  readonly ways: Readonly<Partial<Record<Capability, readonly string[]>>>;
  /** Links: bus, state, storage, edge or apps. */
  readonly class?: string;
}

/** `of`: a role, or a glob over target names (picomatch). Only targets that can what the fault needs are counted. */
export interface Selector {
  readonly of: string;
  readonly pick: "one" | "minority" | "majority" | "all" | number | `${number}%`;
}

// ── 2 A fault ───────────────────────────────────────────────────────────────────────────────────

/**
 * generation: a target that broke and came back between two polls shows a changed one.
 * vacant: told by the keeper alone, once healing has begun: nobody is left behind the target to answer, and nothing is left of what was done to it.
 */
export interface Reading {
  readonly state: "intact" | "broken" | "unknown" | "vacant";
  readonly generation?: string;
}

export interface Fault<C extends Capability = Capability, O = unknown> {
  /** = the file's name. */
  readonly name: string;
  /** One sentence for help, docs and reports. */
  readonly says: string;
  readonly colour: `#${string}`;
  readonly needs: readonly C[];
  /** Narrows the targets beyond `needs`, e.g. nats-sever to links of class bus. */
  readonly among?: (target: TargetInfo) => boolean;
  /** The way of the capability that these options use ("hang" of mount), checked against TargetInfo.ways when planning. */
  readonly way?: (options: O) => string;
  readonly options: z.ZodType<O>;
  /** noop alone: no reading of the target can show it, so the keeper records broken/intact by fiat, marked as generation "noop". */
  readonly changesNothing?: true;
  inject(target: Target<C>, options: O, signal: AbortSignal): Promise<void>;
  /** Idempotent, from options alone, in any process, also after half an inject. */
  heal(target: Target<C>, options: O, signal: AbortSignal): Promise<void>;
  /** Only reads. The keeper polls it; receipts are made of readings. */
  witness(target: Target<C>, options: O, signal: AbortSignal): Promise<Reading>;
}

/** Gives a fault file its types. Every faults/*.ts default-exports one. */
export function defineFault<const C extends Capability, O>(fault: Fault<C, O>): Fault<C, O> {
  return fault;
}

// ── 3 Scenario (TypeScript) → plan (JSON) ───────────────────────────────────────────────────────

export type Plane = "control" | "data";
export type Vantage = "outside" | "inside";

export interface When {
  readonly id?: string;
  /** Seconds after the start of turbulence, or after `after` has ended and the foundation is steady again. Default 0. */
  readonly atS?: number;
  readonly after?: string;
  readonly forS: number;
  /** time: the cause passes after forS; playbook: the damage stays and forS is only a rail. Default time. */
  readonly endedBy?: "time" | "playbook";
  /** A label of the scenario's own clock, e.g. 05:45. */
  readonly clock?: string;
}
export interface Act extends When {
  readonly id: string;
  readonly fault: string;
  readonly options: unknown;
  readonly on: Selector;
}

/** What must hold. An act with neither a `min` nor an alarm anywhere proves nothing. */
export type Must = LostMust | AlarmMust;
/** The platform itself must raise this alarm, within the same time as lost seconds are counted. */
export interface AlarmMust {
  readonly during?: string;
  readonly alarm: string;
}
/** `min` is harm: a fault that does none proves nothing. It is held against what happened until somebody repaired it; a quick playbook fails by no `min`. */
export interface LostMust {
  /** From that act's first injection to the next act's, or to the end of the watch. Absent: the whole run from turbulence on. */
  readonly during?: string;
  /** Nothing may be lost before so many seconds after the injection: damage that comes later than the fault. */
  readonly notBeforeS?: number;
  readonly plane: Plane;
  readonly from: Vantage;
  /** Only this operation (login, push …) instead of the whole plane. */
  readonly op?: string;
  readonly lostS: { readonly min?: number; readonly max?: number };
}

export interface Scenario {
  readonly name: string;
  readonly says: string;
  readonly giveUpS: number;
  readonly playbook?: string;
  /** No more injections than this in all: a selector that grew is refused. */
  readonly blastRadius?: number;
  readonly foundation: { readonly profile: string; readonly timeFactor: number; readonly policy?: Readonly<Record<string, string>> };
  readonly acts: readonly Act[];
  readonly must: readonly Must[];
}

/** One fault on one target: the unit that the keeper injects, witnesses and heals. */
export interface Injection {
  readonly id: string;
  readonly act: string;
  readonly fault: string;
  readonly options: unknown;
  readonly target: TargetName;
  readonly atS: number;
  /** The keeper heals after so many seconds, whatever else happens. */
  readonly maxS: number;
  /** What maxS is, for `why` of the healing: the act's own end (default), or the rail of an act that a playbook ends. */
  readonly endedBy?: "time" | "playbook";
}
export interface Phases {
  readonly steadyS: number;
  /** Budget for becoming steady, before the steady phase and again after each act. */
  readonly recoveryS: number;
  /** From an act's beginning: so long nobody but the playbook recovers anything. Absent: the target's own recover runs as soon as the act is over. */
  readonly aloneS?: number;
  /** Delayed-damage window after the last healing. */
  readonly watchS: number;
}
export interface PlannedProbe {
  readonly probe: string;
  readonly plane: Plane;
  readonly from: Vantage;
  /** "api", "app-1", inside also "app-1/0" (instance) and "cc-1". */
  readonly target: string;
  readonly periodMs: number;
  readonly deadlineMs: number;
  /** Offset in the period: probes are staggered so that they do not fire at once. */
  readonly phaseMs: number;
}
/** All that run and verdict depend on; nothing is decided later. `digest` is over the rest, canonical JSON. */
export interface Plan extends Scenario {
  readonly version: 1;
  readonly seed: number;
  readonly digest: string;
  readonly system: string;
  readonly engine: string;
  readonly phases: Phases;
  readonly probes: readonly PlannedProbe[];
  readonly injections: readonly Injection[];
  readonly targets: readonly TargetName[];
  readonly warnings: readonly string[];
  /** What the playbook will do, with every human delay drawn; absent: nobody's playbook, the target's own recover. */
  readonly procedures?: readonly PlannedProcedure[];
  /** Who plays it; absent: the usual operator, whose hands do not slip. */
  readonly operator?: OperatorModel;
  /** What of the policy is the playbook's: a remedy that was in place before anything broke. */
  readonly remedy?: Readonly<Record<string, string>>;
  /** When alarms come, as the platform is configured: planning warns of those that come too late. */
  readonly foresight?: readonly Foresight[];
  /** Fault → colour of its band, so that a report needs nothing but the folder. */
  readonly colours?: Readonly<Record<string, string>>;
  /** What was known of the ruler when planning, on the machine that planned; absent: nothing. Reports draw their error bars from it; no verdict depends on it. */
  readonly calibration?: PlannedCalibration;
}

/** What a plan keeps of the record that `flounder calibrate` writes. */
export interface PlannedCalibration {
  readonly madeIso: string;
  /** A few short outages only. */
  readonly quick: boolean;
  readonly machine: Machine;
  readonly rows: readonly CalibratedRow[];
}
export type CalibratedAsker = "http" | "probe" | "tcp" | "dns" | "exec" | "http2";
/** Outage lengths as the prober reported them, held against the true ones. */
export interface CalibratedRow {
  /** Whose questions: absent, a plain request of `watch` ("http"); else a target's probe of several steps, or one of the other kinds of endpoint. */
  readonly asker?: CalibratedAsker | undefined;
  /** How the outages were: 503, refuse, stall … */
  readonly mode: string;
  readonly connection: "fresh" | "kept";
  readonly rateHz: number;
  readonly windows: number;
  readonly missed: number;
  /** Reported − true length: its mean, and the root of its mean square. */
  readonly biasMs: number;
  readonly rmsMs: number;
  /** Share of windows whose bounds hold the truth at both edges, 0 to 1. */
  readonly coverage: number;
  /** The shortest outage that was tried, and the longest that was missed (0: none was). Absent: a record of before that was kept. */
  readonly shortestMs?: number | undefined;
  readonly longestMissedMs?: number | undefined;
}
export interface Machine {
  /** Same machine, same id. Says nothing else. */
  readonly id: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
}

// ── 4 What is run, and what runs it ─────────────────────────────────────────────────────────────

export type PortProtocol = "http" | "nats" | "postgres" | "sftp" | "udp" | "tcp";

/**
 * What an engine starts: pure data. The engine adds to env: FLOUNDER_FOUNDATION, FLOUNDER_COMPONENT, DATA_DIR (the component's own
 * folder), PORT_<NAME> per port (number to listen on at BIND_HOST), ADVERTISE_<NAME>=host:port per fronted port, LINK_<NAME>=host:port per link,
 * MOUNT_<NAME>=path per mount, SECRETS_FILE, SLOTS=listen:advertisedHost:advertisedPort,… (names upper-cased, - to _).
 */
export interface Component {
  readonly name: string;
  readonly role: string;
  /** command[0]: "node" with a bundle's path as command[1], or "tool:nats-server". "{port.client}" and "{data}" are filled in. */
  readonly command: readonly string[];
  /** Runs to its end before each start (initdb …), same env and placeholders. */
  readonly prepare?: readonly string[];
  /** Started as an unprivileged user when the engine is root (Postgres refuses root). */
  readonly unprivileged?: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Labels of the secrets that it is granted: the file at SECRETS_FILE, which it alone can read, has one for each, derived from the foundation's. Absent: none. */
  readonly secrets?: readonly string[];
  readonly ports: Readonly<Record<string, PortProtocol>>;
  /** Ports that others dial at one advertised address: a proxy stands before them, link "*>name" (class as given). */
  readonly fronts?: Readonly<Record<string, string>>;
  /**
   * key → env LINK_<KEY>; the link's name is "<component>>⟨to⟩". With `from` the component does not dial it itself but hands the address to others,
   * who are called so: the link's name is "⟨from⟩>⟨to⟩" then ("app>servicedb-1").
   */
  readonly links: Readonly<Record<string, { readonly to: string; readonly port: string; readonly class: string; readonly from?: string }>>;
  /** key = lun → env MOUNT_<KEY>; the mount's name is "<component>:<lun>"; its proxy has class storage. `port` is the cabinet's port for this LUN. */
  readonly mounts: Readonly<Record<string, { readonly cabinet: string; readonly port: string }>>;
  /** "http:<port>/path" (2xx) or "tcp:<port>". */
  readonly ready: string;
  /** Components that must be ready before this one is started; keep it short, boot time depends on it. */
  readonly after?: readonly string[];
  /** Restarted when it dies by itself. */
  readonly supervised: boolean;
  /** App slots, each a listen port and an advertised proxy port: links "*>name.<n>", class apps. */
  readonly slots?: number;
  readonly contained?: Contained;
}
/** What else a component is where each lives in a container of its own; an engine without containers passes it over. */
export interface Contained {
  /** On top of the component's env. */
  readonly env?: Readonly<Record<string, string>>;
  /** Users reach it: it is on their network too, by its name and by these. */
  readonly outside?: readonly string[];
  /** Ports that are published on this machine's loopback, under the same number; a udp one over TCP as well. */
  readonly published?: readonly string[];
  /** Packets pass through it by rules of its own. */
  readonly filters?: true;
}
export interface Topology {
  readonly profile: string;
  readonly domain: string;
  readonly components: readonly Component[];
}

/** A question to a component's admin port, past everything that a fault can cut. Rejects with FlounderError code "unreachable" or "refused". */
export type Call = (component: string, path: string, body?: unknown, timeoutMs?: number) => Promise<unknown>;

/** Where a component listens, past every proxy: what adapters, inside vantage and witnesses use. */
export interface Addresses {
  direct(component: string, port: string): { readonly host: string; readonly port: number };
  /** Derived from the foundation's secret under this label, as a component with the same secret derives it: with it they log in. */
  secret(label: string): string;
}

/** What an engine does at a component's own place for adapters of servers that have no admin port: their files and signals. */
export interface Host {
  /** Replaces a file in the component's data folder, whole or not at all. */
  write(component: string, file: string, text: string): Promise<void>;
  /** Of a file there; rejects when it cannot be read. */
  read(component: string, file: string): Promise<string>;
  /** To the main process; does nothing when there is none. */
  signal(component: string, signal: "SIGHUP"): Promise<void>;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Default export of targets/<name>/target.ts: all that the harness loads of a system under test. */
export interface TargetSystem {
  readonly name: string;
  readonly profiles: readonly string[];
  /** What may be set by policies, with the choices; the first one is the default, unless a profile has its own. */
  readonly policies?: Readonly<Record<string, readonly string[]>>;
  /** By which a profile is brought up when nobody says: large ones want slower timers. */
  timeFactorOf(profile: string): number;
  readonly defaultScenario: string;
  /** Refuses an unknown profile, policy or time factor with a FlounderError. */
  topology(profile: string, timeFactor: number, policy: Readonly<Record<string, string>>): Topology;
  /** Capabilities that engines cannot supply, by role: what planning counts on. */
  capabilities(component: Component): readonly Capability[];
  /** Those of them that act on whoever has a LUN mounted, and on nobody where LUNs are links to their folders: not offered there. */
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
  facts?(topology: Topology, addresses: Addresses, secret: string): Pick<FoundationFacts, "api" | "router" | "dns" | "user" | "password">;
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

export interface RecoverOptions {
  /** Aborted: nothing more is waited for. */
  readonly signal?: AbortSignal;
  /** What is found damaged for good stays so; without it that is an error. */
  readonly acceptLoss?: boolean;
}
export interface Ailment {
  /** A sentence without its full stop: who cannot do what, and why. */
  readonly says: string;
  /** recover: only an operator's verbs end it, as recover() does. time: the platform itself ends it, soon after its cause has gone. */
  readonly endedBy: "recover" | "time";
}

/** An alarm of the platform's own monitoring. */
export interface SaidAlarm {
  /** Unique in the foundation, as long as whoever said it lives. */
  readonly id: string;
  readonly from: string;
  /** Its name, as conditions have it. */
  readonly alarm: string;
  readonly on: string;
  readonly says: string;
  /** Since the epoch, by the platform's clock. */
  readonly atMs: number;
}

/** An operator's verb that was carried out, or refused. */
export interface AuditLine {
  readonly atIso: string;
  /** Who gave the command: a person's name, "script", "model". */
  readonly who: string;
  readonly verb: string;
  /** What it was done to. */
  readonly on: string;
  readonly ok: boolean;
  /** What came of it, or why it did not. */
  readonly says: string;
}

/** One sign of trouble that three configurations are about; seconds as they are measured, null: never. */
export interface Foresight {
  /** As conditions name it. */
  readonly alarm: string;
  /** What it is the sign of. */
  readonly says: string;
  /** Alarm raised so long after the sign. */
  readonly alarmS: number | null;
  /** Automatic fail-over so long after the sign. */
  readonly failOverS: number | null;
  /** The damage that it could prevent is done so long after the sign; null: it is a sign of damage done. */
  readonly tooLateS: number | null;
  /** Playbooks for early detection wait for this one. */
  readonly trigger: boolean;
}

/** What clients need to know of a foundation; `flounder status --json`. */
export interface FoundationFacts {
  readonly id: string;
  readonly system: string;
  readonly engine: string;
  readonly profile: string;
  readonly timeFactor: number;
  /** As it was brought up with. Absent: its keeper is of a version before. */
  readonly policy?: Readonly<Record<string, string>>;
  /** Base URL of the API, host by name: resolve at `dns`. */
  readonly api: string;
  readonly domain: string;
  /** URL of the front door by address. */
  readonly router: string;
  /** host:port of the DNS servers. */
  readonly dns: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly components: readonly ComponentFacts[];
  /** Of the programs of others that it runs, as its keeper found them when it began: name → version. Absent: nobody knows. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Where each vantage is; absent: both are this machine, and one prober asks from both. */
  readonly vantages?: Vantages;
}
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

/** Used by the keeper alone. */
export interface Engine {
  readonly name: "local" | "compose";
  /** A few words for lists and help. */
  readonly says: string;
  /** Every problem that would stop `start`, each with what to do; empty = fine. `doctor` prints it. */
  check(): Promise<readonly { readonly what: string; readonly hint: string }[]>;
  /** Gets the tools that are missing, by fetching or building them; progress through `say`. Rejects where one cannot be got; does nothing where all are here. */
  obtain(say: (line: string) => void): Promise<void>;
  /** What was found, in words, for `doctor`: tool → version or path, mounts → how LUNs are mounted here and why. */
  facts(): Promise<Readonly<Record<string, string>>>;
  /** Of the programs of others that it runs: name → version. */
  versions?(): Promise<Readonly<Record<string, string>>>;
  /** Whom its processes run as, for `doctor`: what → whom, and what for. */
  users(): Promise<Readonly<Record<string, string>>>;
  /** Pure: what targets there will be, without starting anything. */
  targets(topology: Topology, system: TargetSystem): Promise<readonly TargetInfo[]>;
  start(spec: FoundationSpec, say: (line: string) => void, signal: AbortSignal): Promise<Running>;
  /** Takes over what a dead keeper left: adopts or restarts components, knows their proxies and mounts. */
  attach(dir: string): Promise<Running>;
  /** Ends all that the machine shows of a foundation, whatever its folder says or lacks; the folder itself stays. Rejects, naming it, if something withstands. */
  clear(id: string, dir: string): Promise<void>;
  /** What it would start, for people to read and to start by hand; absent where there is no such form. Starts nothing. */
  print?(topology: Topology, system: TargetSystem, portBase?: number): string;
}
export interface FoundationSpec {
  readonly id: string;
  readonly system: string;
  readonly profile: string;
  readonly timeFactor: number;
  readonly policy: Readonly<Record<string, string>>;
  readonly engine: "local" | "compose";
  /** The foundation's state folder (0700, below the XDG state home). */
  readonly dir: string;
  readonly portBase?: number;
  /** Random, 0600 in the folder; passwords and signing keys derive from it. No component is given it: see Component.secrets. */
  readonly secret: string;
}
export interface Running extends Addresses {
  readonly topology: Topology;
  /** Where users are and where insiders are, if neither is this machine. */
  readonly vantages?: Vantages;
  target<C extends Capability>(name: TargetName, needs: readonly C[]): Target<C>;
  targets(): readonly TargetInfo[];
  readonly call: Call;
  /** Where whoever uses this link, or mounts over it, dials: its proxy, as this process reaches it. */
  dialled(link: TargetName): { readonly host: string; readonly port: number };
  fingerprint(): Promise<Readonly<Record<TargetName, string>>>;
  components(): readonly ComponentFacts[];
  /** True for an app slot whose app has gone: its proxy is as it was made, and hangs up on whoever dials. False for all else. */
  vacant(name: TargetName): Promise<boolean>;
  /** Stronger ways to undo, tried in order when heal is not proved: recreate the proxy, restart its Toxiproxy, restart the component. */
  escalate(name: TargetName, step: 0 | 1 | 2): Promise<void>;
  /** What is otherwise than it was made, read from the machine, whatever was injected; only what faults and strangers do, never what the platform does by itself. */
  differences(): Promise<readonly Difference[]>;
  /** What platform and supervisor saw: component died, restarted … */
  onTrouble(listener: (from: string, says: string) => void): void;
  /** Ends everything, by mark, cwd and executable, until nothing is left. */
  reap(): Promise<void>;
}

/** What runner, CLI, suites and console hold: a socket to the keeper, never a target. */
export interface Client extends AsyncDisposable {
  readonly id: string;
  /** True if this client's command started the foundation. */
  readonly owned: boolean;
  facts(): Promise<FoundationFacts>;
  targets(): Promise<readonly TargetInfo[]>;
  routes(): Promise<readonly Route[]>;
  /** Resolves when the injection was done (not yet witnessed); rejects when it is refused: frozen, stopped, unknown, not intact. */
  inject(injection: Injection): Promise<void>;
  /** Heals one, or all; resolves with what is proved. When all is asked for: also what differs from what was made, and is no live injection's. */
  heal(id?: string, why?: "asked" | "playbook"): Promise<readonly HealReport[]>;
  /** What differs on the machine from what was made, and is no live injection's. Mends nothing. */
  differences(): Promise<readonly SaidDifference[]>;
  /** Blocks new injections, heals all; until release(reason). */
  stop(reason: string): Promise<void>;
  release(reason: string): Promise<void>;
  /** Of two freezes the one that ends later holds. */
  freeze(untilIso: string, reason: string): Promise<void>;
  unfreeze(reason: string): Promise<void>;
  /** An operator verb: goes to a component's admin port through the keeper; refused while frozen. */
  readonly call: Call;
  /** What was started. */
  topology(): Promise<Topology>;
  /** What users suffer from at this moment that the end of a fault alone does not end. */
  ailments(): Promise<readonly Ailment[]>;
  fingerprint(): Promise<Readonly<Record<TargetName, string>>>;
  /** From this call on; until the signal aborts, if there is one. */
  events(signal?: AbortSignal): AsyncIterable<Event>;
  /**
   * The foundation is this client's alone from now on: no other one may claim it, until unclaim() or until this client is gone. Rejects with "owned" and who has it,
   * with "frozen" where nothing may be injected, with "refused" where something is injected already. `command` is what others are told.
   */
  claim(command: string): Promise<void>;
  unclaim(): Promise<void>;
  /** Ends the foundation and its keeper; nothing is left. */
  down(): Promise<void>;
}
/** Something that is not as it was made, and how it is put right. */
export interface Difference {
  readonly target: TargetName;
  /** Whose deed it is: a live injection on that target that needs this capability has made it so. */
  readonly capability: Capability;
  /** A few words without a verb: "proxy disabled". */
  readonly says: string;
  /** May be asked for again. */
  mend(): Promise<void>;
}
export type SaidDifference = Omit<Difference, "mend">;
export interface HealReport {
  /** Empty: no injection has recorded it. */
  readonly injection: string;
  readonly target: TargetName;
  readonly proved: boolean;
  readonly says: string;
}

// ── 5 What is seen ──────────────────────────────────────────────────────────────────────────────

/** Where a planned probe asks now. url has an address or a name; a name is resolved at `resolvers` (host:port), else not at all. */
export interface Route {
  readonly from: Vantage;
  readonly target: string;
  /** Empty: nothing is there to be asked (sample outcome refused). */
  readonly url: string;
  /** Host header. */
  readonly host: string;
  readonly resolvers: readonly string[];
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

export type Outcome = "ok" | "refused" | "reset" | "timeout" | "dns" | "http-5xx" | "no-route" | "wrong-answer" | "unknown" | "not-attempted" | "observer";

export interface Sample {
  readonly probe: string;
  readonly from: Vantage;
  readonly target: string;
  readonly seq: number;
  readonly dueUs: number;
  readonly sentUs: number;
  readonly endUs: number;
  readonly outcome: Outcome;
  /** Phase ends, µs after sent: dns, connect, first byte. */
  readonly dnsUs?: number;
  readonly connectUs?: number;
  readonly firstUs?: number;
  readonly status?: number;
  /** Who answered, or what went wrong, shortly. */
  readonly note?: string;
}

/** What an event says of an injection that a client asked for. */
export interface Deed {
  readonly fault: string;
  readonly target: TargetName;
  /** Command and process. */
  readonly client: string;
}
/** On what a run took place, and how it is done again: what a plan does not know. */
export interface About {
  readonly foundation: { readonly id: string /** It was up before the run, and stayed. */; readonly attached: boolean };
  /** Name → version. */
  readonly versions: Readonly<Record<string, string>>;
  /** A shell command that makes the same plan again. */
  readonly repro: string;
}

export type Event = { readonly atUs: number; readonly by: "script" | "model" | "person" | "keeper" | "platform" } & (
  | ({
      readonly kind: "zero";
      readonly wallIso: string;
      readonly flounder: string /** Id of the machine that measured. */;
      readonly machine?: string;
    } & Partial<About>)
  | { readonly kind: "phase"; readonly phase: "boot" | "steady" | "turbulence" | "recovery" | "watch" | "end" }
  | { readonly kind: "act"; readonly act: string; readonly state: "begins" | "ended" | "steady-again" | "not-steady" }
  | { readonly kind: "injected"; readonly injection: string }
  | ({ readonly kind: "injecting"; readonly injection: string } & Partial<Deed>)
  | { readonly kind: "healing"; readonly injection: string /** Who asked for it; absent: nobody. */; readonly client?: string }
  | { readonly kind: "healed"; readonly injection: string; readonly proved: boolean; readonly why: "time" | "asked" | "playbook" | "rail" | "stop" | "lease" }
  | { readonly kind: "reading"; readonly injection: string; readonly reading: Reading; readonly fromUs: number }
  | { readonly kind: "detected"; readonly procedure: string; readonly says: string }
  | {
      readonly kind: "step";
      /** Counted from 1 in its procedure; 0: the target's own recover. */
      readonly step: number;
      readonly procedure?: string;
      readonly says: string;
      readonly state: "due" | "acting" | "done" | "refused" | "gave-up";
      /** What came of it. */
      readonly came?: string;
      /** What went wrong with it: whoever did it does not know. */
      readonly slip?: Slip;
    }
  | ({ readonly kind: "audit" } & Omit<AuditLine, "atIso">)
  | { readonly kind: "alarm"; readonly from: string; readonly says: string; readonly alarm?: string }
  | { readonly kind: "trouble"; readonly from: string; readonly says: string }
  | { readonly kind: "fingerprint"; readonly when: "before" | "after"; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: "acked" | "missing"; readonly write: string }
  | {
      readonly kind: "observer";
      readonly cpuUs: number;
      readonly latenessP50Us: number;
      readonly latenessP99Us: number;
      readonly samples: number;
      readonly shed: number;
    }
  | { readonly kind: "aborted"; readonly why: string }
  /** Somebody else injected or healed something while the run was under way. */
  | { readonly kind: "foreign"; readonly says: string }
  /** The run could not go on: its own fault, or that of what it runs on. Nobody wanted that. */
  | { readonly kind: "broken-off"; readonly why: string }
);

type DistributiveOmit<T, K extends keyof never> = T extends unknown ? Omit<T, K> : never;
/** An event before it is stamped; by: default "script". */
export type EventBody = DistributiveOmit<Event, "atUs" | "by"> & { readonly by?: Event["by"] };

// ── 6 Judgement (pure) ──────────────────────────────────────────────────────────────────────────

export type Result = "pass" | "fail" | "inconclusive" | "aborted";
export interface Finding {
  readonly result: Result;
  readonly says: string;
  readonly atUs: readonly number[];
}
/** Seconds, with the bounds that the sampling period leaves open. */
export interface Bounds {
  readonly lo: number;
  readonly hi: number;
}
/** The proof, per injection: between which readings it bit, and between which it was healed. null: never seen. */
export interface Receipt {
  readonly injection: string;
  readonly act: string;
  readonly fault: string;
  readonly target: TargetName;
  readonly bitUs: { readonly lo: number; readonly hi: number } | null;
  readonly healedUs: { readonly lo: number; readonly hi: number } | null;
}
export type PlaneState = "up" | "degraded" | "down";
export interface MatrixCell {
  readonly outside: { readonly control: PlaneState; readonly data: PlaneState };
  readonly inside: { readonly control: PlaneState; readonly data: PlaneState };
  readonly seconds: number;
}
/** verdict.json; see docs/verdict.schema.json. */
export interface Verdict {
  readonly version: 1;
  readonly result: Result;
  readonly scenario: string;
  readonly seed: number;
  readonly planDigest: string;
  readonly engine: string;
  readonly profile: string;
  readonly lostS: Readonly<Record<Plane, Readonly<Record<Vantage, Bounds>>>>;
  readonly acts: readonly { readonly act: string; readonly lostS: Readonly<Record<Plane, Readonly<Record<Vantage, Bounds>>>> }[];
  /** Per control operation × vantage. */
  readonly operations: Readonly<Record<string, Readonly<Record<Vantage, Bounds & { readonly ok: number; readonly bad: number }>>>>;
  readonly matrix: readonly MatrixCell[];
  readonly receipts: { readonly bit: number; readonly healed: number; readonly of: number; readonly each: readonly Receipt[] };
  readonly ledger: { readonly acknowledged: number; readonly missing: readonly string[] };
  readonly recovery: readonly RecoveryClock[];
  /** Share of samples lost to the observer, 0 to 1. */
  readonly observerFaults: number;
  readonly findings: readonly Finding[];
  /** Absent: a verdict of a version before. */
  readonly setup?: Setup | undefined;
}
/** What was run, on what. `about` is null for a run that did not record it. */
export interface Setup {
  readonly target: string;
  readonly timeFactor: number;
  readonly policies: Readonly<Record<string, string>>;
  /** null: nobody's. */
  readonly playbook: string | null;
  readonly about: About | null;
}
/** Per act: seconds from its first injection to each instant, null if it never came. */
export interface RecoveryClock {
  readonly act: string;
  /** The procedure's detection, or without one the platform's first alarm. */
  readonly detectedS: number | null;
  /** First step that was begun; a person's delay comes before it. */
  readonly decidedS: number | null;
  readonly restoredS: number | null;
  readonly verifiedS: number | null;
  /** Last healing, proved. */
  readonly healedS: number | null;
  readonly stableS: number | null;
  /** Ended by the rail, not by the playbook: how long it would have taken is not known. */
  readonly censored: boolean;
  /** What people took, and what machines took, in all steps. */
  readonly humanS: number;
  readonly machineS: number;
  readonly steps: readonly StepClock[];
}
export interface StepClock {
  readonly procedure: string;
  readonly step: number;
  readonly says: string;
  readonly does: Step["does"];
  /** From the instant that it was due to its beginning. */
  readonly humanS: number;
  /** From its beginning to its end. */
  readonly machineS: number;
  readonly state: "done" | "refused" | "gave-up" | "unfinished";
  readonly came: string;
}

// ── 7 Recovery ──────────────────────────────────────────────────────────────────────────────────

/** up: every probe of that plane and vantage was answered well for so long; down: none. */
export type Condition = { readonly alarm: string } | { readonly plane: Plane; readonly from: Vantage; readonly is: "up" | "down"; readonly forS: number };

export interface Step<Console = unknown> {
  readonly say: string;
  /** Its part in the recovery clock. */
  readonly does: "decide" | "prevent" | "restore" | "verify" | "release";
  /** Median of what a person needs before it; each run draws its own from the seed. Absent: nobody is asked. */
  readonly humanS?: number;
  /** Waited for before it is begun. */
  readonly guard?: Condition;
  /** Resolves with what came of it. Tried again until limitS while the platform refuses or does not answer. */
  run?(console: Console): Promise<string>;
  /** Waited for before it counts as done. */
  readonly until?: Condition;
  /** From its beginning: then it is given up, and its procedure with it. */
  readonly limitS: number;
}
/** Begun whenever its condition comes to hold; again when it has ended and the condition comes to hold anew. */
export interface Procedure<Console = unknown> {
  readonly name: string;
  readonly detect: Condition;
  readonly steps: readonly Step<Console>[];
}
/** Every targets/<name>/playbooks/*.ts default-exports one, named like its file. */
export interface Playbook<Console = unknown> {
  readonly name: string;
  /** One sentence: what it bets on. */
  readonly says: string;
  /** How the platform must be configured for it, instead of what the scenario says: a remedy that is in place before anything breaks. */
  readonly policy?: Readonly<Record<string, string>>;
  /** Done before anything breaks, as last night's backup; no part of the recovery. */
  before?(console: Console): Promise<string>;
  readonly procedures: readonly Procedure<Console>[];
}
/** What goes wrong with a step in the hands of a person. wrong-terminal: it is typed where something else listens. */
export type Slip = "wrong-target" | "wrong-step" | "skipped" | "repeated" | "wrong-terminal";
/** draw: from 0 to 1, chooses which of what there is. */
export interface PlannedSlip {
  readonly kind: Slip;
  readonly draw: number;
}
/** Who plays the playbook: `delays` multiplies the medians of human delays, `sigma` is their log-normal width, `slips` are probabilities per step. */
export interface OperatorModel {
  readonly name: string;
  readonly delays: number;
  readonly sigma: number;
  readonly slips: Readonly<Partial<Record<Slip, number>>>;
}
/** A console on which hands can slip: what comes of it is the target's to know. */
export interface SlipperyConsole {
  slip(kind: "wrong-target" | "wrong-terminal", draw: number): Promise<string>;
}
/** Pure data: what will be done, without what does it. */
export type PlannedStep = Omit<Step, "run" | "humanS"> & { readonly humanS: number; readonly slip?: PlannedSlip };
export interface PlannedProcedure {
  readonly name: string;
  readonly detect: Condition;
  readonly steps: readonly PlannedStep[];
}
