/**
 * The folder of a game, by which its three processes know of each other: the command that began it, the runner, the page's server. Each can die and leave the others what
 * they need. It is private (it has the game's secret), and is removed when the command ends; what is to be kept is in the results folder.
 */
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type Event, eventSchema } from "../core/event.js";
import type { Plan } from "../core.js";
import { foundationsDir } from "../paths.js";
import { readOwn, writeWhole } from "../state/own-file.js";
import { type StageName, seat } from "./protocol.js";
import { jsonOf } from "./tail.js";

const recordSchema = z.strictObject({
  id: z.string(),
  secret: z.string(),
  /** Of the page's server; 0 until it has taken one. */
  port: z.number().int(),
  share: z.string().optional(),
  blind: z.boolean(),
  supervised: z.boolean(),
  seats: z.array(seat),
  /** Work of a session, as planning takes it. */
  work: z.looseObject({}),
  /** One that is up already; absent: one is brought up. */
  foundation: z.string().optional(),
  approve: z.string().optional(),
  engine: z.string().optional(),
  portBase: z.number().optional(),
  resultsDir: z.string(),
});
/** What was asked for, and how to come in. */
export interface GameRecord extends z.infer<typeof recordSchema> {}

/** What the runner says of itself. */
export interface RunnerState {
  readonly stage: StageName;
  readonly pid: number;
  readonly foundation: string | null;
  /** The results folder, once the run is at it. */
  readonly folder: string | null;
  readonly plan: Plan | null;
  /** µs of the host's monotonic clock at the run's zero. */
  readonly zeroUs: number | null;
  readonly result?: string;
  readonly why?: string;
}

/** What people did, a line each; the server writes it before it answers, so that nothing is lost with it. `atUs`: the host's monotonic clock. */
const deedSchema = z.discriminatedUnion("did", [
  z.object({ did: z.literal("event"), event: eventSchema }),
  z.object({ did: z.literal("go"), who: z.string() }),
  z.object({ did: z.literal("begin"), who: z.string(), act: z.string() }),
  z.object({ did: z.literal("no-more"), who: z.string() }),
  z.object({ did: z.literal("abort"), who: z.string(), reason: z.string(), atMs: z.number() }),
  z.object({ did: z.literal("answer"), who: z.string(), ask: z.number(), go: z.boolean() }),
]);
export type PersonsDeed = { readonly did: "event"; readonly event: Event } | Exclude<z.infer<typeof deedSchema>, { did: "event" }>;

const gamesDir = () => join(dirname(foundationsDir()), "games");

export class GameFolder {
  readonly dir: string;
  constructor(readonly id: string) {
    this.dir = join(gamesDir(), id);
  }
  readonly path = (name: "game.json" | "runner.json" | "people.jsonl" | "progress.log" | "beat" | "ask.json"): string => join(this.dir, name);

  make(record: GameRecord): void {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    this.save(record);
    writeFileSync(this.path("people.jsonl"), "", { mode: 0o600, flag: "wx" });
    writeFileSync(this.path("progress.log"), "", { mode: 0o600, flag: "wx" });
  }
  save(record: GameRecord): void {
    writeWhole(this.path("game.json"), JSON.stringify(record));
  }
  record(): GameRecord {
    return recordSchema.parse(JSON.parse(readOwn(this.path("game.json"))));
  }
  say(state: RunnerState): void {
    writeWhole(this.path("runner.json"), JSON.stringify(state));
  }
  /** Undefined before the runner has said anything. */
  runner(): RunnerState | undefined {
    try {
      return JSON.parse(readFileSync(this.path("runner.json"), "utf8")) as RunnerState;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
  did(deed: PersonsDeed): void {
    appendFileSync(this.path("people.jsonl"), `${JSON.stringify(deed)}\n`);
  }
  progress(line: string): void {
    appendFileSync(this.path("progress.log"), `${line.replaceAll("\n", " ")}\n`);
  }
  /** The runner lives. */
  beat(): void {
    const now = new Date();
    try {
      utimesSync(this.path("beat"), now, now);
    } catch {
      writeFileSync(this.path("beat"), "", { mode: 0o600 });
    }
  }
  /** ms since the runner's last sign of life; Infinity before the first. */
  silentMs(): number {
    const stat = statSync(this.path("beat"), { throwIfNoEntry: false });
    return stat ? Date.now() - stat.mtimeMs : Number.POSITIVE_INFINITY;
  }
  /** What a supervised run waits for; null: nothing. */
  ask(what: Asked | null): void {
    writeWhole(this.path("ask.json"), JSON.stringify(what));
  }
  asked(): Asked | null {
    try {
      return JSON.parse(readFileSync(this.path("ask.json"), "utf8")) as Asked | null;
    } catch {
      return null;
    }
  }
  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
export interface Asked {
  readonly ask: number;
  readonly procedure: string;
  readonly step: number;
  readonly says: string;
}

/** Undefined for a line that is no deed: it was cut by a kill. */
export function deedOf(line: string): PersonsDeed | undefined {
  const parsed = deedSchema.safeParse(jsonOf(line));
  return parsed.success ? (parsed.data as PersonsDeed) : undefined;
}
