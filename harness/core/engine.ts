/** An engine, and a foundation that it has running. */
import type { Capability, Target, TargetInfo, TargetName } from "./capability.js";
import type { Difference } from "./difference.js";
import type { ComponentFacts, Vantages } from "./facts.js";
import type { TargetSystem } from "./system.js";
import type { Addresses, Call, Topology } from "./topology.js";

/** Used by the keeper alone. */
export interface Engine {
  /** = its folder's name. */
  readonly name: string;
  /** A few words for lists and help. */
  readonly says: string;
  /** Every problem that would stop `start`, each with what to do; empty = fine. `doctor` prints it. */
  check(): Promise<readonly { readonly what: string; readonly hint: string }[]>;
  /** Gets the tools that are missing, by fetching or building them; progress through `say`. Rejects where one cannot be got; does nothing where all are here. */
  obtain(say: (line: string) => void): Promise<void>;
  /** What was found, in words, for `doctor`: tool → version or path, mounts → how volumes are mounted here and why. */
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
  readonly engine: string;
  /** The foundation's state folder (0700, below the XDG state home). */
  readonly dir: string;
  readonly portBase?: number;
  /** Random, 0600 in the folder; passwords and signing keys derive from it. No component is given it: see Component.secrets. */
  readonly secret: string;
}

/** A stronger way to undo what was done to a target. */
export interface Remedy {
  /** What it does, as an order: "restart the component cc-1". It is announced with these words, and is nothing else. */
  readonly says: string;
  /** May be applied again. */
  apply(): Promise<void>;
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
  /** Stronger ways to undo, the gentlest first: tried in order when a healing is not proved. */
  remedies(name: TargetName): readonly Remedy[];
  /** What is otherwise than it was made, read from the machine, whatever was injected; only what faults and strangers do, never what the platform does by itself. */
  differences(): Promise<readonly Difference[]>;
  /** What may be injected at all, beside what each target can. Absent: no such bound. */
  readonly rails?: Rails;
  /** What platform and supervisor saw: component died, restarted … */
  onTrouble(listener: (from: string, says: string) => void): void;
  /** Ends everything, by mark, cwd and executable, until nothing is left. */
  reap(): Promise<void>;
}

/** Bounds of what may be done to a system that is not ours. */
export interface Rails {
  /** Injections at the same time. */
  readonly blastRadius: number;
  /** No injection may be asked for longer. */
  readonly longestS: number;
}
