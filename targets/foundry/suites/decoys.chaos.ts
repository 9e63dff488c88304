/** A real act on the wrong thing: whoever believes the call that injected would pass these. Also: no experiment on what is not steady. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import routerFlush from "../../../faults/router-flush.js";
import { act, foundation } from "../../../harness/mocha.js";

/** Breaks the decoy that the environment names, and reads the real target as the real fault does. */
const decoy = (name: string, needs: string, inject: string, witness: string): string => `
import { defineFault, z } from "flounder";
import { renameSync } from "node:fs";
const options = z.strictObject({});
export default defineFault({ name: "${name}", says: "breaks a decoy", colour: "#777", needs: ["${needs}"], options,
  async inject() { ${inject} }, async heal() {}, async witness(target) { return { state: (${witness}) ? "intact" : "broken" }; } });`;

describe("decoys", function () {
  this.timeout(120_000);
  const dir = mkdtempSync(join(tmpdir(), "flounder-decoys-"));
  let sleeper: ChildProcess;
  let listener: ChildProcess;
  let server: Server;
  let flushed = 0;

  before(async () => {
    sleeper = spawn("sleep", ["600"], { stdio: "ignore" });
    listener = spawn(process.execPath, ["-e", "require('net').createServer().listen(0,'127.0.0.1')"], { stdio: "ignore" });
    mkdirSync(join(dir, "lun-1"));
    server = createServer((_, answer) => {
      flushed++;
      answer.end("{}");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const faults = join(dir, "faults");
    mkdirSync(faults);
    const port = (server.address() as AddressInfo).port;
    const all = {
      "decoy-process": decoy("decoy-process", "process", `process.kill(${sleeper.pid}, "SIGKILL");`, "await target.can.process.responds()"),
      "decoy-link": decoy("decoy-link", "link", `process.kill(${listener.pid}, "SIGKILL");`, "await target.can.link.carries()"),
      "decoy-mount": decoy(
        "decoy-mount",
        "mount",
        `renameSync(${JSON.stringify(join(dir, "lun-1"))}, ${JSON.stringify(join(dir, "lun-gone"))});`,
        '(await target.can.mount.state()) === "usable"',
      ),
      "decoy-table": decoy(
        "decoy-table",
        "table",
        `await fetch("http://127.0.0.1:${port}/table/flush", { method: "POST" });`,
        "await target.can.table.answers()",
      ),
    };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(faults, `${name}.ts`), text);
    process.env.FLOUNDER_FAULTS = faults;
  });
  const micro = foundation("micro");
  after(() => {
    delete process.env.FLOUNDER_FAULTS;
    sleeper.kill("SIGKILL");
    listener.kill("SIGKILL");
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("acts on decoys of four capabilities end inconclusive, never pass", async () => {
    const on = { process: "router-1", link: "dea-1>nats-1", mount: "cc-1:lun-1", table: "router-1" };
    const run = await micro.run(
      "decoys",
      Object.entries(on).map(([what, of]) => ({ id: what, fault: `decoy-${what}`, options: {}, on: { of, pick: "all" as const }, forS: 2 })),
      [],
    );
    expect([sleeper.signalCode, listener.signalCode, existsSync(join(dir, "lun-gone")), flushed]).to.deep.equal(["SIGKILL", "SIGKILL", true, 1]);
    expect(run.result, run.dir).to.equal("inconclusive");
    expect(run.verdict.receipts).to.include({ bit: 0, of: 4 });
    for (const { bitUs, target } of run.verdict.receipts.each) expect(bitUs, target).to.equal(null);
  });

  it("a foundation that is not steady before is inconclusive, and nothing is injected", async () => {
    const { call } = micro.client();
    await call("router-1", "/table/hold", { hold: true });
    try {
      const run = await micro.run("unsteady", [act(routerFlush, { of: "router", pick: "all" }, { id: "flush", forS: 1 }, { hold: true })], []);
      expect(run.result, run.dir).to.equal("inconclusive");
      expect(run.verdict.receipts).to.include({ bit: 0, of: 1 });
      expect(run.verdict.findings.map((one) => one.says).join("\n")).to.match(/steady/);
    } finally {
      await call("router-1", "/table/hold", { hold: false });
    }
  });
});
