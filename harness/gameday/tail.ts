/** Reads what was appended to a file since the last look, as whole lines or as bytes; a file that is not there yet has nothing. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export class Tail {
  /** What lies before was of use. What was not is read again: a kill may have left it, and whoever tells the end cuts it off and goes on there. */
  #at = 0;
  constructor(readonly path: string) {}

  /** Whole lines, without their newlines; one that is still being written comes the next time. */
  lines(): string[] {
    const all = this.#new();
    const end = all.lastIndexOf(10) + 1;
    this.#at += end;
    return all
      .subarray(0, end)
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "");
  }
  /** Bytes that were not taken yet; `took` says how many of them were of use, the rest comes again. */
  bytes(took: (bytes: Buffer) => number): void {
    this.#at += took(this.#new());
  }
  #new(): Buffer {
    let file: number;
    try {
      file = openSync(this.path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
      throw error;
    }
    try {
      const more = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#at));
      return more.subarray(0, readSync(file, more, 0, more.length, this.#at));
    } finally {
      closeSync(file);
    }
  }
}

/** What a line says as JSON; undefined: nothing, a kill or a damaged disk left it. */
export function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
