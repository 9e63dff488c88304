/** Which LUNs have no room left. Kept in a file: a cabinet that starts again has no more room than before. */
import { savedJson, writeAtomically } from "../base/saved.js";
import { chanceOf } from "../router/chance.js";
import type { LunGate } from "./lun-gate.js";

export class Room {
  constructor(
    readonly luns: readonly { readonly lun: string; readonly gate: LunGate }[],
    readonly file: string,
  ) {
    this.#become((savedJson(file, { full: [] }) as { full: readonly string[] }).full);
  }

  get full(): readonly string[] {
    return this.luns.filter(({ gate }) => gate.full).map(({ lun }) => lun);
  }
  isFull(lun: string): boolean {
    return this.full.includes(lun);
  }
  fill(which: "one" | "all", seed: number): void {
    const names = this.luns.map(({ lun }) => lun);
    this.#save(which === "all" ? names : [names[Math.floor(chanceOf(`full ${seed}`)() * names.length)]!]);
  }
  free(): void {
    this.#save([]);
  }
  #save(full: readonly string[]): void {
    writeAtomically(this.file, JSON.stringify({ full }));
    this.#become(full);
  }
  #become(full: readonly string[]): void {
    for (const { lun, gate } of this.luns) gate.full = full.includes(lun);
  }
}
