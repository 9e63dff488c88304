/** What the Cloud Controller and its storage helper say to each other over the IPC pipe. */

/** How a LUN may be found: as the fault's words have it. */

export type StorageOp =
  /** Marker read (again: only looked at, since the proof before was good), proof file overwritten in place and flushed. */
  | { readonly op: "proof"; readonly root: string; readonly lun: string; readonly proof: string; readonly again: boolean }
  /** Copies a local file onto the LUN under its digest. */
  | { readonly op: "put"; readonly root: string; readonly lun: string; readonly sha1: string; readonly local: string }
  /** Copies a blob into a local file; answers with what was really read. mirrorOf: from the copy that this LUN holds of another one. */
  | { readonly op: "get"; readonly root: string; readonly lun: string; readonly sha1: string; readonly local: string; readonly mirrorOf?: string }
  /** Reads a blob to its end; answers with what was really read. */
  | { readonly op: "hash"; readonly root: string; readonly lun: string; readonly sha1: string }
  /** Copies a local file onto the LUN under a name of its own, below backups/; and back. */
  | { readonly op: "save" | "load"; readonly root: string; readonly lun: string; readonly name: string; readonly local: string }
  /** Removes a blob, and what was left of attempts to write it; there is nothing to do if it is not there. mirrorOf: the copy that this LUN holds of another one. */
  | { readonly op: "remove"; readonly root: string; readonly lun: string; readonly sha1: string; readonly mirrorOf?: string }
  /** Size of a blob. */
  | { readonly op: "size"; readonly root: string; readonly lun: string; readonly sha1: string }
  /** Answered without touching a LUN: tells a helper that is stuck from a mount that hangs. */
  | { readonly op: "ping" };

export type Asked = StorageOp & { readonly id: number };
/** Without result and error: it goes on, and its LUN has answered just now. */
export interface Answered {
  readonly id: number;
  readonly result?: { readonly size: number; readonly sha1: string };
  /** errno name ("EROFS") or "MARKER": the folder at the mount point is not the LUN. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Where a blob is on its LUN. */
export const blobPath = (root: string, sha1: string): string => `${root}/blobs/${sha1.slice(0, 2)}/${sha1}`;
