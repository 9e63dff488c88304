/** How each endpoint fared over a watch, from what is counted each second: a share of bad answers per stretch. As long as it takes, never more than so many. */
import type { Stretch } from "../report/charts/strips.js";
import type { MeasuredEndpoint } from "./result.js";
import type { Measured } from "./watch.js";

type Counts = MeasuredEndpoint["counts"];

/** Answers between two counts. */
export function since(before: Counts, now: Counts): { readonly good: number; readonly bad: number } {
  const of = (outcome: keyof Counts) => (now[outcome] ?? 0) - (before[outcome] ?? 0);
  const bad = (Object.keys(now) as (keyof Counts)[])
    .filter((outcome) => !["ok", "observer", "not-attempted"].includes(outcome))
    .reduce((sum, outcome) => sum + of(outcome), 0);
  return { good: of("ok"), bad };
}

interface Cell {
  readonly fromUs: number;
  toUs: number;
  good: number;
  bad: number;
}
const cellsMax = 960;

export class WatchStrips {
  readonly #cells = new Map<string, Cell[]>();
  readonly #before = new Map<string, Counts>();
  #atUs = 0;

  add({ seconds, endpoints }: Measured): void {
    const toUs = Math.round(seconds * 1e6);
    if (toUs <= this.#atUs) return;
    for (const { name, counts } of endpoints) {
      const cells = this.#cells.get(name) ?? [];
      cells.push({ fromUs: this.#atUs, toUs, ...since(this.#before.get(name) ?? {}, counts) });
      this.#before.set(name, { ...counts });
      this.#cells.set(name, cells.length > cellsMax ? halved(cells) : cells);
    }
    this.#atUs = toUs;
  }

  stretchesOf(name: string): readonly Stretch[] {
    return (this.#cells.get(name) ?? []).map(({ fromUs, toUs, good, bad }) => ({ fromUs, toUs, lost: good + bad === 0 ? null : bad / (good + bad) }));
  }
}

/** Neighbours become one. */
function halved(cells: readonly Cell[]): Cell[] {
  return cells.flatMap((cell, i) => {
    if (i % 2 === 1) return [];
    const next = cells[i + 1];
    return [next ? { fromUs: cell.fromUs, toUs: next.toUs, good: cell.good + next.good, bad: cell.bad + next.bad } : cell];
  });
}
