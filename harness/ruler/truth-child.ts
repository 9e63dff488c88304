/** A truth server as whoever starts it sees it: a process of its own, with a session of its own, so that it is not disturbed by what it is to judge. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { dist } from "../paths.js";
import { punctual } from "../probes/schedule/priority.js";
import type { Truth, TruthPlan } from "./truth-server.js";

export interface TruthProcess {
  readonly url: string;
  /** Where it speaks HTTP/2; empty: nowhere. */
  readonly http2Url: string;
  /** Starts its schedule. */
  go(): void;
  /** So far. */
  readonly truths: readonly Truth[];
  /** Ends it; resolves with when requests came in (µs), if it was to keep that. */
  end(): Promise<readonly number[]>;
}

export async function startTruth(plan: TruthPlan & { readonly arrivals?: boolean }): Promise<TruthProcess> {
  const child = spawn(process.execPath, [...punctual, join(dist, "harness", "ruler", "truth-server.js"), JSON.stringify(plan)], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const truths: Truth[] = [];
  let arrivals: readonly number[] = [];
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const { port, http2Port } = await new Promise<{ readonly port: number; readonly http2Port?: number }>((resolve, reject) => {
    child.once("close", (code) => reject(new Error(`the truth server ended at once (exit ${code})`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const fact = JSON.parse(line) as { kind: string; port: number; http2Port?: number; truth: Truth; arrivals: number[] };
      if (fact.kind === "port") resolve(fact);
      else if (fact.kind === "truth") truths.push(fact.truth);
      else if (fact.kind === "arrivals") arrivals = fact.arrivals;
    });
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    http2Url: http2Port === undefined ? "" : `https://127.0.0.1:${http2Port}/`,
    go: () => void child.stdin.write("go\n"),
    truths,
    async end() {
      child.stdin.end();
      await exited;
      return arrivals;
    },
  };
}
