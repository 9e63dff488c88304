/** Writes lines as gzip members, one per second: `zcat` reads the file, and a kill loses at most the last second. */
import { closeSync, openSync, write } from "node:fs";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { FlounderError } from "../errors.js";

const zip = promisify(gzip);
const writeTo = promisify(write);

export class SamplesFile {
  readonly #file: number;
  #lines: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #failed: Error | undefined;

  /** Throws FlounderError "environment" if it cannot be written. */
  constructor(readonly path: string) {
    try {
      this.#file = openSync(path, "w", 0o644);
    } catch (error) {
      throw new FlounderError("environment", `${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`, "give a path that you may write");
    }
  }

  /** Without newline. */
  add(line: string): void {
    this.#lines.push(line);
  }

  /** Packs what was added since the last call into one member. Call it once a second; members stay in order. */
  flush(): Promise<void> {
    if (this.#lines.length === 0) return this.#writing;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#writing = this.#writing.then(async () => {
      const member = await zip(text, { level: 1 });
      for (let at = 0; at < member.length; ) at += (await writeTo(this.#file, member, at)).bytesWritten;
    });
    this.#writing = this.#writing.catch((error: Error) => {
      this.#failed ??= error;
    });
    return this.#writing;
  }

  /** Rejects if any member could not be written. */
  async close(): Promise<void> {
    await this.flush();
    closeSync(this.#file);
    if (this.#failed) throw new FlounderError("environment", `${this.path}: ${this.#failed.message}`, "is the disk full?", { cause: this.#failed });
  }
}
