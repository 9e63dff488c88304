/** What a fault leaves to chance is its option `seed`: here it is drawn, for every fault alike, whoever plans. */
import type { Fault } from "../core.js";
import type { Random } from "../random.js";

/** True if the course of the fault differs from seed to seed. */
export const isLeftToChance = (fault: Pick<Fault, "options">): boolean => {
  const { shape } = fault.options as { readonly shape?: object };
  return shape !== undefined && "seed" in shape;
};

/** The options with what they leave to chance drawn; a seed that they name stays. */
export function withChance(fault: Pick<Fault, "options">, options: unknown, random: Random): unknown {
  if (!isLeftToChance(fault) || typeof options !== "object" || options === null || "seed" in options) return options;
  return { ...options, seed: Math.floor(random() * 2 ** 31) };
}
