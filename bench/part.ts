/** One comparison of a benchmark: figures, and Flounder's ratio to each other's, as they are printed and kept. */
import { type Figures, middleOf, type Ratio, ratio } from "./rounds.js";

export interface Part {
  readonly what: string;
  readonly unit: string;
  /** Medians over rounds. */
  readonly figures: Record<string, number | undefined>;
  readonly ratios: Record<string, Ratio | undefined>;
}

export const say = (line = ""): void => void process.stdout.write(`${line}\n`);

/** Prints it. */
export function part(what: string, unit: string, figures: Figures, digits: number): Part {
  const names = [...figures.keys()];
  const result: Part = {
    what,
    unit,
    figures: Object.fromEntries(names.map((name) => [name, middleOf(figures, name)])),
    ratios: Object.fromEntries(names.filter((name) => name !== "flounder").map((name) => [name, ratio(figures, "flounder", name)])),
  };
  say(`\n${what}, ${unit}`);
  for (const name of names) {
    const value = result.figures[name];
    const to = result.ratios[name];
    say(
      `  ${name.padEnd(18)} ${value === undefined ? "failed" : value.toFixed(digits).padStart(10)}${to ? `   flounder/${name} ${to.median.toFixed(2)} [${to.min.toFixed(2)} to ${to.max.toFixed(2)}, ${to.rounds} rounds]` : ""}`,
    );
  }
  return result;
}
