/** Reads what was appended to a file since the last look, as whole lines or as bytes; a file that is not there yet has nothing. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export class Tail {
  #at = 0;
  #rest: Buffer = Buffer.alloc(0);
  constructor(readonly path: string) {}

  /** Whole lines, without their newlines; one that is still being written comes the next time. */
  lines(): string[] {
    const all = Buffer.concat([this.#rest, this.#new()]);
    const end = all.lastIndexOf(10) + 1;
    this.#rest = all.subarray(end);
    return all
      .subarray(0, end)
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "");
  }
  /** Bytes that were not taken yet; `took` says how many of them were of use, the rest comes again. */
  bytes(took: (bytes: Buffer) => number): void {
    const all = Buffer.concat([this.#rest, this.#new()]);
    this.#rest = all.subarray(took(all));
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
      const read = readSync(file, more, 0, more.length, this.#at);
      this.#at += read;
      return more.subarray(0, read);
    } finally {
      closeSync(file);
    }
  }
}
