/**
 * The false-alarm rate of an A/A arm: the same playbook against itself, on the same machine. From its blocks, comparisons of `of` blocks are drawn without
 * replacement, and each is tested as a real one is. Every draw is by itself a fair comparison, so the rate is unbiased; draws overlap, so it is worth only
 * as many independent comparisons as fit into the blocks (subsampling: Politis, Romano and Wolf, 1999).
 */
import { sampleOf, seeded } from "../../random.js";
import { signFlipP } from "./sign-flip.js";

export interface FalseAlarms {
  readonly of: number;
  readonly n: number;
  readonly falseAlarms: number;
}
export function falseAlarms(differences: readonly number[], of: number, alpha: number, draws = 1000, seed = 1): FalseAlarms {
  if (differences.length < of) return { of, n: 0, falseAlarms: 0 };
  const n = differences.length === of ? 1 : draws;
  const random = seeded(seed);
  let alarms = 0;
  for (let draw = 0; draw < n; draw++) if (signFlipP(sampleOf(differences, of, random)) <= alpha) alarms++;
  return { of, n, falseAlarms: alarms };
}
