/** A prober as whoever starts it sees it: one child process, or one per vantage, told what to ask, and answering with samples or totals. */
import { resolve as absolute } from "node:path";
import { createInterface } from "node:readline";
import type { FoundationFacts, Route, Sample, Vantage } from "../../core.js";
import { FlounderError } from "../../errors.js";
import type { AskPlanned, ProberMessage, ProberReport, ProberStart } from "../protocol.js";
import { emptySamples } from "../samples/samples-file.js";
import { type ProberProcess, proberHere, proberInContainer } from "./vantage.js";

export interface ProberListener {
  samples?(batch: readonly Sample[]): void;
  acked?(write: string, atUs: number): void;
  /** Each second, cumulative; `index` is that of the prober among those that were started. */
  report?(report: ProberReport, index: number): void;
  trouble?(says: string): void;
}
export interface Prober {
  readonly pids: readonly number[];
  /** Resolves when set-up and warm-up are done and sampling goes on; rejects with FlounderError "environment" when a process ends before. */
  readonly ready: Promise<void>;
  /** Resolves with why, if a process ends without being told to. */
  readonly broken: Promise<string>;
  routes(routes: readonly Route[]): void;
  /** Ends sampling; resolves after the last flush with the last report of each, also of one that died meanwhile. */
  end(): Promise<readonly ProberReport[]>;
}
/** It reports each second: silent for so long, while we live, it is stopped or hangs, and is ended. Before it samples, set-up may take longer. */
const silentMaxS = { sampling: 10, settingUp: 60 };

/** A prober's start; its file is made anew. */
type Start<Ask> = Omit<ProberStart, "ask"> & { readonly ask: Ask };

/** On this machine. Throws FlounderError "environment" if the samples' file cannot be written. */
export function startProber(start: ProberStart, listener: ProberListener): Prober {
  const endpoints = "endpoints" in start.ask ? start.ask.endpoints.length : undefined;
  return together([proberOf(proberHere(endpoints), withFile(start), listener, 0)]);
}

/** Where the foundation's vantages are: one here for both, or one in a container at each. `appends`: others write the samples' file already. */
export function startAtVantages(
  start: Start<AskPlanned>,
  listener: ProberListener,
  { id, vantages }: Pick<FoundationFacts, "id" | "vantages">,
  { appends = false } = {},
): Prober {
  const own = withFile(start, appends);
  if (!vantages) return together([proberOf(proberHere(undefined), own, listener, 0)]);
  const { ask } = start;
  const asking = (["outside", "inside"] as const).filter((from) => ask.probes.some((probe) => probe.from === from));
  const each = asking.map((from, index) => {
    const process = proberInContainer({ foundation: id, from, at: vantages[from], ...(own.samplesFile === undefined ? {} : { samplesFile: own.samplesFile }) });
    const part = { ...ask, probes: ask.probes.filter((probe) => probe.from === from), routes: routesFrom(from, ask.routes) };
    return { from, prober: proberOf(process, { ...own, ask: part }, listener, index) };
  });
  const all = together(each.map(({ prober }) => prober));
  return {
    ...all,
    routes(routes) {
      for (const { from, prober } of each) prober.routes(routesFrom(from, routes));
    },
  };
}

const routesFrom = (from: Vantage, routes: readonly Route[]) => routes.filter((route) => route.from === from);

function withFile<S extends ProberStart>(start: S, appends = false): S {
  if (start.samplesFile === undefined) return start;
  const samplesFile = absolute(start.samplesFile);
  if (!appends) emptySamples(samplesFile);
  return { ...start, samplesFile };
}

function together(probers: readonly Prober[]): Prober {
  const ready = Promise.all(probers.map((one) => one.ready)).then(() => {});
  ready.catch(() => {}); // whoever awaits it sees it; nobody need
  return {
    pids: probers.flatMap((one) => one.pids),
    ready,
    broken: Promise.race(probers.map((one) => one.broken)),
    routes(routes) {
      for (const one of probers) one.routes(routes);
    },
    end: async () => (await Promise.all(probers.map((one) => one.end()))).flat(),
  };
}

function proberOf({ name, child }: ProberProcess, start: ProberStart, listener: ProberListener, index: number): Prober {
  const send = (message: object) => {
    if (child.stdin.writable) child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  child.stdin.on("error", () => {}); // it died: the exit says so
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk).slice(-2000);
  });
  let ended = false;
  let last: ProberReport | undefined;
  let fault = "";
  let sampling = false;
  let silentS = 0;
  const watchdog = setInterval(() => {
    if (sampling || ended) silentS++;
    if (silentS >= silentMaxS[sampling ? "sampling" : "settingUp"]) child.kill("SIGKILL");
  }, 1000);
  let isReady!: () => void;
  let failed!: (error: Error) => void;
  const ready = new Promise<void>((resolve, reject) => {
    isReady = resolve;
    failed = reject;
  });
  ready.catch(() => {}); // whoever awaits it sees it; nobody need
  let broke!: (why: string) => void;
  const broken = new Promise<string>((resolve) => {
    broke = resolve;
  });
  const closed = new Promise<void>((resolve) => {
    const end = (why: string) => {
      clearInterval(watchdog);
      const says = sampling ? `${name} ended before its time (${why}): nothing was measured after that` : `${name} ended (${why})`;
      failed(new FlounderError("environment", fault || says, "run again; if it stays so, flounder doctor"));
      if (!ended) {
        listener.trouble?.(says);
        broke(says);
      }
      ended = true;
      resolve();
    };
    child.once("error", (error) => end(`${child.spawnfile} cannot be run: ${error.message}`));
    // Not "exit": what it said last is read before.
    child.once("close", (code, signal) => end(`${silentS > 5 ? `silent for ${silentS} s, ` : ""}${signal ?? `exit ${code}`}${lastLines(stderr)}`));
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    silentS = 0;
    const message = JSON.parse(line) as ProberMessage;
    if (message.kind === "ready") {
      sampling = true;
      isReady();
    } else if (message.kind === "samples") listener.samples?.(message.samples);
    else if (message.kind === "acked") listener.acked?.(message.write, message.atUs);
    else if (message.kind === "report") {
      last = message;
      listener.report?.(message, index);
    } else if (message.kind === "fault") {
      fault = message.says;
      listener.trouble?.(message.says);
    } else ended = true;
  });
  send({ kind: "start", ...start });
  return {
    pids: child.pid === undefined ? [] : [child.pid],
    ready,
    broken,
    routes: (routes) => send({ kind: "routes", routes }),
    async end() {
      ended = true;
      send({ kind: "end" });
      child.stdin.end();
      await closed;
      return last === undefined ? [] : [last];
    },
  };
}

/** What it said on stderr, without Docker's word on how to get help. */
function lastLines(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !line.includes("docker run --help"));
  return lines.length === 0 ? "" : `: ${lines.slice(-3).join(" | ")}`;
}
