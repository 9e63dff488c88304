/**
 * What `flounder gameday` does: starts the page's server and the runner, each a process of its own, starts a server that has died again, and sees to it that a run
 * whose runner hangs or has died is healed, judged and told. Nobody waits for anybody's page.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { nowUs, sleep } from "../clock.js";
import type { Event, Verdict } from "../core.js";
import { FlounderError } from "../errors.js";
import { connect } from "../keeper/start.js";
import { dist } from "../paths.js";
import { stopReason } from "./abort.js";
import { deedOf, type GameFolder, type RunnerState } from "./folder.js";
import { seal } from "./seal.js";
import type { Links } from "./serve.js";
import { Tail } from "./tail.js";

/** A runner that was told to abort and gives no sign of life for so long is ended. */
const hungMs = 6000;
const lookMs = 200;
/** A server that dies so often in a row does not come up at all. */
const mostDeaths = 10;
/** Pages fetch the debrief meanwhile. */
const lingerMs = 60_000;

export interface HostInputs {
  readonly folder: GameFolder;
  readonly say: (line: string) => void;
  /** The page answers. Told once. */
  readonly links: (links: Links) => void;
  /** The page stays until then, with `linger`; else a minute after the end. Aborted during the run: the game is aborted. */
  readonly signal: AbortSignal;
  readonly linger: boolean;
}
export interface GameOutcome {
  readonly result: Verdict["result"] | undefined;
  /** The results folder; undefined where the run never began. */
  readonly folder: string | undefined;
  readonly why: string | undefined;
  /** Somebody wanted that. */
  readonly aborted: boolean;
}

const start = (entry: string, id: string): ChildProcess =>
  // A group of its own: Ctrl-C in the terminal is the command's alone, which aborts in good order.
  fork(join(dist, "harness", "gameday", entry), [id], { detached: true, execArgv: ["--enable-source-maps"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Resolves when the game is over and told. Rejects with FlounderError where it could not begin. */
export async function host({ folder, say, links, signal, linger }: HostInputs): Promise<GameOutcome> {
  const page = keepServer(folder, say, links);
  try {
    await Promise.race([page.answers, page.failed]);
    const runner = start("runner.js", folder.id);
    const abort = () => {
      folder.did({ did: "event", event: personally() });
      folder.did({ did: "abort", who: "the terminal", reason: String((signal.reason as Error)?.message ?? ""), atMs: Date.now() });
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    const aborted = await seeToTheEnd(folder, runner, say);
    signal.removeEventListener("abort", abort);
    const state = folder.runner();
    if (state?.foundation) await releaseOwn(state.foundation, say);
    const outcome = { result: state?.result as GameOutcome["result"], folder: state?.folder ?? undefined, why: state?.why, aborted };
    if (state?.stage === "over") {
      say(linger ? "the page stays until Ctrl-C" : `the page stays for ${lingerMs / 1000} s; --linger keeps it`);
      await sleep(linger ? Number.POSITIVE_INFINITY : lingerMs, signal).catch(() => {});
    }
    return outcome;
  } finally {
    await page.end();
    folder.remove();
  }
}
const personally = (): Event => ({ atUs: nowUs(), by: "person", kind: "facilitator", who: "the terminal", did: "abort", says: "", ok: true });

/** Starts it again whenever it dies; under the same port, so that tabs come back by themselves. */
function keepServer(folder: GameFolder, say: (line: string) => void, links: (links: Links) => void) {
  let child: ChildProcess;
  let ended = false;
  let deaths = 0;
  let fail = (_error: Error) => {};
  let answer = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const answers = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let told = false;
  const begin = () => {
    child = start("serve.js", folder.id);
    child.on("message", (message) => {
      deaths = 0;
      if (!told) links(message as Links);
      told = true;
      answer();
    });
    child.once("exit", (code, name) => {
      if (ended) return;
      if (++deaths > mostDeaths)
        return fail(new FlounderError("environment", `the page's server ends again and again (${name ?? code})`, "see what it says above"));
      say(`the page's server has ended (${name ?? code}): it is started again`);
      begin();
    });
  };
  begin();
  return {
    answers,
    failed,
    async end() {
      ended = true;
      if (isOver(child)) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 3000);
      await gone;
      clearTimeout(force);
    },
  };
}

/** Until the runner has told of its end; one that hangs after an abort is ended, and one that has died is told for. */
async function seeToTheEnd(folder: GameFolder, runner: ChildProcess, say: (line: string) => void): Promise<boolean> {
  const people = new Tail(folder.path("people.jsonl"));
  let aborted: string | undefined;
  const hear = () => {
    for (const line of people.lines()) {
      const deed = deedOf(line);
      if (deed?.did === "abort") aborted ??= `aborted by ${deed.who}${deed.reason ? `: ${deed.reason}` : ""}`;
    }
  };
  while (!isOver(runner)) {
    hear();
    if (aborted !== undefined && folder.silentMs() > hungMs) {
      say("the runner hangs: it is ended");
      runner.kill("SIGKILL");
    }
    await sleep(lookMs);
  }
  hear();
  const state = folder.runner();
  if (state?.stage === "over" || state?.stage === "failed") return aborted !== undefined;
  const why = aborted ?? `the runner died (${runner.signalCode ?? runner.exitCode})`;
  const end = { kind: aborted === undefined ? ("broken-off" as const) : ("aborted" as const), why };
  const sealed = state && (await seal(folder, state, end));
  const { pid = 0, foundation = null, folder: results = null, plan = null, zeroUs = null } = state ?? {};
  const last = { pid, foundation, folder: results, plan, zeroUs } satisfies Partial<RunnerState>;
  folder.say(sealed ? { ...last, stage: "over", result: sealed.result } : { ...last, stage: "failed", why });
  return aborted !== undefined;
}

/** A foundation that stays is as it was before: what the game's own abort has stopped may be injected into again. */
async function releaseOwn(id: string, say: (line: string) => void): Promise<void> {
  try {
    await using client = await connect(id);
    const { stopped } = await client.status();
    if (stopped?.startsWith(stopReason)) await client.release("the game day is over");
  } catch (error) {
    if (!(error instanceof FlounderError)) throw error;
    if (error.code !== "unreachable") say(`${id}: ${error.message}`);
  }
}
