/** After a fuzzer: the same processes, nothing that was a defect, no memory that is not given back. */
import { readFileSync } from "node:fs";
import type { Part } from "../targets/foundry/platform/base/testing/lab.js";

/** What a process may grow by: code that is compiled, heaps that are not collected yet. */
const growthBytes = 128 * 2 ** 20;

const memory = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;

export class Alive {
  readonly #memory: ReadonlyMap<Part, number>;

  constructor(private readonly parts: readonly Part[]) {
    this.#memory = new Map(parts.map((part) => [part, memory(part.pid)]));
  }

  /** Rejects with the one that is not as it was. */
  async check(): Promise<void> {
    for (const part of this.parts) {
      const last = () =>
        part
          .log()
          .split("\n")
          .filter((line) => /defect|handler failed|Error/.test(line))
          .slice(0, 3)
          .join("\n")
          .slice(0, 3000);
      const varz = (await part.ask("/varz").catch((error: unknown) => {
        throw new Error(`${part.name} does not answer (${error}):\n${last()}`);
      })) as { pid: number; defects: number };
      if (varz.pid !== part.pid) throw new Error(`${part.name} was ${part.pid} and is ${varz.pid}`);
      if (varz.defects > 0) throw new Error(`${part.name} survived ${varz.defects} defects:\n${last()}`);
      if (part.log().includes('"handler failed"')) throw new Error(`a handler of ${part.name} failed:\n${last()}`);
    }
  }
  /** Once at the end. */
  async checkMemory(): Promise<void> {
    await this.check();
    for (const [part, before] of this.#memory) {
      const grown = memory(part.pid) - before;
      if (grown > growthBytes) throw new Error(`${part.name} has grown by ${Math.round(grown / 2 ** 20)} MB`);
    }
  }
}
