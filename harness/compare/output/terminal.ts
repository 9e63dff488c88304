/** The end of a comparison in the terminal: sentence, table, footnotes, warnings; fits 60 columns, colours only where they are wanted. */
import pc from "picocolors";
import { sayInterval, sayNumber, sayP } from "../analysis/figures.js";
import type { Pair } from "../shapes.js";
import { furtherWarnings, gameDays, kindOf, nameOf, outcomeOf, type Report, refusals } from "./report.js";
import { aligned, wrap } from "./text-table.js";

export interface Look {
  readonly columns: number;
  readonly colour: boolean;
}

export function renderTerminal({ design, comparison }: Report, { columns, colour }: Look): string {
  const paint = pc.createColors(colour);
  const tint = { pass: paint.green, fail: paint.red, inconclusive: paint.yellow, aborted: paint.magenta, step: paint.cyan };
  const { word, kind } = outcomeOf(comparison);
  const width = Math.max(40, Math.min(columns, 110));
  const said = comparison.pairs.map((pair) => ({ pair, cells: cellsOf(comparison.path, pair, nameOf(comparison, pair), recovered(pair)) }));
  const head = ["", "ratio", "interval", comparison.path === "fixed" ? "p" : "e", "recovered", "verdict"];
  const table = aligned([head, ...said.map(({ cells }) => cells)], width);
  const rows = table
    ? [paint.dim(table[0]!), ...table.slice(1).map((line, i) => painted(said[i]!.pair, line))]
    : said.flatMap(({ pair, cells: [name, ratio, interval, strength, back] }) => [
        `${name}: ${painted(pair, pair.verdict)}`,
        paint.dim(`  ${ratio} × (${interval}), ${comparison.path === "fixed" ? "p" : "e"} ${strength}, recovered ${back}`),
      ]);
  function painted(pair: Pair, line: string): string {
    const says = pair.verdict;
    return line.endsWith(says) ? `${line.slice(0, -says.length)}${tint[kindOf(pair)](says)}` : line;
  }
  const against = comparison.reference ? `lost seconds against ${comparison.reference}` : "lost seconds";
  const notes = comparison.footnotes.flatMap((note, i) => wrap(`${i + 1} ${note}`, width, "  ").map((line) => paint.dim(line)));
  const warned = furtherWarnings(comparison).flatMap(({ text, option }) =>
    wrap(`! ${text}${option ? ` (${option})` : ""}`, width, "  ").map((line) => paint.yellow(line)),
  );
  const refused = refusals(comparison).flatMap((text) => wrap(`✗ ${text}`, width, "  ").map((line) => paint.red(line)));
  const lines = [
    `${paint.bold(tint[kind](word.toUpperCase()))} ${design.scenario}`,
    ...wrap(comparison.sentence, width),
    "",
    paint.bold(`${against} (below 1: fewer)`),
    ...rows,
    "",
    ...(comparison.people
      ? [...wrap(comparison.people.says, width), ...gameDays(comparison.people).flatMap((line) => wrap(`- ${line}`, width, "  ")), ""]
      : []),
    ...notes,
    ...warned,
    ...refused,
  ];
  return `${lines.join("\n")}\n`;
}

const recovered = ({ pRecover: { a } }: Pair): string => `${a.k} of ${a.n}`;
function cellsOf(path: "fixed" | "sequential", pair: Pair, name: string, back: string): [string, string, string, string, string, string] {
  const p = pair.pHolm ?? pair.p;
  const strength = path === "fixed" ? (p === null ? "–" : sayP(p)) : pair.e === null ? "–" : sayNumber(pair.e);
  return [pair.declared ? name : `${name} (control)`, pair.ratio === null ? "–" : sayNumber(pair.ratio), sayInterval(pair.ci), strength, back, pair.verdict];
}
