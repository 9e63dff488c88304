/** kill -9 of the runner, in every fault, at five moments each: the keeper heals, the fingerprint is as before, and nothing is left in the end. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { sleep, until } from "../../../harness/clock.js";
import type { Event, TargetInfo } from "../../../harness/core.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { startKeeper, takeOver } from "../../../harness/keeper/start.js";
import { root } from "../../../harness/paths.js";
import { candidates } from "../../../harness/planning/select.js";
import { seeded } from "../../../harness/random.js";
import { loadFaults, loadTarget } from "../../../harness/registry.js";
import { newFoundation, passingName } from "../../../harness/state/foundation.js";
import { openHome } from "../testing/live-foundation.js";

const faults = [...(await loadFaults()).values()].filter((fault) => !fault.changesNothing);
/**
 * Where to aim each fault: the first of these that it can act on. A DEA only where nothing else will do: apps that are killed again and
 * again are FLAPPING, and the health manager of 2011 never restarts those.
 */
const aims = ["cc-1:lun-1", "router", "dea-1>nats-1", "cabinet", "firewall", "lb", "dns", "nats", "dea"];
/** Kill on the keeper's word that it has begun (intent on disk, deed under way), has done it, sees it, heals; or after a seeded while. */
const moments = ["injecting", "injected", "reading", "healing", "while"] as const;

describe("a runner killed with kill -9", function () {
  this.timeout(120_000);
  const random = seeded(20110425);
  let home: ReturnType<typeof openHome>;
  let client: KeeperClient;
  let spec: Awaited<ReturnType<typeof newFoundation>>;
  let targets: readonly TargetInfo[];
  let before_: Readonly<Record<string, string>>;
  let recover: () => Promise<void>;
  const events: Event[] = [];

  before(async () => {
    home = openHome("killed");
    const system = await loadTarget("foundry");
    spec = await newFoundation({ id: passingName("killed"), system, profile: "micro", timeFactor: 20, policy: {}, engine: "local" });
    client = await startKeeper(spec, () => {}, { stays: true });
    void (async () => {
      for await (const event of client.events()) events.push(event);
    })().catch(() => {});
    await system.prepare(await client.facts(), () => {});
    targets = await client.targets();
    before_ = await client.fingerprint();
    recover = () => system.recover(client.call, system.topology("micro", 20, {}), () => {});
  });
  after(async () => {
    await client?.down().catch(() => {}); // it is down if all went well
    home?.close();
  });

  /** flounder break: the smallest runner, with a lease. */
  const runner = (fault: string, of: string, forS: number): ChildProcess =>
    spawn(process.execPath, [join(root, "bin", "flounder.mjs"), "break", fault, "--on", of, "--pick", "1", "--for", String(forS), "--foundation", spec.id], {
      stdio: ["ignore", "ignore", "pipe"],
    });

  // seed: the three forms (micro, org, com) <- on micro: each fault in turn, with its runner killed at five moments
  for (const fault of faults)
    it(`${fault.name}: healed, and the fingerprint is as before`, async function () {
      const options = fault.options.parse({});
      const aim = (fault.name.startsWith("dea-") ? ["dea"] : [...aims, ...targets.map((one) => one.name)]).find((of) => {
        try {
          return candidates(of, fault, options, targets, "").length > 0;
        } catch {
          return false;
        }
      });
      const linked = targets.every(({ ways }) => !ways.mount?.includes("hang"));
      if (aim === undefined && linked) {
        console.log(`      skipped: ${fault.name} needs LUNs that are mounted, and they cannot be here`);
        this.skip();
      }
      expect(aim, `something to aim ${fault.name} at`).not.to.equal(undefined);
      for (const moment of moments) {
        const from = events.length;
        const fresh = () => events.slice(from);
        let says = "";
        const child = runner(fault.name, aim!, moment === "healing" ? 0.5 : 20);
        child.stderr?.on("data", (chunk) => {
          says += chunk;
        });
        const exited = once(child, "exit");
        try {
          if (moment === "while") await sleep(600 + random() * 1500);
          else
            await until(
              `${fault.name} ${moment}`,
              () => fresh().some((event) => event.kind === moment && (event.kind !== "reading" || event.reading.state === "broken")) || child.exitCode !== null,
              20_000,
              2,
            );
          expect(child.exitCode, `the runner ended by itself before ${moment}: ${says}`).to.equal(null);
        } finally {
          child.kill("SIGKILL");
          await exited;
        }
        const open = () => fresh().filter((event) => event.kind === "injecting").length - fresh().filter((event) => event.kind === "healed").length;
        await until(`the keeper to heal ${fault.name} killed at ${moment}`, () => open() === 0, 30_000);
        for (const event of fresh()) if (event.kind === "healed") expect(event.proved, `${fault.name} at ${moment}`).to.equal(true);
        await until(
          `the fingerprint after ${fault.name} killed at ${moment}`,
          async () => {
            await recover();
            const now = await client.fingerprint();
            const differs = [...new Set([...Object.keys(now), ...Object.keys(before_)])].filter((key) => now[key] !== before_[key]);
            if (differs.length > 0) throw new Error(differs.map((key) => `${key}: ${before_[key]} → ${now[key]}`).join("; "));
            return true;
          },
          30_000,
          200,
        );
      }
    });

  it("kill -9 of keeper and runner: the next command heals", async () => {
    const child = runner("router-flush", "router", 30);
    await until("it to bite", () => events.some((event) => event.kind === "reading" && event.reading.state === "broken"), 20_000, 5);
    child.kill("SIGKILL");
    process.kill(client.keeper.pid, "SIGKILL");
    const heal = spawnSync(process.execPath, [join(root, "bin", "flounder.mjs"), "heal", "--foundation", spec.id], { encoding: "utf8" });
    expect(heal.status, heal.stderr).to.equal(0);
    client = await takeOver(spec.id);
    await until("the fingerprint to be as before", async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(before_), 20_000, 200);
  });

  it("leaves nothing behind, says a script that shares nothing with the reaper", async () => {
    const portBase = Math.min(...(await client.facts()).components.flatMap((one) => Object.values(one.ports)));
    const look = () => spawnSync(process.execPath, [join(root, "scripts", "leftovers.mjs"), spec.id, spec.dir, String(portBase)], { encoding: "utf8" });
    expect(look().status, "it sees a living foundation").to.equal(1);
    await client.down();
    const left = look();
    expect(left.stdout).to.equal("");
    expect(left.status).to.equal(0);
  });
});
