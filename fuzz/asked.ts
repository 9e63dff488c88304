/** What the fuzzers of the prober's askers share: inputs asked by the open loop itself, and what must hold of each sample. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { sleep, until } from "../harness/clock.js";
import type { Asker, Stamps } from "../harness/probes/schedule/flight.js";
import { OpenLoop } from "../harness/probes/schedule/open-loop.js";
import { shown } from "./fuzz.js";

export const deadlineMs = 300;
/** For those that are asked again because the machine may have been busy. */
export const longDeadlineMs = 2000;
/** A busy machine fires timers late; a defect never comes back. */
const leewayMs = 500;
const lanes = 8;
const rateHz = 100;
/** For those that are asked again: an answer in hundreds of pieces keeps the fuzzer itself busy, and what is late then is its own doing. */
const againHz = 8;
/** What is left after a collection, compiled code included. */
const growthBytes = 48 * 2 ** 20;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
export async function heapBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await sleep(20);
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Asks each question once, in the schedule of a prober. Resolves with their samples; rejects if one was not settled by its deadline, if anything was thrown
 * where nobody catches it, or if memory or sockets are left behind.
 */
export async function askAll<T>(
  inputs: readonly T[],
  askerOf: (input: T, index: number) => Asker,
  allowedMs = deadlineMs,
  hz = rateHz,
): Promise<readonly Stamps[]> {
  const samples: Stamps[] = [];
  let next = 0;
  let thrown: Error | undefined;
  const caught = (error: Error) => {
    thrown ??= error;
  };
  process.on("uncaughtException", caught);
  const before = { bytes: await heapBytes(), sockets: sockets() };
  const asked: Map<string, number> = new Map();
  const open = new Set<Asker>();
  const questions = Array.from({ length: lanes }, (_, lane) => ({
    schedule: { periodUs: 1e6 / hz, phaseUs: (lane * 1e6) / hz / lanes, deadlineUs: allowedMs * 1000 },
    asker: {
      ask(flight) {
        const index = next++;
        if (index >= inputs.length) {
          flight.settle("ok");
          return undefined;
        }
        asked.set(`${lane} ${flight.sample.seq}`, index);
        const asker = askerOf(inputs[index]!, index);
        open.add(asker);
        return asker.ask(flight);
      },
      close: () => {},
    } satisfies Asker,
  }));
  const loop = new OpenLoop(questions, (sample) => {
    const index = asked.get(`${sample.target} ${sample.seq}`);
    if (index !== undefined) samples[index] = { ...sample };
  });
  try {
    await loop.start(0);
    await until("all are asked", () => next >= inputs.length || thrown !== undefined, 60_000 + (inputs.length * 2000) / hz);
    await Promise.race([loop.end(), sleep(allowedMs + 10_000)]);
    for (const asker of open) asker.close();
    if (thrown) throw thrown;
    inputs.forEach((input, index) => {
      const sample = samples[index];
      if (!sample) throw new Error(`input ${index} was never settled: ${shown(input)}`);
      // While we stood still ourselves nobody could have been told.
      const tookMs = (sample.endUs - sample.sentUs - loop.hiccups.overlapUs(sample.sentUs, sample.endUs)) / 1000;
      if (tookMs > allowedMs + leewayMs) throw new Error(`input ${index} took ${tookMs} ms: ${shown(input)}`);
      if (sample.outcome === "observer" && !/we stood still/.test(sample.note)) throw new Error(`input ${index}: ${sample.note}: ${shown(input)}`);
    });
    open.clear();
    await until(`sockets are closed (${sockets()} of ${before.sockets} before)`, () => sockets() <= before.sockets, 10_000);
    const grown = (await heapBytes()) - before.bytes;
    if (grown > growthBytes) throw new Error(`memory has grown by ${Math.round(grown / 2 ** 20)} MB`);
  } finally {
    process.off("uncaughtException", caught);
  }
  return samples;
}
/**
 * Asks all in two ways that must say the same; those that differ once more, with more time. Rejects with the first that still does.
 * An observer's fault says nothing of the answer.
 */
export async function askBoth<T>(inputs: readonly T[], ways: readonly [Way<T>, Way<T>], verdictOf: (sample: Stamps, input: T) => string): Promise<void> {
  let those = [...inputs.entries()];
  for (const [allowedMs, hz] of [
    [deadlineMs, rateHz],
    [longDeadlineMs, againHz],
  ] as const) {
    const said: (readonly Stamps[])[] = [];
    for (const way of ways) said.push(await askAll(those, ([index, input]) => way(input, index), allowedMs, hz));
    const differ = those.flatMap((one, i) => {
      const [a, b] = said.map((samples) => samples[i]!) as [Stamps, Stamps];
      if (a.outcome === "observer" || b.outcome === "observer") return [];
      const [whole, cut] = [verdictOf(a, one[1]), verdictOf(b, one[1])];
      return whole === cut ? [] : [{ one, says: `"${whole}" in one piece and "${cut}" in many` }];
    });
    const [first] = differ;
    if (first === undefined) return;
    if (allowedMs === longDeadlineMs) throw new Error(`input ${first.one[0]} is ${first.says}: ${shown(first.one[1])}`);
    those = differ.map(({ one }) => one);
  }
}
type Way<T> = (input: T, index: number) => Asker;
const sockets = (): number => process.getActiveResourcesInfo().filter((one) => /TCPSocket|UDP|TLS/.test(one)).length;
