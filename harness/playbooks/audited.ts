/** Carries out an operator's verbs so that each leaves its line in the audit, whether it succeeded or not. */
import type { AuditLine } from "../core.js";

/** `on`: what the verb is done to. Resolves and rejects as `act` does. */
export type Audited = (verb: string, on: string, act: () => Promise<string>) => Promise<string>;

/** For a target's console: `who` and `audit` as TargetSystem.console gets them. */
export const audited =
  (who: string, audit: (line: AuditLine) => void): Audited =>
  async (verb, on, act) => {
    const line = (ok: boolean, says: string) => audit({ atIso: new Date().toISOString(), who, verb, on, ok, says });
    try {
      const says = await act();
      line(true, says);
      return says;
    } catch (error) {
      line(false, error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
