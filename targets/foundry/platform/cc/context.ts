/** What the parts of a Cloud Controller share. */
import type { Bus } from "../base/bus.js";
import type { Database } from "./database/database.js";
import type { Work } from "./jobs/work.js";
import type { Lifecycle } from "./placement/lifecycle.js";
import type { BlobSweep } from "./storage/blob-sweep.js";
import type { Blobs } from "./storage/blobs.js";
import type { Storage } from "./storage/storage.js";

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
