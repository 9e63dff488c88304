/**
 * npm run bench -- probes: what a sample costs, how well the schedule is kept as the server sees it, and how long an outage is said to be; against the peers
 * on PATH, interleaved in one run. Takes some minutes; --quick two and a half; --load leaves the lengths to `flounder calibrate`. --json FILE keeps the figures.
 * --against DIR: a run's sample is compared with that of another built clone, too.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { withPooled } from "../harness/measure/against-truth.js";
import { type Random, seeded } from "../harness/random.js";
import { calibrate } from "../harness/ruler/calibrate.js";
import { startTruth } from "../harness/ruler/truth-child.js";
import { timed } from "./cpu.js";
import { deviation } from "./fidelity.js";
import { type Part, part, say } from "./part.js";
import { isThere, type Load, type Peer, peers } from "./peers.js";
import { rounds } from "./rounds.js";
import { http2Cost, runCost } from "./samples.js";

interface Inputs {
  readonly quick: boolean;
  readonly load: boolean;
  readonly json?: string;
  readonly seed: number;
  /** Another built clone, whose prober's cost of a run's sample is compared. */
  readonly against?: string;
}
const quietPlan = { windows: [], brownOutShare: 0, slowMs: 0, seed: 1 };

export async function probes({ quick, load, json, seed, against }: Inputs): Promise<void> {
  const random = seeded(seed);
  const there = peers.filter(isThere);
  const those = (part: Peer["also"][number]) => there.filter((peer) => peer.also.includes(part));
  const missing = peers.filter((peer) => !isThere(peer)).map((peer) => peer.name);
  say(
    `on ${cpus().length} × ${cpus()[0]?.model ?? "?"}, node ${process.version}; found ${there.map((peer) => peer.name).join(", ")}; missing: ${missing.join(", ") || "none"}`,
  );
  const dir = await mkdtemp(join(tmpdir(), "flounder-bench-"));
  const parts: Part[] = [];
  const seconds = quick ? 3 : 8;
  const count = quick ? 3 : 5;
  try {
    parts.push(await cost(there, { rateHz: 5000, seconds, connection: "kept", dir }, count, random));
    parts.push(await cost(those("fresh"), { rateHz: 500, seconds, connection: "fresh", dir }, count, random));
    parts.push(await cost(those("flood"), { rateHz: 20_000, seconds, connection: "kept", dir }, quick ? 1 : 3, random));
    for (const rateHz of [100, 1000]) parts.push(...(await fidelity(those("schedule"), rateHz, quick ? 4 : 10, dir, count, random)));
    parts.push(await runCost({ seconds, dir, ...(against === undefined ? {} : { against }) }, count, random));
    parts.push(...(await http2Cost({ seconds, dir }, count, random)));
    const lengths = load ? undefined : await lengthsOf(seed, quick);
    if (json !== undefined) await writeFile(json, `${JSON.stringify({ seed, quick, missing, parts, lengths }, null, 2)}\n`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** How far outage lengths are from the truth, as `flounder calibrate` has it. */
async function lengthsOf(seed: number, quick: boolean) {
  say("\noutage lengths against the truth (flounder calibrate):");
  const lengths = await calibrate({ seed, quick, say });
  const { rows, falseAlarms, observerShare, frozen } = lengths;
  for (const row of withPooled(rows))
    say(
      `  ${row.mode.padEnd(13)} ${row.connection} ${String(row.rateHz).padStart(3)} Hz  rms ${row.rmsMs.toFixed(1)} ms (T/√6 ${row.theoryMs.toFixed(1)})  covered ${(100 * row.coverage).toFixed(0)} % of ${row.windows}  missed ${row.missed}  edge ${row.edgeMs.toFixed(1)} ms`,
    );
  say(`  false alarms ${falseAlarms}, observer faults ${(100 * observerShare).toFixed(2)} %, stopped for 300 ms: ${JSON.stringify(frozen)}`);
  return lengths;
}

/** Requests completed per CPU-second of the whole process tree, at one rate. */
async function cost(tools: readonly Peer[], load: Omit<Load, "url">, count: number, random: Random): Promise<Part> {
  const shares = new Map<string, number[]>();
  const server = await startTruth(quietPlan);
  try {
    const figures = await rounds(
      tools.map((peer) => peer.name),
      count,
      random,
      async (name) => {
        const peer = tools.find((one) => one.name === name)!;
        const mine = { ...load, url: server.url };
        try {
          const { stdout, cpuS } = await timed(peer.command(mine));
          const completed = peer.completed(mine, stdout);
          shares.set(name, [...(shares.get(name) ?? []), completed / (load.rateHz * load.seconds)]);
          return completed / cpuS;
        } catch (error) {
          say(`  ${name} failed: ${(error as Error).message.split("\n")[0]!.slice(0, 160)}`);
          return undefined;
        }
      },
    );
    const result = part(`${load.rateHz}/s on ${load.connection} connections`, "requests per CPU-second", figures, 0);
    say(`  completed of offered: ${[...shares].map(([name, each]) => `${name} ${(100 * Math.min(...each)).toFixed(1)} %`).join(", ")} (worst round)`);
    return result;
  } finally {
    await server.end();
  }
}

/** How far requests arrive from a perfect grid, and the longest silence, in ms. */
async function fidelity(tools: readonly Peer[], rateHz: number, seconds: number, dir: string, count: number, random: Random): Promise<Part[]> {
  const kinds = ["p50", "p99", "gap"] as const;
  const seen: Record<(typeof kinds)[number], Map<string, (number | undefined)[]>> = { p50: new Map(), p99: new Map(), gap: new Map() };
  const sampling: Map<string, number[]> = new Map();
  const cpuShare = await rounds(
    tools.map((peer) => peer.name),
    count,
    random,
    async (name) => {
      const server = await startTruth({ ...quietPlan, arrivals: true });
      const peer = tools.find((one) => one.name === name)!;
      const load: Load = { url: server.url, rateHz, seconds, connection: "kept", dir };
      const { cpuS } = await timed(peer.command(load));
      if (peer.share) sampling.set(name, [...(sampling.get(name) ?? []), 100 * peer.share(load)]);
      const seenBy = deviation(await server.end(), 1e6 / rateHz);
      for (const kind of kinds) seen[kind].set(name, [...(seen[kind].get(name) ?? []), seenBy?.[kind]]);
      return (100 * cpuS) / seconds;
    },
  );
  return [
    part(`${rateHz}/s as the server sees it: p50 of the deviation from the schedule`, "ms", seen.p50, 3),
    part(`${rateHz}/s as the server sees it: p99 of the deviation from the schedule`, "ms", seen.p99, 3),
    part(`${rateHz}/s as the server sees it: longest silence`, "ms", seen.gap, 1),
    part(`${rateHz}/s: CPU, start and end included`, "% of a core", cpuShare, 1),
    part(`${rateHz}/s: CPU once it samples`, "% of a core", sampling, 1),
  ];
}
