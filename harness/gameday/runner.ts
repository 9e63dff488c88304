/** The runner of a game: a session that begins when the facilitator says so, in a process of its own. argv: the game's id. The run never waits for a page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nowUs } from "../clock.js";
import type { Plan } from "../core.js";
import { FlounderError } from "../errors.js";
import type { Supervise } from "../playbooks/play.js";
import { liveView } from "../report/terminal/terminal.js";
import { files } from "../results/results.js";
import { attachTo, bringUp, type FoundationSource } from "../session/foundation.js";
import { fromPlan, type Observer } from "../session/observers.js";
import type { Work } from "../session/planning.js";
import { runSession } from "../session/session.js";
import { GameFolder, type RunnerState } from "./folder.js";
import { Inbox } from "./inbox.js";

const beatMs = 500;

const folder = new GameFolder(process.argv[2]!);
const record = folder.record();
const inbox = new Inbox(folder);
const abort = new AbortController();
let state: RunnerState = { stage: "raising", pid: process.pid, foundation: null, folder: null, plan: null, zeroUs: null };
const now = (change: Partial<RunnerState>) => {
  state = { ...state, ...change };
  folder.say(state);
};
const stop = (says: string) => abort.abort(new FlounderError("aborted", says, "begin another game"));

folder.beat();
const beats = setInterval(() => folder.beat(), beatMs);
now({});
inbox.on("abort", ({ who, reason }) => {
  stop(`aborted by ${who}${reason ? `: ${reason}` : ""}`);
  return true;
});
// Nobody could end it any more: it heals, and ends itself.
process.on("disconnect", () => stop("the command that began the game has gone"));

/** Up and nobody else's; the run itself begins when the facilitator says so. */
const waiting = (source: FoundationSource): FoundationSource => ({
  async open(opening) {
    const open = await source.open(opening);
    return {
      ...open,
      async take(planned) {
        const client = await open.take(planned);
        now({ stage: "ready", foundation: client.id, plan: planned.plan });
        await new Promise<void>((resolve, reject) => {
          const refuse = () => reject(opening.signal.reason);
          if (opening.signal.aborted) return refuse();
          opening.signal.addEventListener("abort", refuse, { once: true });
          inbox.on("go", () => {
            resolve();
            return true;
          });
        });
        return client;
      },
    };
  },
});
const telling: Observer = {
  begin: (plan, _about, results) => now({ plan, folder: results }),
  event(event) {
    if (event.kind === "zero") now({ stage: "running", zeroUs: nowUs() - event.atUs });
    else if (event.kind === "facilitator" && event.did === "inject" && event.ok && state.folder !== null)
      now({ plan: JSON.parse(readFileSync(join(state.folder, files.plan), "utf8")) as Plan });
    else if (event.kind === "aborted" || event.kind === "broken-off" || (event.kind === "phase" && event.phase === "end")) now({ stage: "ending" });
  },
  say: (line) => folder.progress(line),
};
let asks = 0;
/** Who plays answers on the page; procedures that run at the same time are asked for one after the other. */
let before: Promise<unknown> = Promise.resolve();
const supervise: Supervise = (what) => {
  const answer = before.then(async () => {
    const ask = ++asks;
    folder.ask({ ask, ...what });
    const said = await new Promise<{ go: boolean; who: string }>((resolve) =>
      inbox.on("answer", (deed) => {
        if (deed.ask === ask) resolve(deed);
        return deed.ask === ask;
      }),
    );
    folder.ask(null);
    return said;
  });
  before = answer;
  return answer;
};
const { engine, portBase, approve } = record;
try {
  const outcome = await runSession({
    work: record.work as Work,
    foundation: waiting(record.foundation === undefined ? bringUp({ engine, portBase }) : attachTo(record.foundation, { approve, engine })),
    resultsDir: record.resultsDir,
    observers: [telling, fromPlan((plan, about) => liveView(plan, process.stderr, { about }))],
    signal: abort.signal,
    supervise: record.supervised ? supervise : undefined,
    people: inbox.people(
      record.blind,
      record.seats.map(({ name }) => name),
    ),
  });
  now({ stage: "over", plan: outcome.plan, folder: outcome.folder, result: outcome.verdict.result });
} catch (error) {
  const why = error instanceof FlounderError ? `${error.message}\n  → ${error.hint}` : String(error instanceof Error ? error.stack : error);
  now({ stage: "failed", why });
} finally {
  clearInterval(beats);
  inbox.end();
  process.disconnect?.();
}
