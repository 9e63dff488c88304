/** What can be broken: targets, and the capabilities by which faults act on them. */

/** "dea-1" (process) · "dea-1>nats-1" (link) · "*>cc-1" (registered endpoint) · "*>dea-1.3" (app slot 3) · "cc-1:lun-1" (mount). */
export type TargetName = string;

export type CutLink = "refuse" | "reset" | "swallow";

export type CutMount = "detach" | "hang" | "read-only";

/** rules: what lets in, while the default policy stays; external, internal: one zone of a name server. */
export type ConfigPart = "all" | "rules" | "external" | "internal";

/** Slips that an operator can make at a component by itself, whatever playbook is played. */
export type ConsoleSlip = "wrong-target" | "wrong-step" | "wrong-terminal";

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
    /** Way "slow": every answer of the volume comes so much later. */
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
  /** Room on the volumes of a storage. */
  room: {
    /** From now on nothing grows there: new bytes are refused, reading and overwriting in place go on. one: the seed chooses. Replaces what was full. */
    fill(volumes: "one" | "all", seed: number): Promise<void>;
    free(): Promise<void>;
    /** Which of the volumes take new bytes: each is asked over a connection of its own. Rejects when one does not answer. */
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
  /** The operator's own verbs at this component, run where nobody meant them, and what takes them back. */
  console: {
    /** Resolves when the command was taken. wrong-target: it was meant for another one; wrong-step: it was not its turn; wrong-terminal: it was meant for another place. */
    slip(kind: ConsoleSlip): Promise<void>;
    /** Takes back what such a slip has left here. */
    undo(kind: ConsoleSlip): Promise<void>;
    /** Nothing is left of such a slip: seen in what the component does. Rejects when that cannot be told. */
    asMeant(kind: ConsoleSlip): Promise<boolean>;
    /** Changes with every slip that may be over before anybody looks. Rejects when that cannot be told. */
    generation(kind: ConsoleSlip): Promise<string>;
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
  /** A component that runs what is not its own, in slots: apps of others. */
  readonly hosts?: true;
  /** Links: bus, state, storage, edge or apps. */
  readonly class?: string;
}
