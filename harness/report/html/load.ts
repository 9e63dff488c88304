/** The section of report.html on a load that ran beside the probes. */
import { sayLoad, sayThreshold } from "../../load/words.js";
import { loadChart } from "../charts/load-chart.js";
import { loadColumns, loadRows, sayEnd } from "../load-words.js";
import type { Story } from "../story.js";
import { type Markup, markup, table } from "./markup.js";
import { pictures } from "./sections.js";

export function load(story: Story): Markup | "" {
  const { load } = story.verdict;
  if (!load) return "";
  if (load.tool === "command")
    return markup`<section><h2>Load: ${sayLoad(load)}</h2><p>${sayEnd(load)} Nothing else is known of it here; what it said is in logs/load.log. Command: <code>${story.plan.load!.script}</code></p></section>`;
  const thresholds = load.end?.thresholds ?? [];
  return markup`<section><h2>Load: ${sayLoad(load)}</h2><p class="soft">What k6 itself reported, by the instant that each request began; no lost second above is counted from it, and none of its figures from the probes. The line is the median of requests that did not fail, the shade reaches to the 99th percentile; red rises with the share that failed, to the top for all of them.</p>
<figure>${pictures((size) => loadChart(story, size))}</figure>
${table(
  [{ title: "" }, ...loadColumns.map((title) => ({ title, figures: true }))],
  loadRows(load).map(({ when, cells }) => ({ cells: [when, ...cells] })),
)}
${
  thresholds.length === 0
    ? ""
    : table(
        [{ title: "" }, { title: "threshold" }],
        thresholds.map((one) => ({
          cells: [markup`<span class="mark ${one.held ? "pass" : "fail"}">${one.held ? "held" : "crossed"}</span>`, sayThreshold(one)],
        })),
      )
}
<p class="soft">${sayEnd(load)}</p></section>`;
}
