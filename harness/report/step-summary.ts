/** The summary of a GitHub job: Markdown that is added to the file which the job names. */
import { appendFileSync } from "node:fs";

/** Adds to it, if there is one. What cannot be written there changes nothing else: it is said. */
export function addToStepSummary(markdown: string, say: (line: string) => void): void {
  const path = process.env.GITHUB_STEP_SUMMARY;
  if (!path) return;
  try {
    appendFileSync(path, markdown);
  } catch (error) {
    say(`the job's summary could not be written (GITHUB_STEP_SUMMARY): ${(error as Error).message}`);
  }
}
