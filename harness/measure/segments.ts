/**
 * Which samples belong to an outage: the likeliest path through a hidden chain of four states (Viterbi). Up fails hardly ever, an outage nearly always,
 * a brown-out every other time or every third. No counting rule does for all: what bridges the good answers of a brown-out glues two outages together.
 */

/** First and last bad sample, as indexes. */
export interface Segment {
  readonly from: number;
  readonly to: number;
}

/** Chance of a bad sample in each state; the first is up. */
const badChance = [0.005, 0.98, 0.5, 0.35];
/** Of a change of state between two samples. Two of these outweigh two bad samples and not three. */
const changeChance = 0.0041;
const badCost = badChance.map((p) => -Math.log(p));
const goodCost = badChance.map((p) => -Math.log(1 - p));
const changeCost = -Math.log(changeChance);

/** Outages in a row of samples, each from its first bad sample to its last. */
export function segments(bad: readonly boolean[]): Segment[] {
  const states = badChance.length;
  const came = new Uint8Array(bad.length * states);
  const costs = Float64Array.from(badChance, (_, state) => (state === 0 ? 0 : changeCost));
  for (let i = 0; i < bad.length; i++) {
    let best = 0;
    for (let state = 1; state < states; state++) if (costs[state]! < costs[best]!) best = state;
    const change = costs[best]! + changeCost;
    const emit = bad[i] ? badCost : goodCost;
    for (let state = 0; state < states; state++) {
      const stays = costs[state]! <= change;
      came[i * states + state] = stays ? state : best;
      costs[state] = (stays ? costs[state]! : change) + emit[state]!;
    }
  }
  const found: { from: number; to: number }[] = [];
  let state = costs.indexOf(Math.min(...costs));
  let open: { from: number; to: number } | undefined;
  for (let i = bad.length - 1; i >= 0; i--) {
    if (state === 0) open = undefined;
    else if (bad[i]) {
      if (open) open.from = i;
      else {
        open = { from: i, to: i };
        found.push(open);
      }
    }
    state = came[i * states + state]!;
  }
  return found.reverse();
}
