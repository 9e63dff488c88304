/** report.html of a comparison: one file that opens offline, in the look of a run's report. */
import { page } from "../../report/html/page.js";
import type { Report } from "./report.js";
import { outcomeOf } from "./report.js";
import { designSection, foot, notShown, top, warnings } from "./sections.js";
import { outcomes, ratios, trials } from "./sections-lost.js";
import { people } from "./sections-people.js";
import { clocks, recovery } from "./sections-recovery.js";
import { trust } from "./sections-trust.js";
import { strips } from "./strips.js";
import { style } from "./style.js";

export const renderHtml = (report: Report): string =>
  page({
    title: `${outcomeOf(report.comparison).word}: ${report.comparison.scenario} · Flounder compare`,
    body: [top, warnings, ratios, trials, people, recovery, strips, clocks, outcomes, trust, designSection, notShown, foot].map((section) => section(report)),
    dataId: "comparison",
    data: report.comparison,
    style,
  });
