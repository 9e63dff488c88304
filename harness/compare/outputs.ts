/** All that a comparison writes besides its design and its trials, made of them. */
import { canonical } from "../canonical.js";
import { renderHtml } from "./output/html.js";
import { renderJunit } from "./output/junit.js";
import { renderMarkdown } from "./output/markdown.js";
import type { Comparison, Design, TrialStrip } from "./shapes.js";

export function writeOutputs(design: Design, comparison: Comparison, strips: readonly TrialStrip[], write: (name: string, text: string) => void): void {
  const report = { design, comparison, strips };
  write("comparison.json", canonical(comparison));
  write("report.html", renderHtml(report));
  write("report.md", renderMarkdown(report));
  write("junit.xml", renderJunit(report));
}
