/** Cliff's delta P(x > y) - P(x < y) (Cliff, Psychol. Bull. 114, 1993), and A = P(x > y) + P(x = y)/2 (Vargha and Delaney, 2000). Over all pairs, blocks ignored. */
export function cliffsDelta(x: readonly number[], y: readonly number[]): number {
  let more = 0;
  for (const one of x) for (const other of y) more += Math.sign(one - other);
  return more / (x.length * y.length);
}
export const varghaDelaneyA = (x: readonly number[], y: readonly number[]): number => (cliffsDelta(x, y) + 1) / 2;
