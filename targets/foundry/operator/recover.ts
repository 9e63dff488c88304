/** Ends the outage that a lost LUN leaves behind: verify, release, wait. Does nothing on a foundation that is not read-only. */

import { nowUs, sleep, until } from "../../../harness/clock.js";
import type { Ailment, Call, RecoverOptions, Topology } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import type { StorageState, Verified } from "../contract/storage.js";
import { releaseStorage, storageState, unrepaired, verifyStorage } from "./console.js";

const deadlineMs = 60_000;
const pollMs = 100;

type States = ReadonlyMap<string, StorageState>;

export async function recover(call: Call, topology: Topology, say: (line: string) => void, how: RecoverOptions = {}): Promise<void> {
  const ccs = ccsOf(topology);
  const states = await statesOf(call, ccs);
  const latched = [...states].find(([, state]) => state.readOnly);
  if (!latched) return;
  say(`storage is read-only (${causeOf(latched[1])}): waiting for every mount`);
  const inTheWay = (ailments: readonly Ailment[]) => ailments.filter(({ endedBy }) => endedBy === "time");
  await waited("no mount to be in the way", async () => inTheWay(suffering(await statesOf(call, ccs), ccs)), how.signal);

  const [cc] = latched;
  const verified = await verifyAndRelease(call, cc, say, how);
  await waited("every CC to be writable", async () => suffering(await statesOf(call, ccs), ccs), how.signal);
  say(`released: ${verified.checked} blobs verified, ${ccs.length} CCs writable`);
}

/** What recover() ends, or waits for. */
export async function ailments(call: Call, topology: Topology): Promise<readonly Ailment[]> {
  const ccs = ccsOf(topology);
  return suffering(await statesOf(call, ccs), ccs);
}

function suffering(states: States, ccs: readonly string[]): readonly Ailment[] {
  const latched = [...states].filter(([, state]) => state.readOnly);
  const says = `the platform is read-only (${latched[0] ? causeOf(latched[0][1]) : ""}): ${latched.map(([cc]) => cc).join(", ")} ${latched.length === 1 ? "refuses" : "refuse"} every login and write until an operator verifies and releases the storage`;
  const silent = ccs.filter((cc) => !states.has(cc)).map((cc) => `${cc} does not say how its storage is`);
  const mounts = [...states].flatMap(([cc, state]) =>
    Object.entries(state.mounts).flatMap(([lun, word]) => (word === "usable" ? [] : [`${cc} cannot use ${lun} (${word})`])),
  );
  return [
    ...(latched.length > 0 ? [{ says, endedBy: "recover" as const }] : []),
    ...[...silent, ...mounts].map((passing) => ({ says: passing, endedBy: "time" as const })),
  ];
}

const causeOf = ({ lostLuns, reason }: StorageState): string =>
  `${lostLuns.length === 0 ? "" : `${lostLuns.join(", ")} ${lostLuns.length === 1 ? "is" : "are"} lost: `}${reason ?? "no reason given"}`;

/** Until nothing is left of what `ask` finds; rejects with what is, when the deadline passes. */
async function waited(what: string, ask: () => Promise<readonly Ailment[]>, signal: AbortSignal | undefined): Promise<void> {
  let left: readonly Ailment[] = [];
  const done = async () => {
    left = await ask();
    return left.length === 0;
  };
  await until(what, done, deadlineMs, pollMs, signal).catch((error: unknown) => {
    if (signal?.aborted) throw signal.reason;
    throw new FlounderError(
      "platform",
      `timed out after ${deadlineMs / 1000} s waiting for ${what}: ${left.map(({ says }) => says).join("; ")}`,
      "is a fault still injected? flounder heal, then flounder recover",
      { cause: error },
    );
  });
}

/** A mount may go away again under a verify or before the release: then both are tried anew, until the deadline. */
async function verifyAndRelease(call: Call, cc: string, say: (line: string) => void, { signal, acceptLoss = false }: RecoverOptions): Promise<Verified> {
  const end = nowUs() + deadlineMs * 1000;
  for (;;) {
    try {
      const verified = await verifyStorage(call, cc);
      say(`verified ${verified.checked} blobs in ${(verified.tookMs / 1000).toFixed(1)} s: ${verified.missing.length} missing, ${verified.torn.length} torn`);
      if (acceptLoss && unrepaired(verified).length > 0) say(`accepted as lost: ${unrepaired(verified).join(", ")}`);
      await releaseStorage(call, cc, verified, "recover: all mounts usable, all blobs verified", acceptLoss);
      return verified;
    } catch (error) {
      const again = error instanceof FlounderError && (error.code === "unreachable" || error.code === "refused");
      if (!again || nowUs() > end) throw error;
      await sleep(pollMs * 5, signal);
    }
  }
}

const ccsOf = (topology: Topology): readonly string[] => topology.components.filter(({ role }) => role === "cc").map(({ name }) => name);

/** Of the CCs that answer. */
async function statesOf(call: Call, ccs: readonly string[]): Promise<States> {
  const asked = await Promise.allSettled(ccs.map(async (cc) => [cc, await storageState(call, cc)] as const));
  return new Map(asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
}
