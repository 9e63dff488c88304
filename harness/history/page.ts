/** Past runs as one page: a strip of the four lanes per run, oldest first, so that a run that got worse is seen at a glance. */

import { runWindow } from "../measure/windows.js";
import { type Lane, lanesInOrder, lanes as lanesOf } from "../report/charts/strips.js";
import { Markup, markup, type Piece, table } from "../report/html/markup.js";
import { page } from "../report/html/page.js";
import { readResults } from "../results/results.js";
import { figure, laneName, middle, range } from "../words.js";
import type { StoredRun } from "./stored-runs.js";

const [width, laneHeight, gap] = [240, 7, 2];

export function historyPage(runs: readonly StoredRun[]): string {
  const columns = [
    ...[{ title: "started" }, { title: "scenario" }, { title: "result" }, { title: lanesInOrder.map(({ plane, from }) => laneName(plane, from)).join(" · ") }],
    ...lanesInOrder.map(({ plane, from }) => ({ title: `${laneName(plane, from)}, s lost`, figures: true })),
  ];
  const rows = runs.map((run) => ({ cells: cellsOf(run) }));
  return page({
    title: "History · Flounder",
    body: [
      markup`<header><h1>${runs.length} runs, oldest first</h1><p class="soft">Each strip is a run: from top to bottom ${lanesInOrder.map(({ plane, from }) => laneName(plane, from)).join(", ")}. Red is the share of requests that were lost. Strips have their own length of time.</p></header>`,
      markup`<section>${table(columns, rows)}</section>`,
    ],
    dataId: "history",
    data: runs.map(({ name, startedIso, machine, plan, verdict }) => ({
      ...{ folder: name, startedIso, machine: machine ?? null, scenario: plan.name, seed: plan.seed, planDigest: plan.digest },
      ...{ result: verdict?.result ?? null, lostS: verdict?.lostS ?? null },
    })),
  });
}

function cellsOf({ startedIso, plan, verdict, folder }: StoredRun): readonly Piece[] {
  const lost = lanesInOrder.map(({ plane, from }) => {
    const bounds = verdict?.lostS[plane][from];
    return bounds ? markup`${figure(middle(bounds))} <span class="b">${range(bounds)}</span>` : "";
  });
  return [
    ...[startedIso.slice(0, 16).replace("T", " "), markup`${plan.name}, seed ${plan.seed}`],
    ...[markup`<span class="mark ${verdict?.result ?? ""}">${verdict?.result ?? "not judged"}</span>`, strip(folder), ...lost],
  ];
}

function strip(folder: string): Markup {
  try {
    const { plan, events, samples } = readResults(folder);
    const run = runWindow(plan, events, samples);
    const window = { fromUs: Math.min(run.fromUs, samples[0]?.dueUs ?? run.fromUs), toUs: run.toUs };
    const span = Math.max(1, window.toUs - window.fromUs);
    const drawn = lanesOf(plan, samples, window, width / 2);
    const height = drawn.length * (laneHeight + gap) - gap;
    const lane = ({ stretches }: Lane, at: number) =>
      stretches.map(({ fromUs, toUs, lost }) => {
        if (lost === null) return "";
        const [x, w] = [((fromUs - window.fromUs) / span) * width, ((toUs - fromUs) / span) * width];
        const y = at * (laneHeight + gap);
        const red =
          lost === 0
            ? ""
            : markup`<rect x="${x.toFixed(1)}" y="${y}" width="${w.toFixed(1)}" height="${laneHeight}" fill="var(--lost)" opacity="${Math.max(0.25, lost)}"/>`;
        return markup`<rect x="${x.toFixed(1)}" y="${y}" width="${w.toFixed(1)}" height="${laneHeight}" fill="var(--ok)"/>${red}`;
      });
    return markup`<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">${drawn.map(lane)}</svg>`;
  } catch (error) {
    return new Markup(markup`<span class="soft">${(error as Error).message}</span>`.text);
  }
}
