/**
 * Two supplies, and what each LUN's shelf does without them. A shelf has two cords; while it has power on one of them it serves.
 * brown-out: the supply flickers (dips.ts), then it is off. A shelf with both cords on that supply stalls for each dip whole, and in the end is gone with
 * what its cache held (write-cache.ts); a shelf with a cord on the other supply only stalls while it goes over, and in the end runs on.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { log } from "../base/log.js";
import { savedJson, writeAtomically } from "../base/saved.js";
import { chanceOf } from "../router/chance.js";
import { type Dip, dips } from "./dips.js";
import type { ServedLun } from "./lun.js";
import { type Damage, loseCache } from "./write-cache.js";

export type Supply = "A" | "B";
export type Cords = `${Supply}${Supply}`;
export type SupplyState = "on" | "flickering" | "off";

export interface Shelf {
  readonly lun: string;
  readonly dir: string;
  readonly cords: Cords;
  readonly served: ServedLun;
}
export interface PowerSettings {
  /** Remembers a supply that is off: a cabinet that starts again does not bring power back. */
  readonly file: string;
  readonly longestDipMs: number;
  readonly cacheMs: number;
  /** Clients reach the LUNs' folders without SFTP, by links: then a folder without power is moved away. It cannot stall or hang for them. */
  readonly linked: boolean;
}
interface Saved {
  readonly off: Supply | null;
  readonly hangs: boolean;
}

export class Power {
  #state: Record<Supply, SupplyState> = { A: "on", B: "on" };
  #timers: NodeJS.Timeout[] = [];
  /** A shelf without power: its LUN is refused, or hangs. */
  #hangs = false;
  readonly #stalled = new Map<string, number>();
  #damage: Record<string, readonly Damage[]> = {};

  constructor(
    readonly shelves: readonly Shelf[],
    readonly settings: PowerSettings,
  ) {}

  /** To be called when all LUNs listen. */
  recall(): void {
    const { off, hangs } = savedJson(this.settings.file, { off: null, hangs: false }) as Saved;
    if (!off) return;
    this.#hangs = hangs;
    this.#off(off);
  }

  report(): object {
    const { A, B } = this.#state;
    const luns = Object.fromEntries(
      this.shelves.map((shelf) => [shelf.lun, this.#without(shelf) ? (this.#hangs ? "hangs" : "gone") : this.isStalled(shelf.lun) ? "stalls" : "serves"]),
    );
    const state = A === "on" && B === "on" ? "steady" : A === "flickering" || B === "flickering" ? "flickering" : "lost";
    return { A, B, state, luns, damage: this.#damage };
  }
  isStalled(lun: string): boolean {
    return (this.#stalled.get(lun) ?? 0) > 0;
  }
  /** Nothing can be read from or written to this LUN's disks now. */
  isDark(lun: string): boolean {
    const shelf = this.shelves.find((one) => one.lun === lun);
    return this.isStalled(lun) || (shelf !== undefined && this.#without(shelf));
  }

  /** Begins anew if it flickers already. Nothing changes if the supply is off. */
  brownOut(supply: Supply, flickerMs: number, seed: number): void {
    if (this.#state[supply] === "off") return;
    this.#calm();
    this.#state[supply] = "flickering";
    this.#hangs = chanceOf(`end ${seed}`)() < 0.25;
    // What is not ended in order comes back as lost: the supply does not mend itself while the cabinet starts again.
    this.#save({ off: supply, hangs: this.#hangs });
    log.warn({ supply, flickerMs, seed }, "supply flickers");
    for (const dip of dips(seed, flickerMs, this.settings.longestDipMs)) for (const shelf of this.shelves) this.#plan(shelf, supply, dip);
    this.#after(flickerMs, () => this.#lose(supply, seed));
  }
  async restore(): Promise<void> {
    this.#calm();
    this.#state = { A: "on", B: "on" };
    this.#save({ off: null, hangs: false });
    for (const { served, dir } of this.shelves) {
      if (existsSync(darkOf(dir))) {
        rmSync(dir, { recursive: true, force: true });
        renameSync(darkOf(dir), dir);
      }
      served.hold(false);
      await served.back();
    }
    log.warn("power restored");
  }

  #plan(shelf: Shelf, supply: Supply, { atMs, forMs, overAtMs, overForMs }: Dip): void {
    const cords = [...shelf.cords].filter((cord) => cord === supply).length;
    const [fromMs, stallMs] = cords === 2 ? [atMs, forMs] : [overAtMs, cords === 1 ? overForMs : 0];
    if (stallMs < 1) return;
    this.#after(fromMs, () => this.#stall(shelf, 1));
    this.#after(fromMs + stallMs, () => this.#stall(shelf, -1));
  }
  #stall({ lun, served }: Shelf, by: 1 | -1): void {
    this.#stalled.set(lun, (this.#stalled.get(lun) ?? 0) + by);
    served.hold(this.isStalled(lun));
  }
  #without({ cords }: Shelf): boolean {
    return [...cords].every((cord) => this.#state[cord as Supply] === "off");
  }

  #lose(supply: Supply, seed: number): void {
    this.#calm();
    this.#off(supply);
    for (const shelf of this.shelves.filter((one) => this.#without(one))) {
      this.#damage = { ...this.#damage, [shelf.lun]: loseCache(this.settings.linked ? darkOf(shelf.dir) : shelf.dir, this.settings.cacheMs, seed) };
      log.error({ lun: shelf.lun, damage: this.#damage[shelf.lun], hangs: this.#hangs }, "LUN lost with its power");
    }
  }
  #off(supply: Supply): void {
    this.#state[supply] = "off";
    for (const shelf of this.shelves) {
      const dark = this.#without(shelf);
      if (dark && this.settings.linked) moveAway(shelf.dir);
      if (dark && !this.#hangs) shelf.served.drop();
      else shelf.served.hold(dark);
    }
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, ms));
  }
  #calm(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#stalled.clear();
  }
  #save(saved: Saved): void {
    writeAtomically(this.settings.file, JSON.stringify(saved));
  }
}

const darkOf = (dir: string): string => `${dir}.dark`;
/** A cabinet that starts again has made an empty folder meanwhile. */
function moveAway(dir: string): void {
  if (existsSync(darkOf(dir))) rmSync(dir, { recursive: true, force: true });
  else renameSync(dir, darkOf(dir));
}

/** CORDS="lun-2=AA": shelves whose cords are not one on each supply. */
export function cordsOf(text: string | undefined, lun: string): Cords {
  const found = (text ?? "")
    .split(",")
    .map((pair) => pair.split("="))
    .find(([name]) => name === lun)?.[1];
  if (found === undefined) return "AB";
  if (found === "AA" || found === "BB" || found === "AB") return found;
  throw new Error(`environment variable CORDS is "${text}"; expected lun=AA, lun=AB or lun=BB, separated by commas`);
}

export const powerFile = (dataDir: string): string => join(dataDir, "power.json");
