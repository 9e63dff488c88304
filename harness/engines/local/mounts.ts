/** What the engine does with a mount, however it is made. */

import { nowUs } from "../../clock.js";
import type { Capabilities, CutMount } from "../../core.js";
import type { MountLife } from "../running.js";
import type { Living } from "./process-table.js";

/** What a mount can be made: CutMount, or slow. */
export type MountWay = CutMount | "slow";

/** How long it takes to prove a mount; Infinity if it is not usable. */
export async function proofMs(state: Capabilities["mount"]["state"]): Promise<number> {
  const fromUs = nowUs();
  return (await state()) === "usable" ? (nowUs() - fromUs) / 1000 : Number.POSITIVE_INFINITY;
}

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
