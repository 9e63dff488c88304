/**
 * For tests: a foundation that lives in this process, with a state folder of its own. Its hooks bring it up before the tests of a describe block and end it
 * after them; whatever became of them, nothing is left, and that is looked for with nothing of the engine's own reaper.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type NatsConnection } from "nats";
import type { CutMount, Engine, FoundationFacts, FoundationSpec, Running, TargetSystem } from "../../../harness/core.js";
import { factsOf } from "../../../harness/keeper/facts.js";
import { root } from "../../../harness/paths.js";
import { type EngineName, engineFor } from "../../../harness/registry.js";
import { newFoundation, passingName } from "../../../harness/state/foundation.js";
import { busAddress, busOwner, closeBusWitness, ownerInbox } from "../adapters/bus-witness.js";
import foundry from "../target.js";
import { type Shape, topologyOf } from "../topology.js";
import { prepare } from "../workload/prepare.js";

const timeFactor = 20;

export interface LiveOptions {
  /** The foundation's name begins with it. */
  readonly name: string;
  /** Default: micro. */
  readonly profile?: string;
  /** Another shape than the profile's. */
  readonly shape?: Shape;
  readonly policy?: Readonly<Record<string, string>>;
  /** Default: local. */
  readonly engine?: EngineName | ((load: () => Promise<TargetSystem>) => Engine);
  /** Only where LUNs are mounts that can hang; elsewhere the tests are skipped, which is said. */
  readonly mounts?: boolean;
  /** With its sample apps. */
  readonly prepared?: boolean;
}

/** Makes a folder and lets foundations live in it; `close` removes it, and our environment is as before. */
export function openHome(name: string): { readonly dir: string; close(): void } {
  const dir = mkdtempSync(join(tmpdir(), `flounder-${name}-`));
  const earlier = process.env.XDG_STATE_HOME;
  process.env.XDG_STATE_HOME = join(dir, "state");
  return {
    dir,
    close() {
      if (earlier === undefined) delete process.env.XDG_STATE_HOME;
      else process.env.XDG_STATE_HOME = earlier;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves with a line for each thing that a foundation left on this machine. */
const leftovers = ({ id, dir }: FoundationSpec): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [join(root, "scripts", "leftovers.mjs"), id, dir], (error, stdout, stderr) => {
      if (error && stdout === "") reject(new Error(`scripts/leftovers.mjs: ${stderr}`));
      else resolve(stdout.split("\n").filter((line) => line !== ""));
    });
  });

export class LiveFoundation {
  readonly system: TargetSystem;
  /** Progress, as commands would print it. */
  readonly said: string[] = [];
  readonly say = (line: string): void => void this.said.push(line);
  readonly #ends: (() => unknown)[] = [];
  readonly #abort = new AbortController();
  #coming: Promise<void> | undefined;
  #spec: FoundationSpec | undefined;
  #running: Running | undefined;

  constructor(readonly options: LiveOptions) {
    const { shape } = options;
    this.system = shape ? { ...foundry, topology: (profile, factor, policy) => topologyOf(profile, shape, factor, policy) } : foundry;
  }

  get spec(): FoundationSpec {
    if (!this.#spec) throw new Error("the foundation is not up");
    return this.#spec;
  }
  get running(): Running {
    if (!this.#running) throw new Error("the foundation is not up");
    return this.#running;
  }
  get facts(): FoundationFacts {
    return factsOf(this.spec, this.running, this.system);
  }

  async engine(): Promise<Engine> {
    const { engine = "local" } = this.options;
    const load = async () => this.system;
    return typeof engine === "function" ? engine(load) : engineFor(engine, load);
  }
  async mountsCanHang(way: CutMount = "hang"): Promise<boolean> {
    const { profile = "micro", policy = {} } = this.options;
    const targets = await (await this.engine()).targets(this.system.topology(profile, timeFactor, policy), this.system);
    return targets.some(({ ways }) => ways.mount?.includes(way));
  }

  up(): Promise<void> {
    this.#coming = this.#start();
    return this.#coming;
  }
  async #start(): Promise<void> {
    const { name, profile = "micro", policy = {}, prepared } = this.options;
    const home = openHome(name);
    this.#atEnd(home.close);
    const engine = await this.engine();
    this.#spec = await newFoundation({ id: passingName(name), system: this.system, profile, timeFactor, policy, engine: engine.name });
    this.#atEnd(async () => {
      const left = await leftovers(this.spec);
      if (left.length > 0) throw new Error(`${this.spec.id} left behind:\n${left.join("\n")}`);
    });
    const running = await engine.start(this.#spec, this.say, this.#abort.signal);
    this.#running = running;
    this.#atEnd(() => running.reap());
    this.#atEnd(closeBusWitness);
    if (prepared) await prepare(this.facts, this.say);
  }
  /** Also when it did not come up, or is still about to; what fails at the end keeps nothing else from ending, and is thrown then. */
  async down(): Promise<void> {
    this.#abort.abort();
    await this.#coming?.catch(() => {}); // its own hook says so
    const failed: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse())
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => failed.push(error));
    if (failed.length > 0) throw failed.length === 1 ? failed[0] : new AggregateError(failed, failed.map(String).join("; "));
  }
  /** The last goes first. */
  #atEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** A connection to the bus that no fault cuts; it is closed at the end. */
  async bus(options: ConnectionOptions = {}): Promise<NatsConnection> {
    const { host, port, password } = busAddress("nats-1", this.running);
    const bus = await connect({ servers: `${host}:${port}`, user: busOwner, pass: password, inboxPrefix: ownerInbox, ...options });
    this.#atEnd(() => bus.close());
    return bus;
  }
}

/** To be called in a describe block: hooks that are defined after it find the foundation up. */
export function liveFoundation(options: LiveOptions): LiveFoundation {
  const live = new LiveFoundation(options);
  before(async function () {
    this.timeout(120_000);
    if (options.mounts && !(await live.mountsCanHang())) {
      console.log("      skipped: LUNs cannot be mounted here");
      this.skip();
    }
    await live.up();
  });
  after(async function () {
    this.timeout(60_000);
    await live.down();
  });
  return live;
}
