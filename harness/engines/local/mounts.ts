/** What the engine does with a mount, however it is made. */
import type { Capabilities } from "../../core.js";
import type { Living } from "./process-table.js";

export interface LocalMount {
  readonly living: Living | undefined;
  readonly can: Capabilities["mount"];
  /** Makes it there; nothing happens if it is. */
  up(): Promise<void>;
  /** The same, but a mount whose link is cut right now comes later by itself. */
  upOrLater(): Promise<void>;
  /** Takes it away: its node is dead. */
  down(): Promise<void>;
  /** From now on it is not mounted again, until up() is asked for: its node or the foundation ends. */
  end(): void;
  /** Frees whoever is blocked on it, and makes it anew. */
  remount(): Promise<void>;
  attach(living: Living | undefined): void;
  fingerprint(): string;
}
