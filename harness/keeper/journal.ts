/** The keeper's journal: the intent is on the disk before the deed, so that any later keeper can heal what this one began. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { nowUs } from "../clock.js";
import type { Injection } from "../core.js";

export type Entry =
  | { readonly kind: "injecting"; readonly injection: Injection }
  | { readonly kind: "injected" | "healing"; readonly injection: string }
  | { readonly kind: "healed"; readonly injection: string; readonly proved: boolean; readonly says: string }
  | { readonly kind: "stop" | "release"; readonly reason: string }
  | { readonly kind: "freeze"; readonly reason: string; readonly untilIso: string }
  | { readonly kind: "keeper"; readonly pid: number; readonly says: string };

const journalFile = (dir: string) => join(dir, "journal.jsonl");

export class Journal {
  readonly #file: number;

  constructor(dir: string) {
    this.#file = openSync(journalFile(dir), "a", 0o600);
    // A line that a killed keeper left half would swallow the next one.
    writeSync(this.#file, "\n");
  }
  /** Returns when the line is on the disk: on purpose synchronous, nothing may come between intent and deed. */
  write(entry: Entry): void {
    writeSync(this.#file, `${JSON.stringify({ wallIso: new Date().toISOString(), atUs: nowUs(), ...entry })}\n`);
    fsyncSync(this.#file);
  }
  close(): void {
    closeSync(this.#file);
  }
}

/** Injections that were begun and are not proved healed. A half line is one whose deed was never begun. */
export function openInjections(dir: string): readonly Injection[] {
  const open = new Map<string, Injection>();
  const path = journalFile(dir);
  if (!existsSync(path)) return [];
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const entry = parse(line);
    if (entry?.kind === "injecting") open.set(entry.injection.id, entry.injection);
    if (entry?.kind === "healed" && entry.proved) open.delete(entry.injection);
  }
  return [...open.values()];
}

function parse(line: string): Entry | undefined {
  try {
    return line.trim() === "" ? undefined : (JSON.parse(line) as Entry);
  } catch {
    return undefined;
  }
}
