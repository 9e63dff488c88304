/** The sections of report.html that frame it: the sentence, what to know before trusting it, the design, what it does not show. */
import { type Markup, markup, table } from "../../report/html/markup.js";
import { laneName, plural } from "../../words.js";
import { saySeconds } from "../analysis/figures.js";
import { sayInvalid } from "../analysis/footnotes.js";
import { whole } from "./cells.js";
import { furtherWarnings, outcomeOf, type Report, refusals } from "./report.js";

export function top({ design, comparison }: Report): Markup {
  const { word, kind } = outcomeOf(comparison);
  const arms = design.arms.map(({ name, role }) => (role === "candidate" || name.includes(role === "aa" ? "A/A" : role) ? name : `${name} (${role})`));
  const [first, rest] = split(comparison);
  return markup`<header><div class="top"><span class="badge ${kind}">${word.toUpperCase()}</span><b>${comparison.scenario}</b><span class="soft">${plural(design.arms.length, "arm")}: ${arms.join(", ")}</span></div>
<h1>${glued(first)}</h1><p class="lead">${glued(rest)}</p>
<ol class="notes">${comparison.footnotes.map((note) => markup`<li>${note}</li>`)}</ol>
<div class="meta"><span>${design.profile} on engine ${design.engine}</span><span>Flounder ${comparison.flounder}</span><span>machine ${comparison.machine}</span><span>design <code>${comparison.designDigest}</code></span></div></header>`;
}

/** A figure stays with its unit. */
const glued = (text: string): string => text.replace(/(\d) ([s×%])/g, "$1\u00a0$2");
/** The sentence as far as its strongest pair is told, and the rest of it. */
function split({ sentence, pairs }: Report["comparison"]): [string, string] {
  const told = pairs.map(({ says }) => sentence.indexOf(says) + says.length).filter((end, i) => end >= pairs[i]!.says.length);
  const end = told.length > 0 ? Math.min(...told) : sentence.length;
  return [sentence.slice(0, end), sentence.slice(end).trim()];
}

export function warnings({ comparison }: Report): Markup | "" {
  const said = [
    ...refusals(comparison).map((text) => ({ kind: "fail", word: "exit code 1", text, option: null as string | null })),
    ...furtherWarnings(comparison).map(({ text, option, code }) => ({ kind: "inconclusive", word: code, text, option })),
  ];
  if (said.length === 0) return "";
  return markup`<section class="warnings"><h2>Before you trust it</h2><ul class="findings">${said.map(
    ({ kind, word, text, option }) =>
      markup`<li><span><span class="mark ${kind}">${word.replace(/-/g, " ")}</span></span><span>${text}${option ? markup` Option: <code>${option}</code>.` : ""}</span></li>`,
  )}</ul></section>`;
}

export function designSection({ design, comparison }: Report): Markup {
  const rows = comparison.blocks.flatMap(({ block, seed, order, trials }, b) => {
    if (trials.length === 0) return [];
    const replaced = trials
      .filter(({ invalid }) => invalid)
      .map(({ arm, attempt, invalid }) => markup`<span title="${invalid!.says}">${arm}, attempt ${attempt}: ${sayInvalid(invalid!.code)}. </span>`);
    return [
      {
        cells: [
          whole(`blocks.${b}.block`, block),
          whole(`blocks.${b}.seed`, seed),
          order.map((name) => name.replace(/[- ]/g, (c) => (c === "-" ? "\u2011" : "\u00a0"))).join(" → "),
          replaced.length > 0 ? replaced : "none",
        ],
      },
    ];
  });
  const facts: readonly (readonly [string, string])[] = [
    ["family", design.family.map(({ a, b }) => `${a} against ${b}`).join("; ")],
    ["primary outcome", `lost seconds of ${laneName(design.outcome.plane, design.outcome.from)}`],
    ["path", design.path === "fixed" ? `fixed, ${design.blocks} blocks` : `sequential, ${design.maxBlocks} blocks at the most`],
    ["level, margin, cap", `α ${design.alpha}, ${design.matters} ×, ${saySeconds(design.capS)}`],
    ["operator model", design.operator],
    ["seed", String(design.seed)],
    ...(design.expect ? [["expected", `${design.expect.faster} < ${design.expect.slower}: ${comparison.expectation?.state ?? "not shown"}`] as const] : []),
    ...Object.entries(design.conditions).map(([name, value]) => [name, String(value)] as const),
  ];
  return markup`<section><h2>Design, order, replaced trials</h2>${table(
    [{ title: "declared before trial 1" }, { title: "" }],
    facts.map(([name, value]) => ({ cells: [name, value] })),
  )}
${table([{ title: "block" }, { title: "seed", figures: true }, { title: "order that chance gave" }, { title: "replaced" }], rows)}</section>`;
}

export const notShown = ({ comparison }: Report): Markup =>
  markup`<section><h2>What it does not show</h2><ul class="plain">${comparison.notShown.map((text) => markup`<li>${text}</li>`)}</ul></section>`;

export const foot = ({ comparison }: Report): Markup =>
  markup`<footer><p>Made from <code>design.json</code> and <code>trials.csv</code> by Flounder ${comparison.flounder}; the numbers are those of <code>comparison.json</code>, which this file holds. Exit code ${whole("exitCode", comparison.exitCode)}.</p></footer>`;
