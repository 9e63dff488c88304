/**
 * Brunner and Munzel's test that neither of two unpaired arms tends to larger values (Biometrical J. 42, 2000), and its permutation version
 * (Neubert and Brunner, Comput. Stat. Data Anal. 51, 2007): right also where variances and sizes differ, and with ties. For trials without blocks,
 * and to say what blocks bought. Assignments are counted level by level: equal values are exchangeable, so ties make it cheaper.
 */
import { seeded } from "../../random.js";
import { ascending, mean, ranks, variance } from "./descriptive.js";
import { studentCdf } from "./distributions.js";

export interface BrunnerMunzel {
  readonly t: number;
  readonly df: number;
  readonly p: number;
  /** P(x < y) + P(x = y)/2. */
  readonly share: number;
}
export function brunnerMunzel(x: readonly number[], y: readonly number[]): BrunnerMunzel {
  const all = ranks([...x, ...y]);
  const [rankX, rankY] = [all.slice(0, x.length), all.slice(x.length)];
  const placements = (pooled: readonly number[], own: readonly number[]) => {
    const inner = ranks(own);
    return pooled.map((rank, i) => rank - inner[i]!);
  };
  const [m, n] = [x.length, y.length];
  const [varX, varY] = [variance(placements(rankX, x)), variance(placements(rankY, y))];
  const scale = m * varX + n * varY;
  const t = (m * n * (mean(rankY) - mean(rankX))) / ((m + n) * Math.sqrt(scale));
  const df = scale ** 2 / ((m * varX) ** 2 / (m - 1) + (n * varY) ** 2 / (n - 1));
  return { t, df, p: 2 * (1 - studentCdf(Math.abs(t), df)), share: (mean(rankY) - (n + 1) / 2) / m };
}

/** Two-sided in |t|. Exact while there are at most so many different assignments of levels; else so many draws. */
export function permutedBrunnerMunzelP(x: readonly number[], y: readonly number[], exactUpTo = 5e6, draws = 20_000): number {
  const values = ascending([...x, ...y]);
  const levels: number[] = [];
  values.forEach((value, i) => {
    if (i > 0 && value === values[i - 1]) levels[levels.length - 1]!++;
    else levels.push(1);
  });
  const observed = statisticOf(x, y);
  return assignments(levels, x.length) <= exactUpTo ? counted(levels, x.length, y.length, observed) : drawn([...x, ...y], x.length, observed, draws);
}

/** |t| up to a constant; infinite when all of one arm lie below all of the other. */
const size = (m: number, n: number, sumX: number, sumXX: number, sumY: number, sumYY: number): number => {
  // sumX: of every x, how many y lie below it (ties by halves); sumY likewise.
  const spread = (m * Math.max(0, sumXX - (sumX * sumX) / m)) / (m - 1) + (n * Math.max(0, sumYY - (sumY * sumY) / n)) / (n - 1);
  const gap = Math.abs(sumY / n / m - 0.5);
  return spread > 1e-9 ? gap / Math.sqrt(spread) : gap > 1e-9 ? Number.POSITIVE_INFINITY : 0;
};
function statisticOf(x: readonly number[], y: readonly number[]): number {
  const below = (one: number, others: readonly number[]) => others.reduce((all, other) => all + (other < one ? 1 : other === one ? 0.5 : 0), 0);
  const px = x.map((one) => below(one, y));
  const py = y.map((one) => below(one, x));
  const squares = (values: readonly number[]) => values.reduce((all, value) => all + value * value, 0);
  const total = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  return size(x.length, y.length, total(px), squares(px), total(py), squares(py));
}

function assignments(levels: readonly number[], m: number): number {
  const ways = new Float64Array(m + 1);
  ways[0] = 1;
  for (const level of levels) for (let k = m; k > 0; k--) for (let take = 1; take <= Math.min(level, k); take++) ways[k]! += ways[k - take]!;
  return ways[m]!;
}

function counted(levels: readonly number[], m: number, n: number, observed: number): number {
  const choose = (c: number, k: number) => {
    let ways = 1;
    for (let i = 1; i <= k; i++) ways = (ways * (c - k + i)) / i;
    return ways;
  };
  const reached = observed * (1 - 1e-10);
  let as = 0;
  let all = 0;
  const walk = (level: number, mx: number, my: number, sx: number, sxx: number, sy: number, syy: number, weight: number) => {
    if (level === levels.length) {
      all += weight;
      if (size(m, n, sx, sxx, sy, syy) >= reached) as += weight;
      return;
    }
    const c = levels[level]!;
    for (let take = Math.max(0, c - (n - my)); take <= Math.min(c, m - mx); take++) {
      const rest = c - take;
      const [px, py] = [my + rest / 2, mx + take / 2];
      const w = weight * choose(c, take);
      walk(level + 1, mx + take, my + rest, sx + take * px, sxx + take * px * px, sy + rest * py, syy + rest * py * py, w);
    }
  };
  walk(0, 0, 0, 0, 0, 0, 0, 1);
  return as / all;
}

function drawn(values: number[], m: number, observed: number, draws: number): number {
  const random = seeded(values.length);
  let as = 0;
  for (let draw = 0; draw < draws; draw++) {
    for (let i = values.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [values[i], values[j]] = [values[j]!, values[i]!];
    }
    if (statisticOf(values.slice(0, m), values.slice(m)) >= observed * (1 - 1e-10)) as++;
  }
  return (as + 1) / (draws + 1);
}
