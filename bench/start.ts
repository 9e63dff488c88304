/**
 * npm run bench -- start: how long `flounder up` takes until pushed apps answer at the front door, held against a floor: as many bare Node processes as the
 * foundation has components, started at once. In the last round also what it costs while nobody asks for anything. --json FILE keeps the figures.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { nowUs, sleep } from "../harness/clock.js";
import { median } from "../harness/measure/against-truth.js";
import { root } from "../harness/paths.js";
import { type Marked, marked } from "./marked.js";

interface Inputs {
  readonly profile: string;
  readonly engine: string;
  readonly rounds: number;
  readonly json?: string;
}
/** Seconds since the command began. */
interface Start {
  readonly readyS: number;
  readonly servingS: number;
  readonly components: number;
}
const settleMs = 5000;
const idleMs = 20_000;
/** File systems are slow to give away again what was removed a moment ago. */
const betweenMs = 5000;
const say = (line = "") => void process.stdout.write(`${line}\n`);
const since = (fromUs: number) => (nowUs() - fromUs) / 1e6;

/** Runs flounder to its end; each line that it says goes to `line`. Rejects if its status is not 0. */
async function flounder(words: readonly string[], state: string, line: (text: string) => void = () => {}): Promise<void> {
  const child = spawn(process.execPath, [join(root, "bin", "flounder.mjs"), ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, XDG_STATE_HOME: state },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk;
      for (const text of String(chunk).split("\n")) line(text);
    });
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`flounder ${words.join(" ")} ended with status ${status}: ${said.trim()}`);
}

async function up({ profile, engine }: Inputs, name: string, state: string): Promise<Start> {
  const fromUs = nowUs();
  let components = 0;
  let readyS = Number.NaN;
  await flounder(["up", "--profile", profile, "--engine", engine, "--name", name], state, (text) => {
    const ready = /(\d+) components are ready/.exec(text);
    if (!ready) return;
    components = Number(ready[1]);
    readyS = since(fromUs);
  });
  return { readyS, servingS: since(fromUs), components };
}
async function floorS(processes: number): Promise<number> {
  const fromUs = nowUs();
  await Promise.all(Array.from({ length: processes }, () => once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit")));
  return since(fromUs);
}
/** What a foundation's processes use while nobody asks for anything. */
async function idle(name: string): Promise<{ readonly cores: number; readonly memoryMb: number; readonly processes: number }> {
  await sleep(settleMs);
  const before = new Map(marked(name).map((one) => [one.pid, one.cpuS]));
  const fromUs = nowUs();
  await sleep(idleMs);
  const after: readonly Marked[] = marked(name);
  const usedS = after.reduce((sum, one) => sum + one.cpuS - (before.get(one.pid) ?? 0), 0);
  return { cores: usedS / since(fromUs), memoryMb: after.reduce((sum, one) => sum + one.memoryMb, 0), processes: after.length };
}

export async function start(inputs: Inputs): Promise<void> {
  const { profile, engine, rounds, json } = inputs;
  say(`flounder up --profile ${profile} --engine ${engine} on ${cpus().length} × ${cpus()[0]?.model ?? "?"}, node ${process.version}`);
  say("round  ready s  serving s  floor s  ratio");
  const state = await mkdtemp(join(tmpdir(), "flounder-bench-"));
  const all: (Start & { readonly floorS: number })[] = [];
  let rest: Awaited<ReturnType<typeof idle>> | undefined;
  try {
    for (let round = 1; round <= rounds; round++) {
      const name = `bench-${process.pid}-${round}`;
      if (round > 1) await sleep(betweenMs);
      const one = await up(inputs, name, state); // one that does not come up leaves nothing
      try {
        if (round === rounds) rest = await idle(name);
        const floor = await floorS(one.components);
        all.push({ ...one, floorS: floor });
        say([String(round).padStart(5), ...[one.readyS, one.servingS, floor, one.servingS / floor].map((value) => value.toFixed(1).padStart(8))].join(" "));
      } finally {
        await flounder(["down", "--foundation", name], state);
      }
    }
  } finally {
    await rm(state, { recursive: true, force: true });
  }
  const middle = (of: (one: (typeof all)[number]) => number) => median(all.map(of));
  const figures = {
    ...{ profile, engine, components: all[0]?.components, readyS: middle((one) => one.readyS), servingS: middle((one) => one.servingS) },
    ...{ floorS: middle((one) => one.floorS), ratio: middle((one) => one.servingS / one.floorS), idle: rest, rounds: all },
  };
  say(`median ${figures.readyS.toFixed(1)} s until ${figures.components} components are ready, ${figures.servingS.toFixed(1)} s until apps answer`);
  say(`       ${figures.ratio.toFixed(1)} × the floor (${figures.components} bare Node processes at once: ${figures.floorS.toFixed(1)} s)`);
  if (rest) say(`idle   ${(rest.cores * 100).toFixed(1)} % of one core, ${rest.memoryMb.toFixed(0)} MB in ${rest.processes} processes`);
  if (json) await writeFile(json, `${JSON.stringify(figures, null, 2)}\n`);
}
