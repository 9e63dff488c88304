/** The prober as its runner sees it: a child process that is told where to ask, and that answers with samples. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Credentials, PlannedProbe, Route, Sample } from "../core.js";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";

export interface ProberStart {
  readonly zeroUs: number;
  readonly system: string;
  readonly probes: readonly PlannedProbe[];
  readonly routes: readonly Route[];
  readonly credentials: Credentials;
  readonly samplesFile: string;
  readonly warmUpMs: number;
}
export interface ObserverHealth {
  readonly cpuUs: number;
  readonly latenessP50Us: number;
  readonly latenessP99Us: number;
  readonly samples: number;
  readonly shed: number;
}
export interface ProberListener {
  samples(batch: readonly Sample[]): void;
  acked(write: string, atUs: number): void;
  observer(health: ObserverHealth): void;
  trouble(says: string): void;
}
export interface Prober {
  /** Resolves when set-up and warm-up are done and sampling goes on. */
  readonly ready: Promise<void>;
  routes(routes: readonly Route[]): void;
  /** Ends sampling; resolves after the last flush. */
  end(): Promise<void>;
  readonly pid: number;
}

export function startProber(start: ProberStart, listener: ProberListener): Prober {
  const child = spawn(process.execPath, [join(dist, "harness", "probes", "prober.js")], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true, // a session of its own has its own share of the CPU, and Ctrl-C does not reach it before the runner has healed
  });
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
  const exited = new Promise<void>((resolve) => {
    child.on("exit", (code, signal) => {
      const says = `the prober ended (${signal ?? `exit ${code}`})${stderr ? `: ${stderr.trim().split("\n").slice(-3).join(" | ")}` : ""}`;
      failed(new FlounderError("environment", says, "run again; if it stays so, flounder doctor"));
      if (!ended) listener.trouble(says);
      resolve();
    });
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
    pid: child.pid ?? 0,
    routes: (routes) => send({ kind: "routes", routes }),
    async end() {
      ended = true;
      send({ kind: "end" });
      child.stdin.end();
      await exited;
    },
  };
}
