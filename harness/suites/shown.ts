/** What a failed expectation shows of its run: a sentence, the four lanes, what was injected, where the report is, and how to do it again. */
import { judgement } from "../judge/judge.js";
import { story } from "../report/story.js";
import { readResults } from "../results/results.js";
import { type FinishedRun, planOf, reportOf } from "./finished-run.js";
import { lanesText } from "./lanes-text.js";

export function shown(run: FinishedRun): string {
  const again = run.verdict.setup?.about?.repro ?? `flounder run ${planOf(run)}`;
  const where = `report: ${reportOf(run)}\nRepro: ${again}`;
  try {
    const record = readResults(run.dir);
    const told = story(record, judgement(record.plan, record.events, record.samples, record.load));
    return `${told.sentence}\n\n${lanesText(told)}\n\n${where}`;
  } catch (error) {
    // A failed expectation must not be hidden by a folder that somebody has removed.
    return `${(error as Error).message}\n${where}`;
  }
}
