/** The foundation on which an engine is tried: small, with one of everything in it, and kept by a keeper in this process, so that receipts are real. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type {
  Capabilities,
  Capability,
  Component,
  Engine,
  Event,
  Fault,
  FoundationFacts,
  FoundationSpec,
  Host,
  Running,
  Target,
  TargetSystem,
} from "../../../harness/core.js";
import { makeFolder } from "../../../harness/keeper/folder.js";
import { Keeper } from "../../../harness/keeper/keep.js";
import { type EngineName, engineFor, loadFaults } from "../../../harness/registry.js";
import { newFoundation, passingName } from "../../../harness/state/foundation.js";
import { closeBusWitness } from "../adapters/bus-witness.js";
import { answered, askEdge } from "../adapters/edge-ask.js";
import { frontDoor } from "../front-door.js";
import { storageState } from "../operator/console.js";
import { recover } from "../operator/recover.js";
import { asked, type Instance } from "../readings/fingerprint.js";
import foundry from "../target.js";
import { type Shape, topologyOf } from "../topology.js";
import { prepare } from "../workload/prepare.js";

/** Two of what must be seen to stand in for each other, one of everything else. The DEA keeps its disk on a LUN, as on com. */
const shape: Shape = {
  cc: 1,
  dea: 1,
  router: 2,
  lb: 2,
  dns: 1,
  firewall: 1,
  cabinets: ["cabinet-a", "cabinet-b"],
  lunsPerCabinet: 1,
  deaLuns: 1,
  monitor: 1,
  service: 1,
};
export const timeFactor = 20;
export const api = "api.flounder.test";
export const app = "app-1.flounder.test";
export const signal = () => AbortSignal.timeout(20_000);

/** A LUN that a monitor fails over is another one for ever after: the next test would cut a mount that nobody uses. */
function withoutFailOver(monitor: Component): Component {
  const thresholds = { ...(JSON.parse(monitor.env.THRESHOLDS!) as object), failOver: { lunSilentMs: null } };
  return { ...monitor, env: { ...monitor.env, THRESHOLDS: JSON.stringify(thresholds) } };
}

/** The host that the engine gives to adapters; known once a target with an adapter was asked for. */
let given: Host | undefined;
/** The foundry in that shape, whatever profile is asked for: its sample apps are those of micro, one instance each. */
export const system: TargetSystem = {
  ...foundry,
  topology(profile, factor, policy) {
    const whole = topologyOf(profile, shape, factor, policy);
    return { ...whole, components: whole.components.map((one) => (one.role === "monitor" ? withoutFailOver(one) : one)) };
  },
  adapters(component, call, addresses, host) {
    given = host ?? given;
    return foundry.adapters(component, call, addresses, host);
  },
};
export const topology = system.topology("micro", timeFactor, {});
export const engineOf = (name: EngineName): Promise<Engine> => engineFor(name, async () => system);

/** The first component of each role: what is tried on every kind. */
export const oneOfEach: readonly Component[] = topology.components.filter(({ role }, i, all) => all.findIndex((one) => one.role === role) === i);

export class Lab {
  readonly events: Event[] = [];
  #home = "";
  readonly #earlier = process.env.XDG_STATE_HOME;
  #keeper: Keeper | undefined;
  #spec: FoundationSpec | undefined;
  #facts: FoundationFacts | undefined;
  #fingerprint: Readonly<Record<string, string>> = {};
  #faults: ReadonlyMap<string, Fault> = new Map();

  constructor(readonly engine: EngineName) {}

  get keeper(): Keeper {
    if (!this.#keeper) throw new Error("the lab is not up");
    return this.#keeper;
  }
  get spec(): FoundationSpec {
    if (!this.#spec) throw new Error("the lab is not up");
    return this.#spec;
  }
  get facts(): FoundationFacts {
    if (!this.#facts) throw new Error("the lab is not up");
    return this.#facts;
  }
  get running(): Running {
    return this.keeper.running;
  }
  /** As adapters get it. */
  get host(): Host {
    this.running.target("nats-1", ["subjects"]);
    return given!;
  }
  can<C extends Capability>(name: string, need: C): Target<C>["can"][C] {
    return this.running.target(name, [need]).can[need];
  }

  /** Brings it up with its sample apps; what it is then is what it must be again after each test. */
  async up(): Promise<void> {
    this.#home = mkdtempSync(join(tmpdir(), "flounder-conforms-"));
    process.env.XDG_STATE_HOME = this.#home;
    this.#faults = await loadFaults();
    const { engine } = this;
    this.#spec = await newFoundation({ id: passingName(`conforms-${engine}`), system, profile: "micro", timeFactor, policy: {}, engine });
    makeFolder(this.#spec, true);
    this.#keeper = new Keeper(this.#spec.dir, { engines: () => [this.engine], loadEngine: () => engineOf(engine), loadTarget: async () => system, loadFaults });
    this.#keeper.onEvent.add((event) => this.events.push(event));
    await this.#keeper.boot();
    this.#facts = this.#keeper.facts();
    await prepare(this.#facts, () => {});
    this.#fingerprint = await this.#keeper.fingerprint();
  }
  async down(): Promise<void> {
    await closeBusWitness();
    await this.#keeper?.down();
  }
  /** The temporary folder and our own environment as before: after the last test, whatever became of it. */
  forget(): void {
    if (this.#earlier === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = this.#earlier;
    if (this.#home) rmSync(this.#home, { recursive: true, force: true });
  }

  /** What the outside gets at the front door: a status and who answered, or how it went wrong. */
  async outside(host = api): Promise<string> {
    const { component, port } = frontDoor(topology);
    const said = await askEdge(this.running.direct(component, port), { host });
    if (!answered(said)) return said;
    if (said.status !== 200) return String(said.status);
    return said.body.includes("cloud_controller_v3") ? "api" : (JSON.parse(said.body) as { app: string }).app;
  }
  /** What the outside gets in so many requests, each once. */
  async seen(times: number, host?: string): Promise<string[]> {
    const all = new Set<string>();
    for (let i = 0; i < times; i++) all.add(await this.outside(host));
    return [...all].sort();
  }
  storage = () => storageState(this.running.call, "cc-1");

  /**
   * Does what an operator does after healing, until configuration and desired state are as they were and nothing is on its way: an instance that is
   * STARTING may be one too many (the DEA's heartbeats came late), and would be taken away again in the middle of the next test.
   */
  async asBefore(): Promise<void> {
    let now = this.#fingerprint;
    await until(
      "the fingerprint to be as before",
      async () => {
        await recover(this.running.call, topology, () => {});
        now = await this.keeper.fingerprint();
        const instances = await asked<readonly Instance[]>(this.running.call, "dea-1", "/instances");
        return JSON.stringify(now) === JSON.stringify(this.#fingerprint) && instances?.every(({ state }) => state !== "STARTING") === true;
      },
      30_000,
      200,
    ).catch(() => {});
    expect(now).to.deep.equal(this.#fingerprint);
  }

  /** Injects twice, looks, heals twice: the witness reads intact, broken, intact. */
  async breaks(name: string, on: string, given: object, look: (target: Target<Capability>) => Promise<unknown>): Promise<void> {
    const fault = this.#faults.get(name)!;
    const options = fault.options.parse(given);
    const target = this.running.target(on, fault.needs);
    const reads = (wanted: string) =>
      until(`${name} on ${on} to read ${wanted}`, async () => (await fault.witness(target, options, signal())).state === wanted, 20_000, 50);
    await reads("intact");
    try {
      await fault.inject(target, options, signal());
      await fault.inject(target, options, signal());
      await reads("broken");
      await look(target);
    } finally {
      await fault.heal(target, options, signal());
      await fault.heal(target, options, signal());
    }
    await reads("intact");
  }

  /** Undoes whatever a failed test left: every undoing may be asked for again. */
  async mendAll(): Promise<void> {
    await this.keeper.heal(undefined, "asked");
    const each = async <C extends Capability>(need: C, mend: (can: Capabilities[C]) => Promise<void>) => {
      for (const { name, can } of this.running.targets()) if (can.includes(need)) await mend(this.can(name, need) as Capabilities[C]);
    };
    // Links and mounts first: a component whose LUN hangs does not become ready.
    await each("link", (link) => link.mend());
    await each("mount", (mount) => mount.mend());
    await each("process", async (process) => {
      await process.resume();
      await process.start();
    });
    await each("power", (power) => power.restore());
    await each("content", (content) => content.restore());
    await each("room", (room) => room.free());
    await each("table", async (table) => {
      await table.hold(false);
      await table.cure();
    });
    await each("subjects", (subjects) => subjects.unmute());
    await each("config", (config) => config.restore());
    await each("rules", (rules) => rules.allow());
    await each("pool", (pool) => pool.fill());
    await each("console", (console) => console.undo("wrong-step"));
    await this.asBefore();
  }
}
