/** The prober as its runner sees it: one child process, or one per vantage, told where to ask, and answering with samples. */

import { resolve as absolute } from "node:path";
import { createInterface } from "node:readline";
import type { Credentials, FoundationFacts, PlannedProbe, Route, Sample, Vantage } from "../core.js";
import { FlounderError } from "../errors.js";
import { Combined, type ObserverHealth } from "./combined.js";
import { emptySamples } from "./samples-file.js";
import { type ProberProcess, proberHere, proberInContainer } from "./vantage.js";

export interface ProberStart {
  readonly zeroUs: number;
  readonly system: string;
  readonly probes: readonly PlannedProbe[];
  readonly routes: readonly Route[];
  readonly credentials: Credentials;
  /** Made anew; each prober appends to it. */
  readonly samplesFile: string;
  readonly warmUpMs: number;
}
export interface ProberListener {
  samples(batch: readonly Sample[]): void;
  acked(write: string, atUs: number): void;
  /** Of all together, cumulative. */
  observer(health: ObserverHealth): void;
  trouble(says: string): void;
}
export interface Prober {
  /** Resolves when set-up and warm-up are done and sampling goes on; rejects with FlounderError "environment" when a process ends before. */
  readonly ready: Promise<void>;
  /** Resolves with why, if a process ends without being told to. */
  readonly broken: Promise<string>;
  routes(routes: readonly Route[]): void;
  /** Ends sampling; resolves after the last flush. */
  end(): Promise<void>;
}

/** Throws FlounderError "environment" if the samples' file cannot be written. */
export function startProber(start: ProberStart, listener: ProberListener, { id, vantages }: Pick<FoundationFacts, "id" | "vantages">): Prober {
  const samplesFile = absolute(start.samplesFile);
  emptySamples(samplesFile);
  if (!vantages) return proberOf(proberHere(), { ...start, samplesFile }, listener, () => {});
  const asking = (["outside", "inside"] as const).filter((from) => start.probes.some((probe) => probe.from === from));
  const health = new Combined(asking, (all) => listener.observer(all));
  const probers = asking.map((from) => {
    const process = proberInContainer({ foundation: id, from, at: vantages[from], samplesFile });
    const own = { ...start, samplesFile, probes: start.probes.filter((probe) => probe.from === from), routes: routesFrom(from, start.routes) };
    const prober = proberOf(process, own, { ...listener, observer: (said) => health.said(from, said) }, () => health.ended(from));
    return { from, prober };
  });
  const ready = Promise.all(probers.map(({ prober }) => prober.ready)).then(() => {});
  ready.catch(() => {}); // whoever awaits it sees it; nobody need
  return {
    ready,
    broken: Promise.race(probers.map(({ prober }) => prober.broken)),
    routes(routes) {
      for (const { from, prober } of probers) prober.routes(routesFrom(from, routes));
    },
    async end() {
      await Promise.all(probers.map(({ prober }) => prober.end()));
    },
  };
}

const routesFrom = (from: Vantage, routes: readonly Route[]) => routes.filter((route) => route.from === from);

function proberOf({ name, child }: ProberProcess, start: ProberStart, listener: ProberListener, gone: () => void): Prober {
  const send = (message: object) => {
    if (child.stdin.writable) child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  child.stdin.on("error", () => {}); // it died: the exit says so
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk).slice(-2000);
  });
  let ended = false;
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
      const says = `${name} ended (${why})`;
      failed(new FlounderError("environment", says, "run again; if it stays so, flounder doctor"));
      if (!ended) {
        listener.trouble(says);
        broke(says);
      }
      ended = true;
      gone();
      resolve();
    };
    child.once("error", (error) => end(`${child.spawnfile} cannot be run: ${error.message}`));
    // Not "exit": what it said last is read before.
    child.once("close", (code, signal) => end(`${signal ?? `exit ${code}`}${lastLines(stderr)}`));
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as { kind: string } & Record<string, unknown>;
    if (message.kind === "ready") isReady();
    else if (message.kind === "samples") listener.samples(message.samples as Sample[]);
    else if (message.kind === "acked") listener.acked(message.write as string, message.atUs as number);
    else if (message.kind === "observer") listener.observer(message as unknown as ObserverHealth);
    else if (message.kind === "fault") listener.trouble(message.says as string);
    else if (message.kind === "ended") ended = true;
  });
  send({ kind: "start", ...start });
  return {
    ready,
    broken,
    routes: (routes) => send({ kind: "routes", routes }),
    async end() {
      ended = true;
      send({ kind: "end" });
      child.stdin.end();
      await closed;
    },
  };
}

/** What it said on stderr, without Docker's word on how to get help. */
function lastLines(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !line.includes("docker run --help"));
  return lines.length === 0 ? "" : `: ${lines.slice(-3).join(" | ")}`;
}
