/** report.md of a comparison; the same text is the summary of a GitHub job. */
import { percent, sayInterval, sayNumber, sayP, saySeconds } from "../analysis/figures.js";
import { furtherWarnings, gameDays, kindOf, nameOf, outcomeOf, type Report, refusals } from "./report.js";

const marks = { pass: "✅", fail: "❌", inconclusive: "❔", aborted: "⏹", step: "🟰" } as const;
/** A pipe would end a cell, a line break its row. */
const safe = (text: string): string => text.replace(/\|/g, "\\|").replace(/\r?\n/g, " ");
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.map(safe).join(" | ")} |`).join("\n");

export function renderMarkdown({ design, comparison }: Report): string {
  const { word, kind } = outcomeOf(comparison);
  const strength = comparison.path === "fixed" ? ["p", "p, Holm"] : ["e", "decided at block"];
  const level = `${percent(1 - comparison.alpha)} ${comparison.path === "fixed" ? "interval" : "confidence sequence"}`;
  const p = (value: number | null) => (value === null ? "–" : sayP(value));
  const pairs = comparison.pairs.map((pair) => [
    `${nameOf(comparison, pair)}${pair.declared ? "" : " (control)"}`,
    `${marks[kindOf(pair)]} ${pair.verdict}`,
    pair.ratio === null ? "–" : sayNumber(pair.ratio),
    sayInterval(pair.ci),
    String(pair.n),
    ...(comparison.path === "fixed" ? [p(pair.p), p(pair.pHolm)] : [pair.e === null ? "–" : sayNumber(pair.e), String(pair.decidedAt ?? "–")]),
  ]);
  const arms = comparison.arms.map(({ arm, n, replaced, lostS, pRecover, rmstS, clock, lostWrites }) => [
    arm,
    `${n}${replaced > 0 ? ` (+${replaced} replaced)` : ""}`,
    lostS ? saySeconds(lostS.value) : "–",
    `${pRecover.k} of ${pRecover.n}`,
    rmstS ? saySeconds(rmstS.value) : "–",
    saySeconds(clock.humanS),
    saySeconds(clock.machineS),
    String(lostWrites),
  ]);
  const played = comparison.people;
  if (played) {
    const { arm, n, lostS, pRecover, rmstS, lostWrites } = played.summary;
    const left = played.trials.length - n;
    arms.push([
      `${arm} (not tested)`,
      `${n}${left > 0 ? ` (+${left} not counted)` : ""}`,
      lostS ? saySeconds(lostS.value) : "–",
      `${pRecover.k} of ${pRecover.n}`,
      rmstS ? saySeconds(rmstS.value) : "–",
      "–",
      "–",
      String(lostWrites),
    ]);
  }
  const bullets = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");
  const warnings = [...refusals(comparison), ...furtherWarnings(comparison).map(({ text, option }) => `${text}${option ? ` Option: \`${option}\`.` : ""}`)];
  const replaced = comparison.blocks.flatMap(({ block, trials }) =>
    trials.flatMap(({ arm, attempt, invalid }) => (invalid ? [`block ${block}, ${arm}, attempt ${attempt}: ${invalid.says}`] : [])),
  );
  const sections = [
    `# ${marks[kind]} ${word.toUpperCase()}: ${design.scenario}`,
    comparison.sentence,
    comparison.footnotes.map((note, i) => `${i + 1}. ${note}`).join("\n"),
    `## Lost seconds${comparison.reference ? ` against ${comparison.reference}` : ""}`,
    table(["", "verdict", "ratio", level, "blocks", ...strength], pairs),
    "## Arms",
    table(["", "trials", "lost, median", "recovered", "restricted mean", "people", "machines", "lost writes"], arms),
    ...(played ? ["## Played by people", played.says, bullets(gameDays(played))] : []),
    ...(warnings.length > 0 ? ["## Before you trust it", bullets(warnings)] : []),
    ...(replaced.length > 0 ? ["## Replaced trials", bullets(replaced)] : []),
    "## What it does not show",
    bullets(comparison.notShown),
    `Design \`${comparison.designDigest}\`, machine ${comparison.machine}, Flounder ${comparison.flounder}.`,
  ];
  return `${sections.join("\n\n")}\n`;
}
