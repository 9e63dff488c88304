/**
 * What may happen to those who keep a foundation while something is broken in it: the runner is killed, the keeper, a Toxiproxy; a stranger freezes a
 * part; Docker cannot be reached. Each time `flounder heal` brings the fingerprint back, and in the end nothing is left.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type { Event, FoundationSpec, Injection } from "../../../harness/core.js";
import { dockerSocket } from "../../../harness/engines/compose/docker/socket.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { startKeeper, takeOver } from "../../../harness/keeper/start.js";
import { root } from "../../../harness/paths.js";
import type { EngineName } from "../../../harness/registry.js";
import { newFoundation, passingName } from "../../../harness/state/foundation.js";
import foundry from "../target.js";
import { blocked } from "./blocked.js";
import { CutSocket } from "./cut-socket.js";
import { type Hands, handsOf } from "./hands.js";
import { timeFactor } from "./lab.js";
import { leftovers } from "./leftovers.js";

const profile = "micro";

/** A journal that ends within the last intent on this target, and says nothing of what came after it. */
const cutWithinIntent = (text: string, target: string) => text.slice(0, text.lastIndexOf(`"target":"${target}"`));

export function safety(engine: EngineName): void {
  describe(`a foundation of the ${engine} engine is safe`, function () {
    this.timeout(240_000);
    let home: string;
    const earlier = { state: process.env.XDG_STATE_HOME, docker: process.env.DOCKER_HOST };
    let spec: FoundationSpec;
    let client: KeeperClient;
    let hands: Hands;
    let way: CutSocket | undefined;
    let fingerprint: Readonly<Record<string, string>>;
    const events: Event[] = [];
    const topology = foundry.topology(profile, timeFactor, {});

    /** The foundation's events go on after the keeper was another one. */
    const listen = () => {
      void (async () => {
        for await (const event of client.events()) events.push(event);
      })().catch(() => {});
    };
    before(async () => {
      home = mkdtempSync(join(tmpdir(), "flounder-safety-"));
      process.env.XDG_STATE_HOME = home;
      spec = await newFoundation({ id: passingName(`safety-${engine}`), system: foundry, profile, timeFactor, policy: {}, engine });
      hands = handsOf(engine, spec.id);
      if (engine === "compose") {
        way = new CutSocket(join(home, "docker.sock"), dockerSocket());
        await way.mend();
        // The keeper, and what it starts, come to Docker this way; we do not.
        process.env.DOCKER_HOST = `unix://${way.path}`;
      }
      client = await startKeeper(spec, () => {}, { stays: true });
      restoreDocker();
      listen();
      await foundry.prepare(await client.facts(), () => {});
      fingerprint = await client.fingerprint();
    });
    after(async () => {
      try {
        if (existsSync(spec?.dir ?? "")) await (await takeOver(spec.id)).down();
      } finally {
        await way?.end();
        restoreDocker();
        rmSync(home, { recursive: true, force: true });
        if (earlier.state === undefined) delete process.env.XDG_STATE_HOME;
        else process.env.XDG_STATE_HOME = earlier.state;
      }
    });
    function restoreDocker(): void {
      if (earlier.docker === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = earlier.docker;
    }

    const flounder = (...words: string[]): ChildProcess =>
      spawn(process.execPath, [join(root, "bin", "flounder.mjs"), ...words, "--foundation", spec.id], { stdio: ["ignore", "pipe", "pipe"] });
    /** `flounder heal`: its exit status, and what it says. */
    async function heal(): Promise<{ readonly status: number | null; readonly says: string }> {
      const child = flounder("heal");
      let says = "";
      for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (chunk) => {
          says += chunk;
        });
      const [status] = (await once(child, "close")) as [number | null];
      return { status, says };
    }
    async function healed(): Promise<void> {
      const { status, says } = await heal();
      expect(status, says).to.equal(0);
      await asBefore();
    }
    async function asBefore(): Promise<void> {
      let now = fingerprint;
      await until(
        "the fingerprint to be as before",
        async () => {
          await foundry.recover(client.call, topology, () => {});
          now = await client.fingerprint();
          return JSON.stringify(now) === JSON.stringify(fingerprint);
        },
        40_000,
        200,
      ).catch(() => {});
      expect(now).to.deep.equal(fingerprint);
    }
    let count = 0;
    /** Injects and waits until its witness reads broken. */
    async function broken(fault: string, target: string, options: object = {}): Promise<Injection> {
      const injection = { id: `safety-${++count}/${target}`, act: "safety", fault, options, target, atS: 0, maxS: 600 };
      await client.inject(injection);
      const reads = (state: string) => events.some((event) => event.kind === "reading" && event.injection === injection.id && event.reading.state === state);
      await until(`${fault} on ${target} to read broken`, () => reads("broken"), 20_000);
      return injection;
    }

    it("the runner is killed: the keeper heals by itself", async () => {
      const from = events.length;
      const runner = flounder("break", "process-kill", "--on", "router-1", "--for", "60");
      const fresh = () => events.slice(from);
      await until("it to bite", () => fresh().some((event) => event.kind === "reading" && event.reading.state === "broken"), 20_000);
      runner.kill("SIGKILL");
      await until("the keeper to have healed", () => fresh().some((event) => event.kind === "healed" && event.why === "lease"), 30_000);
      expect(fresh().flatMap((event) => (event.kind === "healed" ? [event.proved] : []))).to.deep.equal([true]);
      await asBefore();
    });

    /** Not where LUNs are links to folders: no proxy is in between, either. */
    const mountsHang = async () => (await client.targets()).some(({ ways }) => ways.mount?.includes("hang"));

    it("the keeper is killed while a node is dead, components are paused, a mount hangs, and the bus swallows: the next one heals it all", async () => {
      const hangs = await mountsHang();
      await Promise.all([
        broken("dea-kill", "dea-1", { scope: "node" }),
        broken("process-pause", "hm-1"),
        broken(hangs ? "storage-hang" : "storage-cut", "cc-1:lun-1"),
        broken("nats-sever", "router-1>nats-1", { how: "swallow" }),
      ]);
      // Whoever waits for the mount cannot be frozen in a container: it is stopped by other means, which the next keeper must know.
      if (hangs) await until("somebody to be blocked on it", () => blocked(spec.id).length > 0, 10_000);
      await broken("process-pause", "cc-1");
      process.kill(client.keeper.pid, "SIGKILL");
      await until("the keeper to be gone", () => !existsSync(`/proc/${client.keeper.pid}`), 5000);
      if (way) process.env.DOCKER_HOST = `unix://${way.path}`;
      const { status, says } = await heal();
      restoreDocker();
      expect(status, says).to.equal(0);
      client = await takeOver(spec.id);
      listen();
      await asBefore();
    });

    for (const [of, target] of [
      ["state", "cc-1>ccdb-1"],
      ["storage", "cc-1:lun-1"],
    ] as const)
      it(`the Toxiproxy of class ${of} is killed while ${target} is cut: it comes back with the cut, and is healed`, async function () {
        if (of === "storage" && !(await mountsHang())) return this.skip();
        await broken(of === "state" ? "link-cut" : "storage-hang", target);
        const from = events.length;
        await hands.kill(`toxiproxy-${of}`);
        const told = () => events.slice(from).some((event) => event.kind === "trouble" && event.from === `toxiproxy-${of}`);
        await until("that to be told", told, 20_000);
        const other = of === "state" ? "hm-1>ccdb-1" : undefined;
        if (other) await until(`the fingerprint of ${other}`, async () => (await client.fingerprint())[other] === fingerprint[other], 20_000, 100);
        const cut = async () => (await client.fingerprint())[target] !== fingerprint[target];
        expect(await cut(), "it is still cut").to.equal(true);
        await healed();
      });

    for (const how of ["emptied", "removed", "cut within an intent"] as const)
      it(`the keeper is killed and its journal ${how}: heal names what is broken, and mends it`, async () => {
        const hangs = await mountsHang();
        await Promise.all([
          broken("process-pause", "hm-1"),
          broken(hangs ? "storage-hang" : "storage-cut", "cc-1:lun-1"),
          broken("firewall-deny", "firewall-1"),
        ]);
        await broken("router-flush", "router-1", { hold: true });
        await broken("link-cut", "cc-1>ccdb-1", { how: "refuse" });
        process.kill(client.keeper.pid, "SIGKILL");
        await until("the keeper to be gone", () => !existsSync(`/proc/${client.keeper.pid}`), 5000);
        const journal = join(spec.dir, "journal.jsonl");
        if (how === "removed") rmSync(journal);
        else writeFileSync(journal, how === "emptied" ? "" : cutWithinIntent(readFileSync(journal, "utf8"), "hm-1"));
        if (way) process.env.DOCKER_HOST = `unix://${way.path}`;
        const { status, says } = await heal();
        restoreDocker();
        expect(status, says).to.equal(0);
        const named = ["hm-1", "cc-1:lun-1", "firewall-1", "router-1", "cc-1>ccdb-1"];
        // What stands in the journal before the cut is known from there.
        const known = (target: string) => (how === "cut within an intent" && target !== "hm-1" ? "(healed|mended)" : "mended");
        for (const target of named) expect(says).to.match(new RegExp(`^${known(target)} +${target}: `, "m"));
        client = await takeOver(spec.id);
        listen();
        await asBefore();
      });

    it("a stranger freezes the component on which a fault is: healing resumes it", async () => {
      await broken("router-flush", "router-1", { hold: true });
      await hands.freeze("router-1");
      await healed();
    });

    it("a stranger kills the component on which a fault is: healing has it started", async () => {
      await broken("process-pause", "hm-1");
      await hands.kill("hm-1");
      await healed();
    });

    if (engine === "compose")
      for (const how of ["refused", "silent"] as const)
        it(`Docker cannot be reached (${how}) in the middle of a fault: heal says so, and heals when it can be`, async () => {
          await Promise.all([broken("process-kill", "router-1"), broken("process-pause", "hm-1"), broken("storage-hang", "cc-1:lun-1")]);
          await way!.cut(how);
          try {
            const without = await heal();
            expect(without.status, without.says).to.equal(2);
            expect(without.says).to.match(/NOT HEALED +router-1/);
          } finally {
            await way!.mend();
          }
          await healed();
        });

    it("its end leaves nothing", async () => {
      const { components } = await client.facts();
      const ports = components.flatMap((one) => Object.values(one.ports));
      expect(await leftovers(engine, spec, ports), "it is seen while it lives").to.not.deep.equal([]);
      await client.down();
      expect(await leftovers(engine, spec, ports)).to.deep.equal([]);
    });
  });
}
