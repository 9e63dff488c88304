/** The four lanes of a run as text, with what was injected below them: for failure messages, logs and step summaries. Pure. */

import type { Lane } from "../report/charts/strips.js";
import { lanesInOrder, lanes as lanesOf } from "../report/charts/strips.js";
import type { Story } from "../report/story.js";
import { figure, laneName, middle, range } from "../words.js";

const width = 60;
const name = 20;

/** "·" every answer was good, "▒" some were not, "█" none was, " " nothing was measured. */
const mark = (lost: number | null): string => (lost === null ? " " : lost === 0 ? "·" : lost >= 0.95 ? "█" : "▒");

export function lanesText(story: Story): string {
  const { shown, verdict, acts } = story;
  const spanUs = Math.max(1, shown.toUs - shown.fromUs);
  const column = (us: number) => Math.max(0, Math.min(width - 1, Math.floor(((us - shown.fromUs) / spanUs) * width)));
  const strip = ({ stretches }: Lane) =>
    Array.from({ length: width }, (_, at) => {
      const [fromUs, toUs] = [shown.fromUs + (at * spanUs) / width, shown.fromUs + ((at + 1) * spanUs) / width];
      const within = stretches.filter((one) => one.toUs > fromUs && one.fromUs < toUs).map((one) => one.lost);
      const measured = within.filter((lost) => lost !== null);
      return mark(measured.length === 0 ? null : Math.max(...measured));
    }).join("");
  const drawn = lanesOf(story.plan, story.samples, shown, width);
  const rows = lanesInOrder.map(({ plane, from }, at) => {
    const lost = verdict.lostS[plane][from];
    const says = lost.hi === 0 ? "nothing lost" : `${figure(middle(lost))} s lost (${range(lost)})`;
    return `${laneName(plane, from).padEnd(name)} ${strip(drawn[at]!)}  ${says}`;
  });
  const bands = acts.map((act) => {
    const on = act.targets.length <= 3 ? act.targets.join(", ") : `${act.targets[0]} and ${act.targets.length - 1} more`;
    if (act.injectedUs === undefined) return `${"".padEnd(name)} ${act.fault} on ${on}: never injected`;
    const [from, to] = [column(act.heldFromUs?.lo ?? act.injectedUs), column(act.heldToUs?.hi ?? shown.toUs)];
    const band = from >= to ? "▲" : `├${"─".repeat(Math.max(0, to - from - 1))}┤`;
    const seen = act.receipts.every(({ bitUs }) => bitUs !== null) ? "" : " (its effect was not seen)";
    return `${"".padEnd(name)} ${`${" ".repeat(from)}${band}`.padEnd(width)}  ${act.fault} on ${on}${seen}`;
  });
  const last = `${((shown.toUs - shown.fromUs) / 1e6).toFixed(0)} s`;
  const axis = `${"".padEnd(name)} 0${last.padStart(width - 1)}`;
  return [...rows, ...bands, axis].map((line) => line.trimEnd()).join("\n");
}
