/** report.html: one file that opens offline and asks nobody for anything; reads well on a phone and in the dark. */

import { recovery } from "../charts/recovery-bar.js";
import type { Story } from "../story.js";
import { load } from "./load.js";
import { page } from "./page.js";
import { foot, happened, lanes, latencies, lostTable, matrix, operations, proof, thresholds, tiles, top } from "./sections.js";

export const html = (story: Story): string =>
  page({
    title: `${story.verdict.result}: ${story.plan.name} ${story.plan.seed} · Flounder`,
    body: [top, tiles, lanes, lostTable, matrix, recovery, thresholds, operations, latencies, load, happened, proof, foot].map((section) => section(story)),
    dataId: "verdict",
    data: story.verdict,
  });
