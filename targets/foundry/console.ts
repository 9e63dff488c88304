/** The operator's verbs: what a person with rights may do to a live foundation. Playbooks and recover() use these and nothing else. */
import type { Call } from "../../harness/core.js";
import { FlounderError } from "../../harness/errors.js";

export type MountState = "usable" | "error" | "hung" | "read-only";

/** What one Cloud Controller knows of its storage. */
export interface StorageState {
  readonly readOnly: boolean;
  readonly reason: string | null;
  readonly sinceIso: string | null;
  readonly lostLuns: readonly string[];
  readonly mounts: Readonly<Record<string, MountState>>;
}
/** Digests of blobs that the CCDB knows and the LUNs do not have, or have otherwise. */
export interface Verified {
  readonly checked: number;
  readonly missing: readonly string[];
  readonly torn: readonly string[];
  readonly tookMs: number;
}

/** Re-hashing everything takes as long as there are blobs. */
const verifyTimeoutMs = 60_000;

export const storageState = async (call: Call, cc: string): Promise<StorageState> => (await call(cc, "/state")) as StorageState;

/** Hashes every blob again, through the mounts of this CC. */
export async function verifyStorage(call: Call, cc: string): Promise<Verified> {
  return (await call(cc, "/storage/verify", {}, verifyTimeoutMs)) as Verified;
}

/** Ends read-only mode for all. Needs what verifyStorage found: blobs that are gone or torn need a decision, not a release. */
export async function releaseStorage(call: Call, cc: string, verified: Verified, reason: string): Promise<void> {
  const bad = [...verified.missing, ...verified.torn];
  if (bad.length > 0)
    throw new FlounderError(
      "platform",
      `storage cannot be released: of ${verified.checked} blobs ${verified.missing.length} are missing and ${verified.torn.length} torn (first: ${bad[0]})`,
      "restore these blobs, then verify again",
    );
  await call(cc, "/storage/release", { reason });
}
