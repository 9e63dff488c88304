/** The timeline: what happened in a run, event by event. */
import type { TargetName } from "./capability.js";
import type { Reading } from "./fault.js";
import type { AuditLine } from "./operations.js";
import type { Slip } from "./recovery.js";

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
      /** The person who did it, on a game day. */
      readonly who?: string;
    }
  /** A game day: who plays is people, and this is what they know. */
  | { readonly kind: "people"; readonly blind: boolean; readonly seats: readonly string[] }
  /** What a player says on a game day: something is wrong · I know what · it is fixed. It times the clock; nothing is judged by it. */
  | { readonly kind: "mark"; readonly who: string; readonly seat: string; readonly mark: "wrong" | "cause" | "fixed"; readonly says: string }
  /** What the facilitator of a game day did; `act`: the unplanned act that began. */
  | {
      readonly kind: "facilitator";
      readonly who: string;
      readonly did: "go" | "inject" | "note" | "freeze" | "unfreeze" | "abort";
      readonly says: string;
      readonly ok: boolean;
      readonly act?: string;
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
