/** A load in words and rows, as every report says it. The figures are the tool's own. */
import type { LoadEnd, LoadFigures, LoadVerdict, Verdict } from "../core.js";
import { sayFigures } from "../load/figures.js";
import { sayLoad } from "../load/words.js";

export const sayExit = ({ exitCode }: Pick<LoadEnd, "exitCode">): string => (exitCode === null ? "by a signal" : `exit code ${exitCode}`);
export const sayEnd = ({ end }: LoadVerdict): string =>
  end ? `It ended ${end.byItself ? "by itself" : "with the run"}, ${sayExit(end)}.` : "How it ended is not known.";

export const loadColumns = ["requests", "failed", "p50 ms", "p95 ms", "p99 ms", "longest ms"] as const;

const cellsOf = ({ requests, failed, latencyMs }: LoadFigures): readonly string[] => [
  String(requests),
  requests === 0 ? "–" : `${failed} (${((100 * failed) / requests).toFixed(1)} %)`,
  ...(latencyMs ? [latencyMs.p50, latencyMs.p95, latencyMs.p99, latencyMs.max].map(String) : ["–", "–", "–", "–"]),
];

/** Before, while each fault held, and the whole from turbulence on. */
export const loadRows = ({ steady, acts, all }: LoadVerdict): readonly { readonly when: string; readonly cells: readonly string[] }[] => [
  { when: "steady phase", cells: cellsOf(steady) },
  ...acts.map((figures) => ({ when: `while ${figures.act} held`, cells: cellsOf(figures) })),
  { when: "whole run", cells: cellsOf(all) },
];

/** For the terminal; none without a load. */
export function loadLines({ load }: Verdict): readonly string[] {
  if (!load) return [];
  if (load.tool === "command") return [`load ${sayLoad(load)}   ${sayEnd(load)}`];
  const held = load.end?.thresholds.filter((one) => one.held).length ?? 0;
  return [
    `load ${sayLoad(load)}   ${sayFigures(load.all)} · ${held} of ${load.end?.thresholds.length ?? 0} thresholds held`,
    ...load.acts.map((figures) => `  while ${figures.act} held   ${sayFigures(figures)}`),
  ];
}
