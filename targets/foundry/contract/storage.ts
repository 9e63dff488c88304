/** What a Cloud Controller answers about its storage, and what operators and witnesses read of it. */

export type MountState = "usable" | "error" | "hung" | "read-only";

/** GET /state: what one Cloud Controller knows. */
export interface StorageState {
  readonly readOnly: boolean;
  readonly reason: string | null;
  readonly sinceIso: string | null;
  readonly lostLuns: readonly string[];
  readonly mounts: Readonly<Record<string, MountState>>;
  /** LUNs that are served from their mirrors. */
  readonly moved: readonly string[];
  /** Nothing is lost, or what is lost was verified since. */
  readonly verified: boolean;
  readonly ccdb: "reached" | "away";
}

/** POST /storage/verify: sha1s of blobs that the CCDB knows and the LUNs do not have, or have otherwise. */
export interface Verified {
  readonly checked: number;
  readonly missing: readonly string[];
  readonly torn: readonly string[];
  /** Those of both that the mirror had whole: they are whole on their LUN again. */
  readonly repaired: readonly string[];
  readonly tookMs: number;
}

/** POST /ccdb/backup and /ccdb/restore: what a backup, or going back to it, came to. */
export interface BackedUp {
  readonly lun: string;
  readonly atIso: string;
  readonly rows: number;
  readonly bytes: number;
  readonly tookMs: number;
}
