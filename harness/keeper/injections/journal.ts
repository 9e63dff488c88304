/**
 * The keeper's journal: the intent is on the disk before the deed, so that any later keeper can heal what this one began.
 * Room is taken ahead: a disk that becomes full keeps nobody from healing. What finds no room then waits in memory.
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { nowUs } from "../../clock.js";
import { injectionSchema } from "../../core/plan.js";
import type { Shape } from "../../core/shape.js";
import type { Injection } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { isThere, readOwn, setAside, writeAll } from "../../state/own-file.js";

/** What a later keeper must understand. options: absent where a fault has none. */
const intent = z.object({ kind: z.literal("injecting"), injection: z.object({ ...injectionSchema.shape, options: z.unknown().optional(), maxS: z.number() }) });
const healed = z.object({ kind: z.literal("healed"), injection: z.string(), proved: z.boolean() });
/** Written for people: a reader passes them over. */
const forPeople = z.object({ kind: z.enum(["injected", "healing", "mended", "stop", "release", "freeze", "unfreeze", "keeper"]) });
const readable = z.discriminatedUnion("kind", [intent, healed, forPeople]);

export type Entry =
  | { readonly kind: "injecting"; readonly injection: Injection }
  | (Shape<typeof healed> & { readonly says: string })
  | { readonly kind: "injected" | "healing"; readonly injection: string }
  | { readonly kind: "mended"; readonly target: string; readonly proved: boolean; readonly says: string }
  | { readonly kind: "stop" | "release" | "unfreeze"; readonly reason: string }
  | { readonly kind: "freeze"; readonly reason: string; readonly untilIso: string }
  | { readonly kind: "keeper"; readonly pid: number; readonly says: string };

const journalFile = (dir: string) => join(dir, "journal.jsonl");
/** Taken ahead, as empty lines. */
const aheadBytes = 128 * 1024;
/** What must be left for the notes on its healing before anything is begun. */
const spareBytes = 16 * 1024;
const retryMs = 1000;

export class Journal {
  readonly #path: string;
  #file: number | undefined;
  /** Where the next line goes, and where the room ends that was taken. */
  #at = 0;
  #end = 0;
  #waiting: Buffer[] = [];
  #retry: NodeJS.Timeout | undefined;

  constructor(
    dir: string,
    private readonly say: (line: string) => void = () => {},
  ) {
    this.#path = journalFile(dir);
    try {
      if (isThere(this.#path)) readOwn(this.#path);
    } catch (error) {
      say(`${setAside(this.#path, error)}; what was injected is not known from it`);
    }
    this.#open();
  }
  /** An intent is on the disk when this returns, or this throws: on purpose synchronous, nothing may come between intent and deed. All else is written as soon as there is room, and never throws. */
  write(entry: Entry): void {
    const line = Buffer.from(`${JSON.stringify({ wallIso: new Date().toISOString(), atUs: nowUs(), ...entry })}\n`);
    if (entry.kind === "injecting") this.#intend(line);
    else {
      this.#waiting.push(line);
      this.#flush();
    }
  }
  close(): void {
    clearInterval(this.#retry);
    if (this.#file === undefined) return;
    ftruncateSync(this.#file, this.#at);
    closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    try {
      const file = openSync(this.#path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
      this.#file = file;
      const old = readOwn(this.#path).trimEnd();
      // A line that a killed keeper left half would swallow the next one.
      this.#at = Buffer.byteLength(old) + (old === "" ? 0 : 1);
      this.#end = Math.max(this.#at, fstatSync(file).size);
      if (this.#at > 0) writeAll(file, Buffer.from("\n"), this.#at - 1);
      this.#extend();
    } catch (error) {
      this.say(`the journal cannot be written now: ${(error as Error).message}`);
    }
  }
  #intend(line: Buffer): void {
    try {
      this.#flush();
      if (this.#waiting.length > 0 || !this.#room(line.length + spareBytes)) throw new Error("there is no room on its disk");
      this.#put(line);
    } catch (cause) {
      throw new FlounderError(
        "environment",
        `nothing is injected, since ${this.#path} cannot be written: ${(cause as Error).message}`,
        "make room there, then try again",
        { cause },
      );
    }
  }
  #flush(): void {
    try {
      for (let line = this.#waiting[0]; line; line = this.#waiting[0]) {
        if (!this.#room(line.length)) throw new Error("there is no room on its disk");
        this.#put(line);
        this.#waiting.shift();
      }
      if (!this.#retry) return;
      clearInterval(this.#retry);
      this.#retry = undefined;
      this.say("the journal is written again, nothing of it was lost");
    } catch (error) {
      if (this.#retry) return;
      this.say(`the journal waits in memory: ${(error as Error).message}`);
      this.#retry = setInterval(() => this.#flush(), retryMs).unref();
    }
  }
  #put(line: Buffer): void {
    writeAll(this.#file!, line, this.#at);
    fsyncSync(this.#file!);
    this.#at += line.length;
  }
  #room(bytes: number): boolean {
    if (this.#file === undefined) this.#open();
    if (this.#end - this.#at < bytes) this.#extend();
    return this.#end - this.#at >= bytes;
  }
  /** Blocks that hold something already are there when the disk is full. */
  #extend(): void {
    if (this.#file === undefined || this.#end - this.#at >= aheadBytes / 2) return;
    try {
      writeAll(this.#file, Buffer.alloc(aheadBytes, "\n"), this.#end);
    } catch {
      // It grew by what there was.
    }
    fsyncSync(this.#file);
    this.#end = Math.max(this.#end, fstatSync(this.#file).size);
  }
}

/** Injections that were begun and are not proved healed. A half line is one whose deed was never begun. */
export function openInjections(dir: string, say: (line: string) => void = () => {}): readonly Injection[] {
  const open = new Map<string, Injection>();
  const path = journalFile(dir);
  let odd = 0;
  let text = "";
  try {
    text = readOwn(path);
  } catch {
    return []; // said when it was opened
  }
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const entry = parse(line);
    if (!entry) odd++;
    else if (entry.kind === "injecting") open.set(entry.injection.id, entry.injection as Injection);
    else if (entry.kind === "healed" && entry.proved) open.delete(entry.injection);
  }
  if (odd > 0) say(`${path}: ${odd} line${odd > 1 ? "s are" : " is"} no entry and passed over; what an injection in it broke is not known from here`);
  return [...open.values()];
}

function parse(line: string): Shape<typeof readable> | undefined {
  try {
    return readable.safeParse(JSON.parse(line)).data as Shape<typeof readable> | undefined;
  } catch {
    return undefined;
  }
}
