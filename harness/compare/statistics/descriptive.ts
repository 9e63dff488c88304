/** Means, variances, medians, ranks: what every method below starts from. Nothing sorts its caller's array: pairs would be lost. */
export const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
/** With n - 1. */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  return sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1);
}
export const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Type 7 of Hyndman and Fan, The American Statistician 50 (1996): R's default. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = ascending(values);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}

/** From 1; ties share the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const all = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++;
    for (let i = from; i <= to; i++) all[order[i]!] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return all;
}
/** Sizes of the groups of equal values. */
export function tieSizes(values: readonly number[]): number[] {
  const sizes = new Map<number, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  return [...sizes.values()];
}

/** Pearson's product-moment correlation; 0 if one of them does not vary. */
export function correlation(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [mean(x), mean(y)];
  const sxy = sum(x.map((value, i) => (value - mx) * (y[i]! - my)));
  const sxx = sum(x.map((value) => (value - mx) ** 2));
  const syy = sum(y.map((value) => (value - my) ** 2));
  return sxx > 0 && syy > 0 ? sxy / Math.sqrt(sxx * syy) : 0;
}
