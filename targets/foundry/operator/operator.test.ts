import { expect } from "chai";
import type { AuditLine, Call, Topology } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import { topology } from "../topology.js";
import { operator } from "./operator.js";

const org: Topology = topology("org", 20, {});

describe("the operator's console", () => {
  it("leaves one audit line per verb: who, what, on what, and what came of it", async () => {
    const lines: AuditLine[] = [];
    const asked: string[] = [];
    const call: Call = async (component, path) => {
      asked.push(`${component}${path}`);
      if (component === "cc-1") throw new FlounderError("unreachable", "cc-1 is away", "wait");
      if (path === "/mirrors") return { kept: component === "cabinet-b" ? { "lun-2": {} } : { "lun-4": {} } };
      if (path === "/power") return { state: component === "cabinet-a" ? "off" : "steady" };
      if (path.endsWith("/failover")) return { lun: "lun-2", servedBy: "lun-4", blobs: 7 };
      if (path === "/storage/verify") return { checked: 3, missing: [], torn: ["x"], repaired: ["x"], tookMs: 1 };
      if (path === "/ccdb/restore") throw new FlounderError("refused", "lun-4 has no backup", "make one");
      return {};
    };
    const console = operator(call, org, "ann", (line) => lines.push(line));
    await console.restorePower();
    await console.failOver("lun-2");
    await console.verify();
    await console.release("all verified");
    await console.restoreBackup().then(
      () => expect.fail("was not refused"),
      (error: Error) => expect(error.message).to.equal("lun-4 has no backup"),
    );
    expect(lines.map(({ who, verb, on, ok, says }) => `${who} ${verb} ${on} ${ok ? "ok" : "failed"}: ${says}`)).to.deep.equal([
      "ann restorePower all cabinets ok: power restored to cabinet-a",
      "ann failOver lun-2 ok: lun-2 is served by its mirror on lun-4: 7 blobs",
      "ann verify all LUNs ok: 3 blobs: 1 torn, 0 missing, 1 of them repaired from the mirror",
      "ann release all CCs ok: released: all verified",
      "ann restoreBackup ccdb-1 failed: lun-4 has no backup",
    ]);
    expect(asked).to.include("cabinet-b/luns/lun-2/failover").and.include("cc-2/storage/verify").and.not.include("cabinet-a/luns/lun-2/failover");
  });
  it("does not release over what is torn and was not repaired, unless its loss is accepted", async () => {
    const lines: AuditLine[] = [];
    const reasons: unknown[] = [];
    const call: Call = async (_component, path, body) => {
      if (path === "/storage/release") reasons.push(body);
      return path === "/storage/verify" ? { checked: 3, missing: ["y"], torn: ["x"], repaired: ["x"], tookMs: 1 } : {};
    };
    const console = operator(call, org, "ann", (line) => lines.push(line));
    await console.release("before anything was verified").catch(() => {});
    await console.verify();
    await console.release("in a hurry").catch(() => {});
    await console.release("nobody needs it", "accept-loss");
    expect(lines.map(({ verb, ok }) => [verb, ok])).to.deep.equal([
      ["release", false],
      ["verify", true],
      ["release", false],
      ["release", true],
    ]);
    expect(reasons).to.deep.equal([{ reason: "nobody needs it; accepted as lost: y" }]);
  });
  it("releases unverified only by the verb that says so", async () => {
    const bodies: unknown[] = [];
    const call: Call = async (_component, path, body) => {
      if (path === "/storage/release") bodies.push(body);
      return {};
    };
    const console = operator(call, org, "ann", () => {});
    expect(await console.releaseUnverified("developers come first")).to.equal("released: developers come first; nothing was verified");
    expect(bodies).to.deep.equal([{ reason: "developers come first; nothing was verified", unverified: true }]);
  });
  it("restores the front end by layers, from the door inwards, or all of it at once", async () => {
    const asked: string[] = [];
    let open = 0;
    let most = 0;
    const call: Call = async (component, path) => {
      if (path !== "/config/restore") return { wiped: component !== "router-1" };
      asked.push(component);
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 1));
      open--;
      return {};
    };
    const console = operator(call, org, "ann", () => {});
    expect(await console.restoreEdge("router")).to.equal("restored from the saved configs: router-2");
    expect(asked.splice(0)).to.deep.equal(["router-1", "router-2"]);
    await console.restoreEdge();
    expect([asked.splice(0), most]).to.deep.equal([["dns-1", "dns-2", "firewall-1", "lb-1", "router-1", "router-2"], 1]);
    await console.restoreEdgeAtOnce();
    expect([asked.length, most]).to.deep.equal([6, 6]);
  });
  it("hands that slip restart what was not meant, or wipe the front end; it stands in the audit", async () => {
    const lines: AuditLine[] = [];
    const asked: string[] = [];
    const call: Call = async (component, path) => {
      asked.push(`${component}${path}`);
      return { pid: 1 };
    };
    const console = operator(call, org, "ann", (line) => lines.push(line));
    await console.slip("wrong-terminal", 0.5);
    expect(asked.splice(0).sort()).to.deep.equal(["dns-1", "firewall-1", "lb-1", "router-1", "router-2"].map((name) => `${name}/config/wipe`));
    const hit = new Set<string>();
    for (let draw = 0; draw < 1; draw += 0.02) {
      await console.slip("wrong-target", draw);
      hit.add(asked.pop()!);
    }
    expect(hit.size).to.be.above(8);
    expect([...hit].filter((one) => !one.endsWith("/restart"))).to.deep.equal([]);
    expect(lines[0]).to.include({ who: "ann", verb: "wrong-terminal", on: "by mistake", ok: true });
  });
  it("a server that is not ours is restarted by its supervisor, and asked nothing", async () => {
    const asked: string[] = [];
    const call: Call = async (component, path) => {
      asked.push(`${component}${path}`);
      return {};
    };
    expect(await operator(call, org, "ann", () => {}).restart("nats", 1)).to.equal("nats-1 restarted, 1 at once");
    expect(asked).to.deep.equal(["nats-1/restart"]);
  });
  it("watches the power for as long as it was told to, and no longer than it is steady", async () => {
    let asked = 0;
    const console = operator(
      async () => ({ state: ++asked > 4 ? "flickering" : "steady" }),
      org,
      "ann",
      () => {},
    );
    expect(await console.watchPower(0.2)).to.equal("steady for 0.2 s");
    await console.watchPower(5).then(
      () => expect.fail("was not refused"),
      (error: Error) => expect(error.message).to.contain("is not steady"),
    );
  });
});
