/** Rounds, each in another order, and what is compared between tools: the median of the ratios within a round, never figures of different moments. */
import { median } from "../harness/measure/against-truth.js";
import { type Random, sampleOf } from "../harness/random.js";

/** One tool's figure in each round; undefined where it failed. */
export type Figures = ReadonlyMap<string, readonly (number | undefined)[]>;

export async function rounds(
  names: readonly string[],
  count: number,
  random: Random,
  measure: (name: string) => Promise<number | undefined>,
): Promise<Figures> {
  const figures = new Map<string, (number | undefined)[]>(names.map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    for (const name of shuffled(names, random)) figures.get(name)!.push(await measure(name));
  }
  return figures;
}

function shuffled(names: readonly string[], random: Random): string[] {
  const rest = [...names];
  const order: string[] = [];
  while (rest.length > 0) order.push(...rest.splice(rest.indexOf(sampleOf(rest, 1, random)[0]!), 1));
  return order;
}

export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}
/** Of one to another, round by round. */
export function ratio(figures: Figures, one: string, other: string): Ratio | undefined {
  const each = (figures.get(one) ?? []).flatMap((value, i) => {
    const base = figures.get(other)?.[i];
    return value === undefined || base === undefined || base === 0 ? [] : [value / base];
  });
  return each.length === 0 ? undefined : { median: median(each), min: Math.min(...each), max: Math.max(...each), rounds: each.length };
}
export const middleOf = (figures: Figures, name: string): number | undefined => {
  const values = (figures.get(name) ?? []).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
};
