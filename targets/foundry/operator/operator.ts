/** The console as an operator holds it: the same verbs, by name, each of them leaving an audit line whether it succeeded or not. */

import { nowUs, sleep } from "../../../harness/clock.js";
import type { AuditLine, Call, SlipperyConsole, Topology } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import { audited } from "../../../harness/playbooks/audited.js";
import type { BackedUp, Verified } from "../contract/storage.js";
import * as verbs from "./console.js";

/** Each verb resolves with what came of it, in words. */
export interface Operator extends SlipperyConsole {
  /** Of every cabinet whose meters say that something is off. */
  restorePower(): Promise<string>;
  /** Resolves when every cabinet was steady for so long; rejects as soon as one is not. */
  watchPower(forS: number): Promise<string>;
  failOver(lun: string): Promise<string>;
  /** Of every LUN that hangs or fails for any Cloud Controller; rejects while there is none, and none has been moved before. */
  failOverSilent(): Promise<string>;
  blockMirroring(blocked: boolean): Promise<string>;
  /** So much more room for mirrors in each cabinet. */
  addCapacity(mb: number): Promise<string>;
  /** Rejects while a LUN has no mirror that is in step. */
  checkMirrors(): Promise<string>;
  /** Hashes every blob again, through the mounts of one Cloud Controller, or of each in turn. */
  verify(by?: "one" | "each"): Promise<string>;
  /** Refused unless what verify last found whole or repaired is all there is, or the loss of the rest is accepted. */
  release(reason: string, rest?: "keep" | "accept-loss"): Promise<string>;
  /** Though nothing has been verified: what is torn or gone will be found by whoever asks for it. */
  releaseUnverified(reason: string): Promise<string>;
  /** Of one role, or of the whole front end, from the door inwards. */
  restoreEdge(role?: verbs.EdgeRole): Promise<string>;
  /** Of the whole front end at the same time. */
  restoreEdgeAtOnce(): Promise<string>;
  restart(role: string, atOnce: number): Promise<string>;
  backUp(): Promise<string>;
  restoreBackup(): Promise<string>;
}
/** What each does, for whoever writes a playbook. */
export const verbWords: Readonly<Record<Exclude<keyof Operator, keyof SlipperyConsole>, string>> = {
  restorePower: "restorePower(): power to every cabinet whose meters say that something is off",
  watchPower: "watchPower(forS): waits until every cabinet was steady for so long; given up as soon as one is not",
  failOver: 'failOver(lun): serves a LUN, such as "lun-1", from its mirror',
  failOverSilent: "failOverSilent(): the same for every LUN that hangs or fails for any Cloud Controller",
  blockMirroring: "blockMirroring(blocked): stops or lets go on what cabinets copy to their mirrors",
  addCapacity: "addCapacity(mb): so much more room for mirrors in each cabinet",
  checkMirrors: "checkMirrors(): refused while a LUN has no mirror that is in step",
  verify: 'verify(by): hashes every blob again, through the mounts of "one" Cloud Controller or of "each"',
  release: 'release(reason, rest): ends read-only; rest "accept-loss" takes what verify found damaged as lost',
  releaseUnverified: "releaseUnverified(reason): ends read-only though nothing has been verified",
  restoreEdge: 'restoreEdge(role): the front end from the saved configs, from the door inwards; of one role, such as "lb", or all',
  restoreEdgeAtOnce: "restoreEdgeAtOnce(): the whole front end at the same time",
  restart: 'restart(role, atOnce): every component of a role, such as "router", so many at once',
  backUp: "backUp(): the CCDB to a LUN",
  restoreBackup: "restoreBackup(): the CCDB from the last backup",
};
const watchEveryMs = 250;

/** `audit` gets one line per verb when it is over. Verbs that any Cloud Controller can do are asked of the first that answers. */
export function operator(call: Call, topology: Topology, who: string, audit: (line: AuditLine) => void): Operator {
  const tell = audited(who, audit);
  const ccs = topology.components.filter((component) => component.role === "cc").map((component) => component.name);
  let found: Verified | undefined;
  const anyCc = async () => {
    for (const cc of ccs) if (await verbs.storageState(call, cc).catch(() => undefined)) return cc;
    return ccs[0]!;
  };
  const backup = ({ rows, lun, atIso }: BackedUp) => `${rows} rows of ${atIso} on ${lun}`;
  const failOver = async (lun: string) => {
    const { servedBy, blobs } = await verbs.failOver(call, topology, lun);
    return `${lun} is served by its mirror on ${servedBy}: ${blobs} blobs`;
  };
  return {
    restorePower: () =>
      tell("restorePower", "all cabinets", async () => {
        const off = await verbs.unsteadyCabinets(call, topology);
        for (const cabinet of off) await verbs.restorePower(call, cabinet);
        return off.length > 0 ? `power restored to ${off.join(", ")}` : "every cabinet had its power";
      }),
    watchPower: (forS) =>
      tell("watchPower", "all cabinets", async () => {
        for (const endUs = nowUs() + forS * 1e6; nowUs() < endUs; await sleep(watchEveryMs)) {
          const off = await verbs.unsteadyCabinets(call, topology);
          if (off.length > 0) throw new FlounderError("platform", `${off.join(", ")} is not steady`, "restore its power first");
        }
        return `steady for ${forS} s`;
      }),
    failOver: (lun) => tell("failOver", lun, () => failOver(lun)),
    failOverSilent: () =>
      tell("failOver", "silent LUNs", async () => {
        const { silent, moved } = await lunsOf(call, ccs);
        if (silent.length === 0 && moved.length > 0) return `${moved.join(", ")} was moved to its mirror before`;
        if (silent.length === 0) throw new FlounderError("platform", "every LUN answers every Cloud Controller", "wait for the next dip");
        const said: string[] = [];
        for (const lun of silent) said.push(await failOver(lun));
        return said.join("; ");
      }),
    blockMirroring: (blocked) =>
      tell("blockMirroring", "all cabinets", async () => {
        await verbs.blockMirroring(call, topology, blocked);
        return blocked ? "blocked" : "let go on";
      }),
    addCapacity: (mb) =>
      tell("addCapacity", "all cabinets", async () => `${mb} MB more for mirrors in ${(await verbs.addCapacity(call, topology, mb)).join(", ")}`),
    checkMirrors: () =>
      tell("checkMirrors", "all cabinets", async () => {
        const without = await verbs.unmirrored(call, topology);
        if (without.length > 0) throw new FlounderError("platform", `not in step: ${without.join(", ")}`, "wait, or see whether there is room");
        return "every LUN has its mirror";
      }),
    verify: (by = "one") =>
      tell("verify", "all LUNs", async () => {
        found = undefined;
        const each: Verified[] = [];
        for (const cc of by === "one" ? [await anyCc()] : ccs) each.push(await verbs.verifyStorage(call, cc));
        const union = (of: (one: Verified) => readonly string[]) => [...new Set(each.flatMap(of))];
        found = { ...each.at(-1)!, missing: union((one) => one.missing), torn: union((one) => one.torn), repaired: union((one) => one.repaired) };
        const { checked, torn, missing, repaired } = found;
        const through = each.length > 1 ? `, through the mounts of ${each.length} CCs` : "";
        return `${checked} blobs${through}: ${torn.length} torn, ${missing.length} missing, ${repaired.length} of them repaired from the mirror`;
      }),
    release: (reason, rest = "keep") =>
      tell("release", "all CCs", async () => {
        if (!found) throw new FlounderError("platform", "nothing has been verified", "verify first");
        await verbs.releaseStorage(call, await anyCc(), found, reason, rest === "accept-loss");
        const lost = verbs.unrepaired(found).length;
        return `released: ${reason}${lost > 0 ? `; ${lost} blobs accepted as lost` : ""}`;
      }),
    releaseUnverified: (reason) =>
      tell("releaseUnverified", "all CCs", async () => {
        await verbs.releaseUnverified(call, await anyCc(), reason);
        return `released: ${reason}; nothing was verified`;
      }),
    restoreEdge: (role) => tell("restoreEdge", role ?? "front end", async () => restored(await verbs.restoreEdge(call, topology, role ? { role } : {}))),
    restoreEdgeAtOnce: () => tell("restoreEdgeAtOnce", "front end", async () => restored(await verbs.restoreEdge(call, topology, { atOnce: true }))),
    slip: (kind, draw) =>
      tell(kind, "by mistake", async () => {
        if (kind === "wrong-target") return `${await verbs.restartOne(call, topology, draw)} restarted`;
        return `wiped: ${(await verbs.wipeEdge(call, topology)).join(", ")}`;
      }),
    restart: (role, atOnce) =>
      tell("restart", role, async () => `${(await verbs.restartInBatches(call, topology, role, atOnce)).join(", ")} restarted, ${atOnce} at once`),
    backUp: () => tell("backUp", "ccdb-1", async () => backup(await verbs.backUp(call, await anyCc()))),
    restoreBackup: () => tell("restoreBackup", "ccdb-1", async () => backup(await verbs.restoreBackup(call, await anyCc()))),
  };
}

const restored = (wiped: readonly string[]): string => (wiped.length > 0 ? `restored from the saved configs: ${wiped.join(", ")}` : "no config was wiped");

/** LUNs that some Cloud Controller cannot use now, and those that some has on their mirrors. */
async function lunsOf(call: Call, ccs: readonly string[]): Promise<{ readonly silent: readonly string[]; readonly moved: readonly string[] }> {
  const states = await Promise.allSettled(ccs.map((cc) => verbs.storageState(call, cc)));
  const known = states.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const bad = known.flatMap(({ mounts }) => Object.entries(mounts).flatMap(([lun, state]) => (state === "usable" ? [] : [lun])));
  return { silent: [...new Set(bad)].sort(), moved: [...new Set(known.flatMap(({ moved = [] }) => moved))].sort() };
}
