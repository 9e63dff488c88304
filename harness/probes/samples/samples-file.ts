/**
 * Writes lines as gzip members, one per second: `zcat` reads the file, and a kill loses at most the last second. Several processes may append to one file:
 * each member is appended in one write, so that members are never mixed; their order is that of the writes, not of the samples.
 */
import { closeSync, openSync, write, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { FlounderError } from "../../errors.js";
import { Lines } from "./lines.js";

const zip = promisify(gzip);
const writeTo = promisify(write);
const newline = 10;

function cannot(path: string, error: unknown): FlounderError {
  return new FlounderError("environment", `${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`, "give a path that you may write");
}

/** Makes the file, or empties it, for those who append to it. Throws FlounderError "environment" if it cannot be written. */
export function emptySamples(path: string): void {
  try {
    writeFileSync(path, "");
  } catch (error) {
    throw cannot(path, error);
  }
}

/** Appends to what is there. */
export class SamplesFile {
  readonly #file: number;
  /** Each ends with a newline. */
  readonly lines = new Lines();
  #writing: Promise<void> = Promise.resolve();
  #failed: Error | undefined;

  /** Throws FlounderError "environment" if it cannot be written. */
  constructor(readonly path: string) {
    try {
      this.#file = openSync(path, "a", 0o644);
    } catch (error) {
      throw cannot(path, error);
    }
  }

  /** Without newline. */
  add(line: string): void {
    this.lines.text(line).byte(newline);
  }

  /** Packs what was added since the last call into one member. Call it once a second; its own members stay in order. */
  flush(): Promise<void> {
    if (this.lines.empty) return this.#writing;
    const text = this.lines.take();
    this.#writing = this.#writing.then(async () => {
      const member = await zip(text, { level: 1 });
      const { bytesWritten } = await writeTo(this.#file, member);
      // The rest would come behind what others have appended meanwhile.
      if (bytesWritten < member.length) throw new Error(`only ${bytesWritten} of ${member.length} bytes were written`);
    });
    this.#writing = this.#writing.catch((error: Error) => {
      this.#failed ??= error;
    });
    return this.#writing;
  }

  /** Why a member could not be written; the file lacks it. */
  get failed(): string | undefined {
    return this.#failed === undefined ? undefined : ((this.#failed as NodeJS.ErrnoException).code ?? this.#failed.message);
  }
  /** Rejects if any member could not be written. */
  async close(): Promise<void> {
    await this.flush();
    closeSync(this.#file);
    if (this.#failed) throw new FlounderError("environment", `${this.path}: ${this.#failed.message}`, "is the disk full?", { cause: this.#failed });
  }
}
