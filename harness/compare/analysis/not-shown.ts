/** What this comparison does not show: what readers would conclude otherwise. */
import { plural } from "../../words.js";
import type { Comparison, Design } from "../shapes.js";
import { blocksOf, inFamily } from "./counted.js";
import { list } from "./figures.js";

/** Many pairs are not read by anybody. */
const some = (pairs: readonly string[]): string => list(pairs.length > 4 ? [...pairs.slice(0, 3), plural(pairs.length - 3, "other pair")] : pairs);

export function notShownOf(design: Design, found: Pick<Comparison, "aa" | "sensitivity">): string[] {
  const names = design.arms.filter(inFamily).map(({ name }) => name);
  const declared = (x: string, y: string) => design.family.some(({ a, b }) => (a === x && b === y) || (a === y && b === x));
  const open = names.flatMap((x, i) => names.slice(i + 1).flatMap((y) => (declared(x, y) ? [] : [`${x} against ${y}`])));
  return [
    "How many seconds it would take in your data centre: durations are those of this machine and this time factor. They compare playbooks, they are no forecast.",
    `Other incidents than ${design.scenario}, with the ${plural(blocksOf(design), "seed")} of this design; and how often such an incident happens.`,
    `Other people: delays and slips are those of the operator model “${design.operator}”.`,
    ...(open.length > 0 ? [`${some(open)}: not declared, so not tested. --all-pairs declares them, and asks for more of each.`] : []),
    ...(found.sensitivity.length === 0 ? ["Whether the order holds where people are quicker or slower: no other delays were tried."] : []),
    ...(found.aa ? [] : ["This suite’s own rate of false alarms: no A/A arm was run (--aa)."]),
    ...(design.path === "fixed"
      ? ["That two playbooks are the same: “not decided” is no equality, only “within margin” says that a difference is small."]
      : []),
  ];
}
