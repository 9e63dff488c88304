/**
 * Healing believes the machine: each fault's deed done past the keeper, so that no journal has it, and what strangers do. Healing names it and puts it right, and leaves
 * alone what is a tenant's or an operator's.
 */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type { Fault, HealReport, TargetInfo } from "../../../harness/core.js";
import { statOf } from "../../../harness/engines/process-table.js";
import { ableTargets, variants } from "../../../harness/keeper/testing/variants.js";
import { asked, type Instance } from "../readings/fingerprint.js";
import { appProcesses, handsOf } from "./hands.js";
import { type Lab, signal } from "./lab.js";

export function differences(lab: Lab, faults: readonly Fault[], targets: readonly TargetInfo[]): void {
  const seen = async () => (await lab.keeper.differences()).map(({ target, says }) => `${target}: ${says}`);
  const heal = async (): Promise<readonly HealReport[]> => {
    const reports = await lab.keeper.heal(undefined, "asked");
    expect(reports.filter(({ proved }) => !proved)).to.deep.equal([]);
    expect(await seen()).to.deep.equal([]);
    return reports;
  };

  describe("healing believes the machine", () => {
    it("finds nothing where nothing was done, and takes less than 0.3 s to look", async () => {
      expect(await seen()).to.deep.equal([]);
      const tookMs = await best(5, () => lab.keeper.differences());
      console.log(`      one look: ${tookMs.toFixed(0)} ms`);
      expect(tookMs).to.be.below(300);
    });

    for (const fault of faults)
      for (const options of variants(fault)) {
        const first = ableTargets(fault, options, targets)[0];
        // Over by itself, or done by whoever does it for as long as he lives.
        if (!first || fault.name === "dea-flap" || (options as { hold?: boolean }).hold === false || (options as { slip?: string }).slip === "wrong-target")
          continue;
        it(`${fault.name} ${JSON.stringify(options)} on ${first.name}, that no journal has`, async () => {
          const target = lab.running.target(first.name, fault.needs);
          const reads = async () => (await fault.witness(target, options, signal())).state;
          await fault.inject(target, options, signal());
          await until("it to bite", async () => (await reads()) === "broken", 20_000, 50);
          const named = (await heal()).map((one) => one.target);
          const own = (name: string) => name === first.name || (fault.needs.includes("links") && name.split(/[>.]/).includes(first.name));
          expect(named.some(own), `${named.join(", ")} names it`).to.equal(true);
          await until("its witness to read intact", async () => (await reads()) === "intact", 20_000, 50);
          await lab.asBefore();
        });
      }

    it("a Toxiproxy is stopped (SIGSTOP) under an isolated component: the injection is proved healed", async () => {
      const injection = { id: "stopped-proxy", act: "stopped", fault: "isolate", options: { how: "swallow" }, target: "router-1", atS: 0, maxS: 60 };
      await lab.keeper.inject(injection);
      await hands().freeze("toxiproxy-bus");
      const reports = await lab.keeper.heal(injection.id, "asked");
      expect(reports.map(({ proved, says }) => [proved, says])).to.deep.equal([[true, "router-1 reads intact"]]);
      expect(await seen()).to.deep.equal([]);
      await lab.asBefore();
    });

    it("a Toxiproxy is stopped, and nothing is injected: it goes on", async () => {
      await hands().freeze("toxiproxy-state");
      expect(await seen()).to.deep.equal(["toxiproxy-state: no answer"]);
      expect((await heal()).map(({ target, says }) => `${target}: ${says}`)).to.deep.equal(["toxiproxy-state: no answer; no injection recorded it"]);
      await lab.asBefore();
    });

    it("a live injection's own differences are left alone, and named by nobody", async () => {
      const of = (fault: string, target: string, options: object) => ({ id: `held/${target}`, act: "held", fault, options, target, atS: 0, maxS: 60 });
      for (const one of [of("isolate", "router-1", { how: "refuse" }), of("firewall-deny", "firewall-1", { how: "drop" }), of("process-pause", "hm-1", {})])
        await lab.keeper.inject(one);
      expect(await seen()).to.deep.equal([]);
      await lab.can("cc-1>ccdb-1", "link").shape({ latencyMs: 100 });
      expect(await seen()).to.deep.equal(["cc-1>ccdb-1: toxics latency-upstream, latency-downstream"]);
      await heal();
      await lab.asBefore();
    });

    it("a component is stopped by a stranger's SIGSTOP: it goes on", async () => {
      const { pid } = (await lab.running.call("router-2", "/varz")) as { pid: number };
      lab.engine === "compose" ? hands().run("router-2", "kill", "-STOP", String(pid)) : process.kill(pid, "SIGSTOP");
      expect(await seen()).to.deep.equal(["router-2: stopped (SIGSTOP)"]);
      await heal();
      expect(await lab.can("router-2", "process").responds()).to.equal(true);
      await lab.asBefore();
    });

    it("another file system is mounted over a LUN: it is taken away", async function () {
      const mount = lab.can("cc-1:lun-1", "mount");
      if (!targets.find(({ name }) => name === "cc-1:lun-1")!.ways.mount?.includes("hang")) return this.skip();
      const path = lab.engine === "compose" ? "/mounts/lun-1" : mountPath("cc-1", "lun-1");
      hands().run("cc-1", "mount", "-t", "tmpfs", "stranger", path);
      expect(await seen()).to.deep.equal(["cc-1:lun-1: hidden below a mount of tmpfs"]);
      await heal();
      expect(await mount.state()).to.equal("usable");
      await lab.asBefore();
    });

    if (lab.engine === "compose")
      it("packet rules are deleted by hand: they are loaded anew", async () => {
        hands().run("firewall-1", "nft", "delete", "table", "inet", "flounder");
        expect(await seen()).to.deep.equal(["firewall-1: packet rules changed by hand"]);
        await heal();
        expect(await lab.outside()).to.equal("api");
        await lab.asBefore();
      });

    it("a tenant's stopped app is left alone", async () => {
      const [app] = ((await asked<readonly Instance[]>(lab.running.call, "dea-1", "/instances")) ?? []).filter(
        ({ name, state }) => name === "app-1" && state === "RUNNING",
      );
      const pids = appProcesses(lab.spec.id, app!.listenPort);
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      try {
        expect(await heal()).to.deep.equal([]);
        expect(pids.map((pid) => statOf(pid)?.state)).to.deep.equal(pids.map(() => "T"));
      } finally {
        for (const pid of pids) process.kill(pid, "SIGCONT");
      }
      await lab.asBefore();
    });

    it("an operator's own config is left alone", async () => {
      const life = lab.can("lb-2", "process");
      const kept = JSON.parse(await lab.host.read("lb-2", "lb.json")) as { pool: string[] };
      const pool = [...kept.pool].reverse();
      await lab.host.write("lb-2", "lb.json", JSON.stringify({ ...kept, pool }));
      await life.kill("agent");
      await life.start();
      expect(await heal()).to.deep.equal([]);
      expect(((await lab.running.call("lb-2", "/config")) as { running: { pool: string[] } }).running.pool).to.deep.equal(pool);
      await lab.can("lb-2", "config").restore();
      await lab.asBefore();
    });
  });

  const hands = () => handsOf(lab.engine, lab.spec.id);
  /** Where a component of processes here has a LUN. */
  const mountPath = (component: string, lun: string) => {
    const { pid } = lab.running.components().find(({ name }) => name === component)!;
    const variable = `MOUNT_${lun.toUpperCase().replace("-", "_")}=`;
    return readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .find((one) => one.startsWith(variable))!
      .slice(variable.length);
  };
}

/** Of some tries: others share this machine. */
async function best(tries: number, act: () => Promise<unknown>): Promise<number> {
  const each: number[] = [];
  for (let i = 0; i < tries; i++) {
    const fromMs = performance.now();
    await act();
    each.push(performance.now() - fromMs);
  }
  return Math.min(...each);
}
