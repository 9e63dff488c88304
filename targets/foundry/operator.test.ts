import { expect } from "chai";
import type { Call, Topology } from "../../harness/core.js";
import { FlounderError } from "../../harness/errors.js";
import { type AuditLine, operator } from "./operator.js";
import { topology } from "./topology.js";

const org: Topology = topology("org", 20, {});

describe("the operator's console", () => {
  it("leaves one audit line per verb: who, what, on what, and what came of it", async () => {
    const lines: AuditLine[] = [];
    const asked: string[] = [];
    const call: Call = async (component, path) => {
      asked.push(`${component}${path}`);
      if (component === "cc-1") throw new FlounderError("unreachable", "cc-1 is away", "wait");
      if (path === "/mirrors") return { kept: component === "cabinet-b" ? { "lun-2": {} } : { "lun-4": {} } };
      if (path.endsWith("/failover")) return { lun: "lun-2", servedBy: "lun-4", blobs: 7 };
      if (path === "/storage/verify") return { checked: 3, missing: [], torn: ["x"], repaired: ["x"], tookMs: 1 };
      if (path === "/ccdb/restore") throw new FlounderError("refused", "lun-4 has no backup", "make one");
      return {};
    };
    const console = operator(call, org, "ann", (line) => lines.push(line));
    await console.restorePower("cabinet-a");
    await console.failOver("lun-2");
    await console.release(await console.verify(), "all verified");
    await console.restoreBackup().then(
      () => expect.fail("was not refused"),
      (error: Error) => expect(error.message).to.equal("lun-4 has no backup"),
    );
    expect(lines.map(({ who, verb, on, ok, says }) => `${who} ${verb} ${on} ${ok ? "ok" : "failed"}: ${says}`)).to.deep.equal([
      "ann restorePower cabinet-a ok: power restored",
      "ann failOver lun-2 ok: served by its mirror on lun-4: 7 blobs",
      "ann verify all LUNs ok: 3 blobs: 1 torn, 0 missing, 1 of them repaired from the mirror",
      "ann release all CCs ok: released: all verified",
      "ann restoreBackup ccdb-1 failed: lun-4 has no backup",
    ]);
    expect(asked).to.include("cabinet-b/luns/lun-2/failover").and.include("cc-2/storage/verify").and.not.include("cabinet-a/luns/lun-2/failover");
  });
  it("does not release over what is torn and was not repaired", async () => {
    const lines: AuditLine[] = [];
    const console = operator(
      async () => ({}),
      org,
      "ann",
      (line) => lines.push(line),
    );
    const verified = { checked: 3, missing: ["y"], torn: ["x"], repaired: ["x"], tookMs: 1 };
    await console.release(verified, "in a hurry").catch(() => {});
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({ ok: false, verb: "release" });
  });
});
