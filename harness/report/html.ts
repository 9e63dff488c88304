/** report.html: one file that opens offline and asks nobody for anything; reads well on a phone and in the dark. */
import { canonical } from "../canonical.js";
import { Markup, markup, render } from "./markup.js";
import { recovery } from "./recovery-bar.js";
import { foot, happened, lanes, latencies, lostTable, matrix, operations, proof, thresholds, tiles, top } from "./sections.js";
import type { Story } from "./story.js";
import { style } from "./style.js";

export function html(story: Story): string {
  // "<" in data must not end the script element; \u003c is the same JSON.
  const embedded = new Markup(canonical(story.verdict).replace(/</g, "\\u003c"));
  return `${render(markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${story.verdict.result}: ${story.plan.name} ${story.plan.seed} · Flounder</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style></head>
<body><main>${[top, tiles, lanes, lostTable, matrix, recovery, thresholds, operations, latencies, happened, proof, foot].map((section) => section(story))}</main>
<script type="application/json" id="verdict">${embedded}</script>
</body></html>`)}\n`;
}
