/** The operator's verbs: what a person with rights may do to a live foundation. Playbooks and recover() use these and nothing else. */

import { until } from "../../../harness/clock.js";
import type { Call, Component, Topology } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import type { BackedUp, StorageState, Verified } from "../contract/storage.js";

/** Re-hashing everything takes as long as there are blobs. */
const verifyTimeoutMs = 60_000;

export const storageState = async (call: Call, cc: string): Promise<StorageState> => (await call(cc, "/state")) as StorageState;

/** Hashes every blob again, through the mounts of this CC. */
export async function verifyStorage(call: Call, cc: string): Promise<Verified> {
  return (await call(cc, "/storage/verify", {}, verifyTimeoutMs)) as Verified;
}

/** Blobs that a verification found gone or torn, and no mirror had whole. */
export const unrepaired = ({ missing, torn, repaired }: Verified): readonly string[] => [...missing, ...torn].filter((sha1) => !repaired?.includes(sha1));

/**
 * Ends read-only mode for all. Needs what verifyStorage found: blobs that are gone or torn need a decision, not a release. With acceptLoss that decision
 * was taken: they stay marked as damaged, and whoever pushes the same bits again writes them anew.
 */
export async function releaseStorage(call: Call, cc: string, verified: Verified, reason: string, acceptLoss = false): Promise<void> {
  const bad = unrepaired(verified);
  if (bad.length > 0 && !acceptLoss)
    throw new FlounderError(
      "platform",
      `storage cannot be released: of ${verified.checked} blobs ${verified.missing.length} are missing and ${verified.torn.length} torn (first: ${bad[0]})`,
      "restore these blobs, then verify again; or accept their loss: flounder recover --accept-loss",
    );
  await call(cc, "/storage/release", { reason: bad.length > 0 ? `${reason}; accepted as lost: ${bad.join(", ")}` : reason });
}

/** Ends read-only mode for all though nobody has looked whether the blobs are whole. Refused while a mount is not usable. */
export async function releaseUnverified(call: Call, cc: string, reason: string): Promise<void> {
  await call(cc, "/storage/release", { reason: `${reason}; nothing was verified`, unverified: true });
}

const named = (topology: Topology, role: string): readonly string[] => topology.components.filter((one) => one.role === role).map((one) => one.name);

/** Cabinets whose meters do not say that all is on. */
export async function unsteadyCabinets(call: Call, topology: Topology): Promise<readonly string[]> {
  const asked = await Promise.all(named(topology, "cabinet").map(async (name) => [name, (await call(name, "/power")) as { state: string }] as const));
  return asked.flatMap(([name, { state }]) => (state === "steady" ? [] : [name]));
}

/** Ends a brown-out; what the cache held stays lost. */
export async function restorePower(call: Call, cabinet: string): Promise<void> {
  await call(cabinet, "/power/restore", {});
}

/** The other cabinet's mirror becomes the LUN, for all Cloud Controllers at once; what was not mirrored yet is missing there. */
export async function failOver(
  call: Call,
  topology: Topology,
  lun: string,
): Promise<{ readonly lun: string; readonly servedBy: string; readonly blobs: number }> {
  for (const cabinet of named(topology, "cabinet")) {
    const { kept } = (await call(cabinet, "/mirrors")) as { kept: Readonly<Record<string, unknown>> };
    if (kept[lun] === undefined) continue;
    const answer = (await call(cabinet, `/luns/${lun}/failover`, {})) as { lun: string; servedBy: string; blobs: number };
    // One that does not answer finds out by itself when it next proves its mounts.
    await Promise.allSettled(named(topology, "cc").map((cc) => call(cc, "/storage/reconsider", {})));
    return answer;
  }
  throw new FlounderError("refused", `no cabinet has a mirror of ${lun}`, "flounder status shows the cabinets; profiles with one cabinet mirror nothing");
}

/** Stops or lets go on the copying of all cabinets to each other. */
export async function blockMirroring(call: Call, topology: Topology, blocked: boolean): Promise<void> {
  await Promise.all(named(topology, "cabinet").map((cabinet) => blockMirrorsOf(call, cabinet, blocked)));
}
/** The same for what one cabinet copies. mistaken: nobody meant it, so that whoever looks at what differs ends it. */
export async function blockMirrorsOf(call: Call, cabinet: string, blocked: boolean, mistaken?: true): Promise<void> {
  await call(cabinet, "/mirrors/block", { blocked, ...(mistaken ? { mistaken } : {}) });
}

/** Gives the cabinets that much more room for mirrors, each. */
export async function addCapacity(call: Call, topology: Topology, mb: number): Promise<readonly string[]> {
  const cabinets = named(topology, "cabinet");
  await Promise.all(cabinets.map((cabinet) => call(cabinet, "/mirrors/capacity", { mb })));
  return cabinets;
}

/** LUNs that have no mirror that is in step now, with what becomes of it. */
export async function unmirrored(call: Call, topology: Topology): Promise<readonly string[]> {
  const found = await Promise.all(
    named(topology, "cabinet").map(async (cabinet) => {
      const { copies } = (await call(cabinet, "/mirrors")) as { copies: Readonly<Record<string, { state: string; behind: number; on?: string }>> };
      return Object.entries(copies).flatMap(([lun, { state, behind, on = "peer" }]) =>
        state === "idle" && behind === 0 && on === "peer" ? [] : [`${lun} (${on === "peer" ? state : `on its ${on}`}, ${behind} behind)`],
      );
    }),
  );
  return found.flat();
}

/** What has a saved config, from the door inwards: an inner part is of no use to anybody while an outer one is shut, so the order is that of a request. */
const edgeRoles = ["dns", "firewall", "lb", "router"] as const;

export type EdgeRole = "dns" | "firewall" | "lb" | "router";

/**
 * Restores configs of the front end from their saved copies: of one role, or of all; one after the other as a request comes in, or all at the same time.
 * Resolves with those that ran from nothing, or from a part.
 */
export async function restoreEdge(
  call: Call,
  topology: Topology,
  which: { readonly role?: EdgeRole; readonly atOnce?: boolean } = {},
): Promise<readonly string[]> {
  const names = edgeRoles.filter((role) => which.role === undefined || role === which.role).flatMap((role) => named(topology, role));
  const restore = async (name: string): Promise<readonly string[]> => {
    const { wiped } = (await call(name, "/config")) as { wiped: boolean };
    await restoreConfig(call, name);
    return wiped ? [name] : [];
  };
  if (which.atOnce) return (await Promise.all(names.map(restore))).flat();
  const wiped: string[] = [];
  for (const name of names) wiped.push(...(await restore(name)));
  return wiped;
}

/** Of one component of the front end, from the saved copy. */
export async function restoreConfig(call: Call, name: string): Promise<void> {
  await call(name, "/config/restore", {});
}
/** It runs from nothing from now on. */
export async function wipeConfig(call: Call, name: string): Promise<void> {
  await call(name, "/config/wipe", {});
}

/** What one keystroke did on 26 April 2011: balancers, routers and firewalls run from nothing from now on, and the first name server with them. */
export async function wipeEdge(call: Call, topology: Topology): Promise<readonly string[]> {
  const names = [...named(topology, "lb"), ...named(topology, "router"), ...named(topology, "firewall"), ...named(topology, "dns").slice(0, 1)];
  await Promise.all(names.map((name) => wipeConfig(call, name)));
  return names;
}

/** A command that was meant for another component: this one ends, and its supervisor starts it again. `draw`, from 0 to 1, says which. */
export async function restartOne(call: Call, topology: Topology, draw: number): Promise<string> {
  const restartable = topology.components.filter(isRestartable).map(({ name }) => name);
  const name = restartable[Math.floor(draw * restartable.length)];
  if (name === undefined) throw new FlounderError("platform", "there is no component that could be restarted", "choose a profile with supervisors");
  await restart(call, name);
  return name;
}
/** It ends by itself, and somebody starts it again. */
export const isRestartable = ({ ready, supervised }: Pick<Component, "ready" | "supervised">): boolean => supervised && ready.startsWith("http:admin");
/** Resolves when it has been told to end. */
export async function restart(call: Call, name: string): Promise<void> {
  await call(name, "/restart", {});
}

/**
 * Restarts all components of a role, so many at once, each batch when the one before is ready again and has its share of the requests: the others serve meanwhile.
 * Rejects if one does not come back in time.
 */
export async function restartInBatches(call: Call, topology: Topology, role: string, atOnce: number): Promise<readonly string[]> {
  const names = named(topology, role);
  if (names.length === 0)
    throw new FlounderError("usage", `there is no component of role ${role}`, `roles: ${[...new Set(topology.components.map((one) => one.role))].join(", ")}`);
  for (let i = 0; i < names.length; i += atOnce)
    await Promise.all(
      names.slice(i, i + atOnce).map(async (name) => {
        // A server that is not ours is ready when its supervisor says so, and serves no requests of users.
        if (!hasAdmin(topology, name)) return void (await call(name, "/restart", {}, restartMs));
        const { pid } = (await call(name, "/restart", {})) as { pid: number };
        await until(`${name} to be ready again`, async () => (await pidOf(call, name)) !== pid && (await isHealthy(call, name)), restartMs, 100);
        await until(`the balancers to use ${name} again`, () => isUsed(call, topology, name), restartMs, 100);
      }),
    );
  return names;
}
const restartMs = 20_000;
/** Another one after each restart. */
export const pidOf = async (call: Call, name: string): Promise<number> => ((await call(name, "/varz")) as { pid: number }).pid;
const hasAdmin = (topology: Topology, name: string) => topology.components.find((one) => one.name === name)?.ready.startsWith("http:admin") === true;
/** Balancers find out by checks of their own: until then the next batch would leave them nobody. One that does not answer is not waited for. */
async function isUsed(call: Call, topology: Topology, name: string): Promise<boolean> {
  const asked = await Promise.allSettled(named(topology, "lb").map((lb) => call(lb, "/backends")));
  const backends = asked.flatMap((one) => (one.status === "fulfilled" ? (one.value as readonly { router: string; healthy: boolean }[]) : []));
  return backends.every(({ router, healthy }) => router !== name || healthy);
}
export const isHealthy = (call: Call, name: string) =>
  call(name, "/healthz").then(
    () => true,
    () => false,
  );

/** All rows of the CCDB, onto a LUN of the last cabinet; replaces the backup before. */
export const backUp = async (call: Call, cc: string): Promise<BackedUp> => (await call(cc, "/ccdb/backup", {}, verifyTimeoutMs)) as BackedUp;
/** The CCDB as it was when it was backed up: what was acknowledged since is lost. */
export const restoreBackup = async (call: Call, cc: string): Promise<BackedUp> => (await call(cc, "/ccdb/restore", {}, verifyTimeoutMs)) as BackedUp;
