/**
 * The one place that turns what somebody asks for into an outcome: foundation → plan → run → verdict, with any number of observers.
 * Commands, suites and comparisons call it; it reads no flag, prints nothing and ends no process. Several may go on in one process, each on a foundation of its own.
 */
import { resolve } from "node:path";
import { nowUs } from "../clock.js";
import type { Supervise } from "../playbooks/play.js";
import { version } from "../registry.js";
import { bringUp, type FoundationSource } from "./foundation.js";
import { type Observer, toAll } from "./observers.js";
import type { Outcome } from "./outcome.js";
import type { People } from "./people.js";
import { planOf, type Work } from "./planning.js";
import { commandOf, reproOf } from "./repro.js";
import { run } from "./runner.js";

export interface Session {
  readonly work: Work;
  /** Default: bringUp(). */
  readonly foundation?: FoundationSource | undefined;
  /** The folder in which the results folder is made. */
  readonly resultsDir: string;
  readonly observers?: readonly Observer[] | undefined;
  /** They play, and no playbook is. */
  readonly people?: People | undefined;
  /** A person is asked before each step of the playbook. */
  readonly supervise?: Supervise | undefined;
  /** Aborts the run: all is healed, what there is is judged. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Resolves with what came of it, whatever the verdict. Rejects with a FlounderError where the run was refused before anything was written.
 * A foundation that was brought up for it is ended either way.
 */
export async function runSession({
  work,
  foundation = bringUp(),
  resultsDir,
  observers = [],
  people,
  supervise,
  signal = new AbortController().signal,
}: Session): Promise<Outcome> {
  const watching = toAll(observers, (error) => watching.say(`an observer failed and hears nothing more: ${error instanceof Error ? error.message : error}`));
  const { say } = watching;
  const open = await foundation.open({ command: commandOf(work), say, signal });
  try {
    const planned = await planOf(work, open.known);
    for (const note of planned.notes) say(note);
    const client = await open.take(planned);
    return await run({
      planned,
      client,
      attached: open.attached,
      resultsDir: resolve(resultsDir),
      reproIn: (folder) => reproOf({ work, planned, words: open.words, folder }),
      observer: watching,
      version: await version(),
      signal,
      zeroUs: nowUs(),
      ending: () => open.end(),
      people,
      supervise,
    });
  } finally {
    await open.end();
  }
}
