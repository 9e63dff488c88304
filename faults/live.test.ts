/**
 * Every fault on all targets of a real foundation at once: each is seen to bite by its witness, is healed, and afterwards the
 * fingerprint is as before. Minutes on a busy machine, so it runs only when asked for: FLOUNDER_LIVE=1 npm test -- dist/faults/live.test.js
 * On profile micro, or FLOUNDER_LIVE_PROFILE: a fault that has no target there is passed over (micro has no firewall).
 */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { nowUs, until } from "../harness/clock.js";
import type { Event, Injection, TargetInfo, TargetSystem, Topology } from "../harness/core.js";
import { newFoundation } from "../harness/foundation.js";
import type { KeeperClient } from "../harness/keeper/client.js";
import { ableTargets, variants } from "../harness/keeper/fixture-variants.js";
import { startKeeper, takeOver } from "../harness/keeper/start.js";
import { loadFaults, loadTarget } from "../harness/registry.js";

const asked = process.env.FLOUNDER_LIVE === "1";
const profile = process.env.FLOUNDER_LIVE_PROFILE ?? "micro";
const faults = [...(await loadFaults()).values()].filter((fault) => !fault.changesNothing);

(asked ? describe : describe.skip)("faults on a live foundation", function () {
  this.timeout(120_000);
  const earlier = process.env.XDG_STATE_HOME;
  let home: string;
  let client: KeeperClient;
  let system: TargetSystem;
  let topology: Topology;
  let targets: readonly TargetInfo[];
  let fingerprint: Readonly<Record<string, string>>;
  const events: Event[] = [];

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "flounder-live-"));
    process.env.XDG_STATE_HOME = home;
    system = await loadTarget("foundry");
    topology = system.topology(profile, 20, {});
    const spec = await newFoundation({ id: `live${process.pid}`, system, profile, timeFactor: 20, policy: {}, engine: "local" });
    client = await startKeeper(spec, () => {});
    void (async () => {
      for await (const event of client.events()) events.push(event);
    })().catch(() => {});
    await system.prepare(await client.facts(), () => {});
    targets = await client.targets();
    fingerprint = await client.fingerprint();
  });
  afterEach(async () => {
    await client?.heal(); // what a failed test left broken is not the next one's
  });
  after(async () => {
    await client?.down();
    if (earlier === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = earlier;
    rmSync(home, { recursive: true, force: true });
  });

  /** Does what an operator does after healing, until configuration and desired state are as they were. */
  async function asBefore(): Promise<void> {
    let now = fingerprint;
    const equal = async () => {
      await system.recover(client.call, topology, () => {});
      now = await client.fingerprint();
      return JSON.stringify(now) === JSON.stringify(fingerprint);
    };
    await until("the fingerprint to be as before", equal, 30_000, 500).catch(() => {});
    expect(now).to.deep.equal(fingerprint);
  }

  let count = 0;
  for (const fault of faults)
    for (const options of variants(fault))
      it(`${fault.name} ${JSON.stringify(options)} on all`, async function () {
        const act = `act-${++count}`;
        const all = ableTargets(fault, options, targets);
        if (all.length === 0) return this.skip();
        // Both ends of a link cannot be isolated at once: the second would not be intact before.
        const able = fault.needs.includes("links") ? all.slice(0, 1) : all;
        const injections = able.map(
          (target): Injection => ({ id: `${act}/${target.name}`, act, fault: fault.name, options, target: target.name, atS: 0, maxS: 60 }),
        );
        const fromUs = nowUs();
        const results = await Promise.allSettled(injections.map((injection) => client.inject(injection)));
        const done = injections.filter((_, i) => results[i]!.status === "fulfilled");
        for (const [i, result] of results.entries())
          if (result.status === "rejected")
            expect(able[i]!.class, `${able[i]!.name}: ${(result.reason as Error).message}: only an app slot may have nobody behind it`).to.equal("apps");
        expect(done).to.not.deep.equal([]);
        const readings = (id: string) => events.flatMap((event) => (event.kind === "reading" && event.injection === id ? [event] : []));
        const bit = ({ id }: Injection) => {
          const all = readings(id);
          return all.find(({ reading }) => reading.state === "broken" || (reading.state === "intact" && reading.generation !== all[0]!.reading.generation));
        };
        const missed = () => done.filter((injection) => !bit(injection)).map(({ target }) => target);
        await until("every target to be seen broken", () => missed().length === 0, 10_000).catch((error: Error) => {
          throw new Error(`${error.message}: not ${missed().join(", ")}`);
        });
        const bitMs = Math.max(...done.map((injection) => (bit(injection)!.atUs - fromUs) / 1000));
        const healFromUs = nowUs();
        const reports = await client.heal();
        const healMs = (nowUs() - healFromUs) / 1000;
        expect(reports.filter((report) => !report.proved).map((report) => report.says)).to.deep.equal([]);
        expect(reports).to.have.length(done.length);
        await asBefore();
        const troubled = new Set(events.flatMap((event) => (event.kind === "trouble" && event.by === "keeper" && event.atUs > fromUs ? [event.says] : [])));
        console.log(
          `      ${done.length} of ${able.length} targets: bit within ${bitMs.toFixed(0)} ms, healed within ${healMs.toFixed(0)} ms${[...troubled].map((says) => `\n        ${says}`).join("")}`,
        );
      });

  it("a keeper killed while a node is dead, a mount hangs, and the bus swallows: the next one heals it all", async () => {
    const injections = [
      { fault: "dea-kill", options: { scope: "node" }, target: "dea-1" },
      { fault: "process-pause", options: {}, target: "hm-1" },
      { fault: "storage-hang", options: {}, target: "cc-1:lun-1" },
      { fault: "nats-sever", options: { how: "swallow" }, target: "router-1>nats-1" },
    ].map((parts): Injection => ({ ...parts, id: `killed/${parts.target}`, act: "killed", atS: 0, maxS: 60 }));
    await Promise.all(injections.map((injection) => client.inject(injection)));
    process.kill(client.keeper.pid, "SIGKILL");
    await until("the keeper to be gone", () => !existsSync(`/proc/${client.keeper.pid}`), 5000);
    const says: string[] = [];
    client = await takeOver(client.id, (line) => says.push(line));
    for (const { id } of injections) expect(says.filter((line) => line.startsWith(id)).join(), says.join("\n")).to.include("reads intact");
    await asBefore();
  });
});
