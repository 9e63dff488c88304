/** What the parts of a Cloud Controller share. */
import type { Bus } from "../base/bus.js";
import type { BlobSweep } from "./blob-sweep.js";
import type { Blobs } from "./blobs.js";
import type { Database } from "./database.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Storage } from "./storage.js";
import type { Work } from "./work.js";

export interface Context {
  readonly database: Database;
  readonly storage: Storage;
  readonly blobs: Blobs;
  readonly work: Work;
  readonly sweep: BlobSweep;
  readonly lifecycle: Lifecycle;
  /** Undefined until the bus was reached for the first time. */
  bus(): Bus | undefined;
  /** A folder of our own for files on their way to or from a LUN. */
  readonly scratch: string;
}
