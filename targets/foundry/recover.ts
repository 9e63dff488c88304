/** Ends the outage that a lost LUN leaves behind: verify, release, wait. Does nothing on a foundation that is not read-only. */
import { nowUs, sleep, until } from "../../harness/clock.js";
import type { Call, Topology } from "../../harness/core.js";
import { FlounderError } from "../../harness/errors.js";
import { releaseStorage, type StorageState, storageState, type Verified, verifyStorage } from "./console.js";

const deadlineMs = 60_000;
const pollMs = 100;

export async function recover(call: Call, topology: Topology, say: (line: string) => void): Promise<void> {
  const ccs = topology.components.filter((component) => component.role === "cc").map((component) => component.name);
  const states = await statesOf(call, ccs);
  const latched = [...states].find(([, state]) => state.readOnly);
  if (!latched) return;
  say(`storage is read-only (${latched[1].reason ?? "no reason given"}): waiting for every mount`);
  await until("every mount of every CC to be usable", async () => usable(await statesOf(call, ccs), ccs), deadlineMs, pollMs);

  const [cc] = latched;
  const verified = await verifyAndRelease(call, cc, say);
  await until(
    "every CC to be writable",
    async () => {
      const after = await statesOf(call, ccs);
      return after.size === ccs.length && [...after.values()].every((state) => !state.readOnly);
    },
    deadlineMs,
    pollMs,
  );
  say(`released: ${verified.checked} blobs verified, ${ccs.length} CCs writable`);
}

/** A mount may go away again under a verify or before the release: then both are tried anew, until the deadline. */
async function verifyAndRelease(call: Call, cc: string, say: (line: string) => void): Promise<Verified> {
  const end = nowUs() + deadlineMs * 1000;
  for (;;) {
    try {
      const verified = await verifyStorage(call, cc);
      say(`verified ${verified.checked} blobs in ${(verified.tookMs / 1000).toFixed(1)} s: ${verified.missing.length} missing, ${verified.torn.length} torn`);
      await releaseStorage(call, cc, verified, "recover: all mounts usable, all blobs verified");
      return verified;
    } catch (error) {
      const again = error instanceof FlounderError && (error.code === "unreachable" || error.code === "refused");
      if (!again || nowUs() > end) throw error;
      await sleep(pollMs * 5);
    }
  }
}

/** Of the CCs that answer. */
async function statesOf(call: Call, ccs: readonly string[]): Promise<ReadonlyMap<string, StorageState>> {
  const asked = await Promise.allSettled(ccs.map(async (cc) => [cc, await storageState(call, cc)] as const));
  return new Map(asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
}

const usable = (states: ReadonlyMap<string, StorageState>, ccs: readonly string[]): boolean =>
  states.size === ccs.length && [...states.values()].every((state) => Object.values(state.mounts).every((mount) => mount === "usable"));
