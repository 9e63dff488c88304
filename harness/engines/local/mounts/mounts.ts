/** What the engine does with a mount, however it is made. */
import type { CutMount } from "../../../core.js";
import type { Living } from "../../process-table.js";
import type { MountLife } from "../../running.js";

/** What a mount can be made: CutMount, or slow. */
export type MountWay = CutMount | "slow";

export interface LocalMount extends MountLife {
  readonly living: Living | undefined;
  /** Makes it there; nothing happens if it is. */
  up(): Promise<void>;
  /** The same, but a mount whose link is cut right now comes later by itself. */
  upOrLater(): Promise<void>;
  /** Takes it away: its node is dead. */
  down(): Promise<void>;
  /** From now on it is not mounted again, until up() is asked for: its node or the foundation ends. */
  end(): void;
  attach(living: Living | undefined): void;
}
