/**
 * What page and server of a game day say to each other: routes, roles, bodies, and the event stream. The page is told nothing that is not here.
 *
 * One tab is one role. A link carries a token in its fragment (`/player#TOKEN`); `POST /api/join` exchanges it, or a join code that somebody types, for a cookie
 * of that role. Every other request says for which role it asks by `?as=ROLE`, since one browser may hold several tabs. All times are µs after the run's zero
 * (`atUs`); `zeroMs` in the state is that zero by the wall clock, ms since the epoch. Every answer is JSON; an error is `{error: {code, says, hint}}`.
 */
import { z } from "zod";

export const roles = ["facilitator", "player", "room"] as const;
export const role = z.enum(roles);
export type Role = z.infer<typeof role>;

/** A player's seat: what whoever takes it sees and may do. `inside`: inside-vantage figures as well; `console`: the operator's verbs, logs and playbook. */
export const seat = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,29}$/), inside: z.boolean(), console: z.boolean() });
export type Seat = z.infer<typeof seat>;

// ── Bodies of POSTs (application/json; 415 otherwise, 413 beyond 8 KiB, 400 for another shape) ──

const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, "expected one line of text");
const said = line(280).default("");
const nothing = z.strictObject({});

/**
 * `key`: the link's token, or the join code. `name`: who it is, as it stands in the timeline. `seat`: one of the seats; players only, default the first: whoever has
 * joined reads `state.seats`, and joins again to take another one.
 */
export const joinBody = z.strictObject({ role, key: z.string().min(1).max(200), name: line(40).min(1), seat: z.string().max(30).optional() });
/** Unplanned acts by their id, from `state.injects`. */
export const injectBody = z.strictObject({ act: z.string().min(1).max(200) });
export const noteBody = z.strictObject({ says: line(280).min(1) });
/** Nobody writes to the foundation for so many seconds; healing and abort are never blocked. */
export const freezeBody = z.strictObject({ forS: z.number().positive().max(3600), reason: said });
export const reasonBody = z.strictObject({ reason: said });
/** wrong: something is wrong · cause: I know what · fixed: it is fixed. */
export const markKinds = ["wrong", "cause", "fixed"] as const;
export type MarkKind = (typeof markKinds)[number];
export const markBody = z.strictObject({ mark: z.enum(markKinds), says: said });
/** `args`: as typed, in the order of the verb's `params`; an empty one at the end is left out. */
export const verbBody = z.strictObject({ verb: z.string().min(1).max(60), args: z.array(line(200)).max(8).default([]) });
/** tick: done by hand · run: the server does it with the console · skip: left out on purpose. `step` is counted from 1. */
export const stepBody = z.strictObject({
  procedure: z.string().min(1).max(200),
  step: z.number().int().positive(),
  does: z.enum(["tick", "run", "skip"]),
});
/** The answer to a step for which a supervised run waits. */
export const approveBody = z.strictObject({ ask: z.number().int().positive(), go: z.boolean() });

/** Method and path → who may ask, and what it must send. `console`: only seats that have it. `over`: only once the run is over, when nothing is secret any more. */
export interface RouteRule {
  readonly roles: readonly Role[];
  readonly body?: z.ZodType;
  readonly console?: true;
  readonly over?: true;
}
const everybody = roles;
export const routes = {
  /** → {session, state}. The one route without a cookie. */
  "POST /api/join": { roles: [], body: joinBody },
  /** → {session, state}; 401 without a session. */
  "GET /api/session": { roles: everybody },
  /** Forgets the cookie. */
  "POST /api/leave": { roles: everybody, body: nothing },
  /** The event stream, below. */
  "GET /api/stream": { roles: everybody },
  /** → {player, room, code?}: links to hand out; code: what players may type instead of a token, with --share only. */
  "GET /api/links": { roles: ["facilitator"] },
  /** The run begins. 409 unless the stage is `ready`. */
  "POST /api/go": { roles: ["facilitator"], body: nothing },
  /** An unplanned act begins now. 409 unless the run is at it, or if it has begun before. */
  "POST /api/inject": { roles: ["facilitator"], body: injectBody },
  /** No more unplanned acts: the run goes on to its end once what has begun is over. While some are left it waits for them, for 0.6 of its time. */
  "POST /api/no-more": { roles: ["facilitator"], body: nothing },
  /** Into the timeline; players do not see it. */
  "POST /api/note": { roles: ["facilitator"], body: noteBody },
  "POST /api/freeze": { roles: ["facilitator"], body: freezeBody },
  "POST /api/unfreeze": { roles: ["facilitator"], body: reasonBody },
  /** Heals all and ends the run. Answers at once with 202; the proofs come as `abort` in the stream. May be asked again. */
  "POST /api/abort": { roles: ["facilitator", "room"], body: reasonBody },
  /** → {atUs}. */
  "POST /api/mark": { roles: ["player"], body: markBody },
  /** → {ok, says}: what came of it; 200 also where the platform refused (ok: false). */
  "POST /api/verb": { roles: ["player"], body: verbBody, console: true },
  /** → {ok, says}. */
  "POST /api/step": { roles: ["player"], body: stepBody, console: true },
  /** A supervised run goes on, or leaves the step out. 409 if nobody waits for that answer any more. */
  "POST /api/approve": { roles: ["player"], body: approveBody, console: true },
  /** ?component=NAME&lines=N (at most 400) → {component, lines: string[]}; without a component → {components: string[]}. */
  "GET /api/logs": { roles: ["facilitator", "player"], console: true },
  /** → Debrief, below. */
  "GET /api/debrief": { roles: everybody, over: true },
  /** The run's report.html. */
  "GET /report.html": { roles: everybody, over: true },
} as const satisfies Record<string, RouteRule>;
export type RouteName = keyof typeof routes;

// ── Answers ─────────────────────────────────────────────────────────────────────────────────────

export interface Session {
  readonly role: Role;
  readonly name: string;
  /** Players only. */
  readonly seat?: Seat | undefined;
}
export interface Refused {
  readonly error: { readonly code: string; readonly says: string; readonly hint: string };
}

/** raising: the foundation comes up · ready: it waits for the facilitator · running · ending: it is judged · over: see the debrief · failed: see `why`. */
export type StageName = "raising" | "ready" | "running" | "ending" | "over" | "failed";

/** Sent to every role. What a role may not know is absent. */
export interface State {
  readonly stage: StageName;
  readonly blind: boolean;
  /** Wall clock of the run's zero, ms since the epoch; null before it runs. */
  readonly zeroMs: number | null;
  /** When the server said this, ms since the epoch. */
  readonly nowMs: number;
  /** Whether something is frozen: writes are refused until then. */
  readonly frozen: { readonly untilIso: string; readonly reason: string } | null;
  /** Somebody has asked for the abort. */
  readonly aborting: boolean;
  /** How many tabs are connected, by role. */
  readonly present: Readonly<Record<Role, number>>;
  readonly seats: readonly Seat[];
  /** Which lanes there are for this role, from top to bottom. */
  readonly lanes: readonly LaneHead[];
  /** Seats with a console. */
  readonly console?: ConsoleState;
  /** The facilitator, and everybody where the game is not blind. */
  readonly secret?: SecretState;
  /** Facilitator: why it failed, or what went wrong on the way. Others: absent. */
  readonly why?: string;
}
export interface LaneHead {
  readonly key: string;
  /** "developers", "app users" and so on, as reports say it. */
  readonly says: string;
  readonly plane: "control" | "data";
  readonly from: "outside" | "inside";
}
export interface ConsoleState {
  /** `params`: names of arguments, in order; `says` what it does. */
  readonly verbs: readonly { readonly name: string; readonly params: readonly string[]; readonly says: string }[];
  /** The playbook as a checklist; empty where the scenario has none. What became of a step comes as `step` events. */
  readonly playbook: readonly {
    readonly procedure: string;
    /** When it is begun, in words. */
    readonly detect: string;
    readonly steps: readonly {
      readonly step: number;
      readonly says: string;
      readonly does: string /** It has verbs: it can be run. */;
      readonly runs: boolean;
    }[];
  }[];
  /** A supervised run waits for an answer; null: for nothing. */
  readonly ask: { readonly ask: number; readonly procedure: string; readonly step: number; readonly says: string } | null;
}
export interface SecretState {
  readonly scenario: string;
  readonly says: string;
  readonly seed: number;
  readonly engine: string;
  readonly profile: string;
  readonly foundation: string | null;
  /** The run's phase: boot, steady, turbulence, watch, end. */
  readonly phase: string | null;
  readonly acts: readonly ActHead[];
  /** Unplanned acts: they begin when the facilitator says so. */
  readonly injects: readonly (ActHead & { readonly begun: boolean /** Why it cannot begin now; null: it can. */; readonly blocked: string | null })[];
  readonly injections: readonly InjectionState[];
  /** Of the keeper: null while it does not answer. */
  readonly keeper: { readonly stopped: string | null; readonly live: number } | null;
  /** Of the runner: alive, silent (no sign of it for 3 s), gone. */
  readonly runner: "none" | "alive" | "silent" | "gone";
}
export interface ActHead {
  readonly id: string;
  readonly fault: string;
  readonly colour: string;
  readonly targets: readonly string[];
  /** Seconds after turbulence began, or after `after` ended. */
  readonly atS: number;
  readonly after?: string;
  readonly forS: number;
  readonly endedBy: "time" | "playbook";
  readonly clock?: string;
}
/** What the keeper and its witness say of one injection. Bounds are µs after zero, null: not seen. */
export interface InjectionState {
  readonly id: string;
  readonly act: string;
  readonly target: string;
  readonly state: "planned" | "injecting" | "injected" | "healing" | "healed" | "unproved";
  /** Of the witness: intact, broken, unknown, vacant. */
  readonly reads: string | null;
  readonly bitUs: { readonly lo: number; readonly hi: number } | null;
  readonly healedUs: { readonly lo: number; readonly hi: number } | null;
}

// ── The stream: one EventSource per tab ─────────────────────────────────────────────────────────
// `GET /api/stream?as=ROLE`, text/event-stream. `beat` every 10 s is the heartbeat, and says nothing else. Reconnecting, the browser sends Last-Event-ID by itself.

/**
 * SSE event name → its data. `event` and `lanes` have an id: how many of each this role has been sent, so that the server goes on where a tab was. All others are whole snapshots.
 * When the stage becomes `over` nothing is secret any more: all events and lanes are sent again, from the first.
 */
export interface StreamEvents {
  /** First of all, and whenever something in it changes. */
  readonly state: State;
  /** A line of the timeline, in this role's sight. */
  readonly event: SeenEvent;
  /** Bins from `from` on; a bin that was sent before is replaced. */
  readonly lanes: LaneBins;
  /** Facilitator: a line of progress. */
  readonly progress: { readonly says: string };
  /** How the abort goes on. */
  readonly abort: AbortProgress;
}
/** Fields besides these are the timeline's own (harness/core.ts, Event), of those that the role may see. */
export interface SeenEvent {
  readonly atUs: number;
  readonly by: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}
export interface LaneBins {
  readonly binUs: number;
  /** Index of the first bin; bin i is from i·binUs to (i+1)·binUs after zero. */
  readonly from: number;
  /** Lane key → per bin the share of users served badly, 0 to 1; null: nothing was measured. */
  readonly lost: Readonly<Record<string, readonly (number | null)[]>>;
}
export interface AbortProgress {
  readonly by: string;
  /** ms since the epoch. */
  readonly askedMs: number;
  /** Injections that must be healed, and those that were proved to be. Null while the keeper has not said. */
  readonly of: number | null;
  readonly proved: number;
  /** Whole: everything is proved healed. */
  readonly done: boolean;
  /** Facilitator, and everybody once nothing is secret: each proof as it came. */
  readonly heals?: readonly { readonly injection: string; readonly target: string; readonly proved: boolean; readonly atMs: number; readonly says: string }[];
  /** What went wrong with it; absent: nothing. */
  readonly trouble?: string;
}

// ── The debrief ─────────────────────────────────────────────────────────────────────────────────

export interface Bounds {
  readonly lo: number;
  readonly hi: number;
}
export interface Debrief {
  /** verdict.json, whole; its `people` are the figures of marks, verbs and playbook. */
  readonly verdict: unknown;
  /** One sentence: who lost what. */
  readonly sentence: string;
  readonly zeroMs: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly lanes: readonly (LaneHead & { readonly stretches: readonly { readonly fromUs: number; readonly toUs: number; readonly lost: number | null }[] })[];
  readonly acts: readonly (ActHead & { /** When it held, witnessed. */ readonly heldFromUs: Bounds | null; readonly heldToUs: Bounds | null })[];
  /** All events, with who could see each while it went on. */
  readonly events: readonly (SeenEvent & { readonly seenBy: readonly Role[] })[];
  /** Lane keys that each role had. */
  readonly sawLanes: Readonly<Record<Role, readonly string[]>>;
  readonly seats: readonly Seat[];
}
