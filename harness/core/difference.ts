/** What is otherwise on the machine than it was made. */
import type { Capability, TargetName } from "./capability.js";

/** Something that is not as it was made, and how it is put right. */
export interface Difference {
  readonly target: TargetName;
  /** Whose deed it is: a live injection on that target that needs this capability has made it so. */
  readonly capability: Capability;
  /** A few words without a verb: "proxy disabled". */
  readonly says: string;
  /** May be asked for again. */
  mend(): Promise<void>;
}

export type SaidDifference = Omit<Difference, "mend">;
