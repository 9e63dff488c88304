/** The console as an operator holds it: the same verbs, by name, each of them leaving an audit line whether it succeeded or not. */
import type { Call, Topology } from "../../harness/core.js";
import * as verbs from "./console.js";

export interface AuditLine {
  readonly atIso: string;
  /** Who gave the command: a person's name, "script", "model". */
  readonly who: string;
  readonly verb: string;
  /** What it was done to. */
  readonly on: string;
  readonly ok: boolean;
  /** What came of it, or why it did not. */
  readonly says: string;
}
export interface Operator {
  restorePower(cabinet: string): Promise<void>;
  failOver(lun: string): Promise<void>;
  blockMirroring(blocked: boolean): Promise<void>;
  verify(): Promise<verbs.Verified>;
  /** Refused unless what verify found whole or repaired is all there is. */
  release(verified: verbs.Verified, reason: string): Promise<void>;
  backUp(): Promise<verbs.BackedUp>;
  restoreBackup(): Promise<verbs.BackedUp>;
}

/** `audit` gets one line per verb when it is over. Verbs that any Cloud Controller can do are asked of the first that answers. */
export function operator(call: Call, topology: Topology, who: string, audit: (line: AuditLine) => void): Operator {
  const ccs = topology.components.filter((component) => component.role === "cc").map((component) => component.name);
  const anyCc = async () => {
    for (const cc of ccs) if (await verbs.storageState(call, cc).catch(() => undefined)) return cc;
    return ccs[0]!;
  };
  const audited = async <T>(verb: string, on: string, act: () => Promise<T>, says: (result: T) => string): Promise<T> => {
    const line = (ok: boolean, text: string) => audit({ atIso: new Date().toISOString(), who, verb, on, ok, says: text });
    try {
      const result = await act();
      line(true, says(result));
      return result;
    } catch (error) {
      line(false, error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  const backup = ({ rows, lun, atIso }: verbs.BackedUp) => `${rows} rows of ${atIso} on ${lun}`;
  return {
    restorePower: (cabinet) =>
      audited(
        "restorePower",
        cabinet,
        () => verbs.restorePower(call, cabinet),
        () => "power restored",
      ),
    failOver: async (lun) =>
      void (await audited(
        "failOver",
        lun,
        () => verbs.failOver(call, topology, lun),
        ({ servedBy, blobs }) => `served by its mirror on ${servedBy}: ${blobs} blobs`,
      )),
    blockMirroring: (blocked) =>
      audited(
        "blockMirroring",
        "all cabinets",
        () => verbs.blockMirroring(call, topology, blocked),
        () => (blocked ? "blocked" : "let go on"),
      ),
    verify: () =>
      audited(
        "verify",
        "all LUNs",
        async () => verbs.verifyStorage(call, await anyCc()),
        ({ checked, torn, missing, repaired }) =>
          `${checked} blobs: ${torn.length} torn, ${missing.length} missing, ${repaired.length} of them repaired from the mirror`,
      ),
    release: (verified, reason) =>
      audited(
        "release",
        "all CCs",
        async () => verbs.releaseStorage(call, await anyCc(), verified, reason),
        () => `released: ${reason}`,
      ),
    backUp: () => audited("backUp", "ccdb-1", async () => verbs.backUp(call, await anyCc()), backup),
    restoreBackup: () => audited("restoreBackup", "ccdb-1", async () => verbs.restoreBackup(call, await anyCc()), backup),
  };
}
