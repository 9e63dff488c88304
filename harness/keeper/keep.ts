/** The keeper of one foundation: starts it, alone injects and heals, and ends it. What clients may ask of it is in verbs.ts. */
import { rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { nowUs, within } from "../clock.js";
import type {
  Ailment,
  Capability,
  Difference,
  Engine,
  Event,
  Fault,
  FoundationFacts,
  FoundationSpec,
  HealReport,
  Injection,
  Running,
  TargetSystem,
} from "../core.js";
import { FlounderError } from "../errors.js";
import { factsOf } from "./facts.js";
import { type FoundationRecord, lastFailure, readRecord, readSecret, writeRecord } from "./folder.js";
import { Gate } from "./gate.js";
import { ableTo } from "./injections/able.js";
import { Differences } from "./injections/differences.js";
import { type HealWhy, type InjectionDeps, type Limits, LiveInjection, type Told } from "./injections/injection.js";
import { Journal, openInjections } from "./injections/journal.js";
import { type Claimant, Claims, type ConnectedClient } from "./socket/claims.js";

/** How the keeper finds what it works with: registry.ts, or a test's own. */
export interface Loaders {
  loadEngine(name: string): Promise<Engine>;
  loadTarget(name: string): Promise<TargetSystem>;
  /** Every engine there is. */
  engines(): readonly string[];
  loadFaults(): Promise<ReadonlyMap<string, Fault>>;
  /** Other budgets than the usual ones. */
  readonly limits?: Partial<Limits>;
}

const usual: Limits = {
  beforeMs: 4000,
  injectMs: 20_000,
  healMs: 20_000,
  intactMs: 10_000,
  escalateMs: 20_000,
};

export class Keeper {
  readonly spec: FoundationSpec;
  readonly record: FoundationRecord;
  readonly gate: Gate;
  readonly journal: Journal;
  readonly claims = new Claims();
  /** Whoever is connected, the longest first. */
  readonly clients = new Set<ConnectedClient>();
  readonly onEvent = new Set<(event: Event) => void>();
  readonly onSay = new Set<(line: string) => void>();
  readonly #live = new Map<string, LiveInjection>();
  /** Those that are over, so that healing one again is no error. */
  readonly #over = new Set<string>();
  readonly #differences: Differences;
  /** What was healed when this keeper took over, until somebody asks for healing. */
  #untold: readonly HealReport[] = [];
  readonly #bootAbort = new AbortController();
  /** What was found no good in the folder. */
  readonly #damage: string[] = [];
  #faults: ReadonlyMap<string, Fault> = new Map();
  #system: TargetSystem | undefined;
  #running: Running | undefined;
  #versions: FoundationFacts["versions"];
  #boot: Promise<void> | undefined;
  #booted = false;
  #down: Promise<void> | undefined;

  constructor(
    readonly dir: string,
    readonly loaders: Loaders,
  ) {
    this.record = readRecord(dir);
    const note = (line: string) => void (this.#boot ? this.#say(line) : this.#damage.push(line));
    this.spec = { ...this.record.spec, id: basename(dir), dir, secret: readSecret(dir) };
    this.gate = new Gate(dir, note);
    this.journal = new Journal(dir, note);
    this.#differences = new Differences({
      mendMs: this.#limits().escalateMs,
      look: () => this.running.differences(),
      injections: () => this.injections(),
      tell: ({ target, proved, says }) => {
        this.journal.write({ kind: "mended", target, proved, says });
        this.tell({ kind: "trouble", from: target, says: `${proved ? "put right" : "otherwise than it was made"}: ${says}` });
      },
    });
  }

  /**
   * Starts the foundation, or attaches to what an earlier keeper left and heals from its journal.
   * Rejects if it cannot; then nothing is left of one that was never up, but its logs.
   */
  boot(): Promise<void> {
    this.#boot ??= this.#bootOnce().catch(async (error) => {
      if (this.record.state === "up") throw error;
      const logs = lastFailure();
      await rm(logs, { recursive: true, force: true });
      await rename(join(this.dir, "logs"), logs);
      await rm(this.dir, { recursive: true, force: true });
      if (!(error instanceof FlounderError)) throw error;
      throw new FlounderError(error.code, error.message, `${error.hint} (logs: ${logs})`, { cause: error });
    });
    return this.#boot;
  }
  async #bootOnce(): Promise<void> {
    const { spec, loaders, record } = this;
    const { signal } = this.#bootAbort;
    const say = (line: string) => this.#say(line);
    for (const line of this.#damage) say(line);
    this.journal.write({ kind: "keeper", pid: process.pid, says: record.state });
    this.#faults = await loaders.loadFaults();
    this.#system = await loaders.loadTarget(spec.system);
    const engine = await loaders.loadEngine(spec.engine);
    if (record.state === "starting") this.abortBoot("its start was never finished; what was left of it is cleared away");
    if (record.state === "new") writeRecord(this.dir, { ...record, state: "starting" });
    const versions = engine.versions?.().catch(() => undefined); // what nobody can tell keeps nobody from starting
    this.#running = record.state === "up" ? await engine.attach(this.dir) : await engine.start(spec, say, signal);
    if (signal.aborted) {
      await this.#running.reap();
      throw signal.reason;
    }
    this.#versions = await versions;
    this.#running.onTrouble((from, says) => this.tell({ kind: "trouble", from, says }, undefined, "platform"));
    if (record.state !== "up") writeRecord(this.dir, { ...record, state: "up" }); // a full disk keeps nobody from taking over
    for (const injection of openInjections(this.dir, say)) this.#adopt(injection);
    const healed = await this.heal(undefined, "lease");
    // The journal of a keeper that was killed may not have all of it.
    const mended = record.state === "up" ? await this.#differences.mend() : [];
    for (const { injection, target, says } of [...healed, ...mended]) this.#say(`${injection || target}: ${says}`);
    this.#untold = [...healed, ...mended].filter(({ proved }) => proved);
    this.#booted = true;
  }
  abortBoot(why: string): void {
    this.#bootAbort.abort(new FlounderError("aborted", `booting ${this.spec.id} was called off: ${why}`, "start it again"));
  }

  tell(event: Told, atUs = nowUs(), by: Event["by"] = "keeper"): void {
    for (const listener of this.onEvent) listener({ ...event, atUs, by } as Event);
  }
  #say(line: string): void {
    for (const listener of this.onSay) listener(line);
  }

  get up(): boolean {
    return this.#running !== undefined && this.#booted && !this.#down;
  }
  get ending(): boolean {
    return this.#down !== undefined;
  }
  mustBeUp(): void {
    if (this.up) return;
    throw new FlounderError("unreachable", `foundation ${this.spec.id} is ${this.#down ? "ending" : "still starting"}`, "wait until it is up");
  }
  /** What the engine started; there once boot has come so far. */
  get running(): Running {
    if (!this.#running) throw new Error("the foundation is not started");
    return this.#running;
  }
  /** The target knows how long its own timers take to undo what a fault did. */
  #limits(): Limits {
    const healingMs = this.#system?.healingMs?.(this.spec.timeFactor) ?? 0;
    return { ...usual, intactMs: usual.intactMs + healingMs, ...this.loaders.limits };
  }
  get system(): TargetSystem {
    if (!this.#system) throw new Error("the target system is not loaded");
    return this.#system;
  }
  facts(): FoundationFacts {
    return factsOf(this.spec, this.running, this.system, this.#versions);
  }
  /** What the engine sees and what the target system says; where both have a word on one target, both count. */
  async fingerprint(): Promise<Readonly<Record<string, string>>> {
    const { running, system } = this;
    const [engines, systems] = await Promise.all([running.fingerprint(), system.fingerprint(running.topology, running.call, running)]);
    const both = { ...engines, ...systems };
    for (const name of Object.keys(engines)) if (name in systems) both[name] = `${engines[name]}; ${systems[name]}`;
    return both;
  }
  /** Of the target system's own word. */
  async ailments(): Promise<readonly Ailment[]> {
    return (await this.system.ailments?.(this.running.call, this.running.topology)) ?? [];
  }
  injections(): readonly LiveInjection[] {
    return [...this.#live.values()];
  }

  /** Rejects when refused: unknown, not able, busy, frozen, stopped, not intact before. */
  async inject(injection: Injection, client = "the keeper"): Promise<void> {
    const pass = () => this.gate.passInjection(`injecting ${injection.fault} on ${injection.target}`);
    pass();
    if (this.#live.has(injection.id)) throw new FlounderError("refused", `injection ${injection.id} is live already`, `flounder heal ${injection.id}`);
    const live = this.#make(injection, pass, "before", client);
    this.#passRails(injection);
    const rival = this.injections().find(
      (other) => other.injection.target === injection.target && other.fault.needs.some((need) => live.fault.needs.includes(need)),
    );
    if (rival)
      throw new FlounderError(
        "refused",
        `${injection.target} is broken by ${rival.injection.id} already, in the same way`,
        `flounder heal ${rival.injection.id}`,
      );
    this.#live.set(injection.id, live);
    await live.inject();
  }
  /** Throws where a system that is not ours would be broken by more, or for longer, than its owner allows. */
  #passRails({ fault, target, maxS }: Injection): void {
    const { rails } = this.running;
    if (!rails) return;
    const refuse = (says: string, hint: string) => {
      throw new FlounderError("refused", `${fault} on ${target}: ${says}`, hint);
    };
    if (this.#live.size >= rails.blastRadius)
      refuse(
        `${this.#live.size} injections are live, and blastRadius is ${rails.blastRadius}`,
        "heal one first, or raise blastRadius in the config on purpose",
      );
    if (maxS > rails.longestS) refuse(`${maxS} s is longer than longestS, ${rails.longestS} s`, "ask for less, or raise longestS in the config on purpose");
  }
  #make(injection: Injection, pass: () => void, state: "before" | "injected", client = "a keeper before"): LiveInjection {
    const { running, journal } = this;
    const { fault, options } = ableTo(injection, this.#faults, running.targets());
    const target = running.target<Capability>(injection.target, fault.needs);
    const deps: InjectionDeps = {
      limits: this.#limits(),
      journal,
      pass,
      tell: (event, atUs) => this.tell(event.kind === "injecting" ? { ...event, fault: injection.fault, target: injection.target, client } : event, atUs),
      vacant: () => running.vacant(injection.target),
      mendOthers: () => this.#differences.mend(),
      remedies: () => running.remedies(injection.target),
      over: () => {
        this.#live.delete(injection.id);
        this.#over.add(injection.id);
      },
    };
    return new LiveInjection(injection, fault, options, target, deps, state);
  }
  /** Takes over what an earlier keeper journaled; one whose fault or target is gone is said, never dropped in silence. */
  #adopt(injection: Injection): void {
    try {
      this.#live.set(
        injection.id,
        this.#make(injection, () => {}, "injected"),
      );
    } catch (error) {
      this.#say(`${injection.id} cannot be healed: ${(error as Error).message}`);
    }
  }
  /** Heals one, several, or all, at the same time. Does not reject for what could not be proved: the reports say so. */
  async heal(ids: string | readonly string[] | undefined, why: HealWhy, client?: string): Promise<readonly HealReport[]> {
    const asked = ids === undefined ? undefined : [ids].flat();
    const unknown = typeof ids === "string" && !this.#live.has(ids) && !this.#over.has(ids);
    if (unknown) throw new FlounderError("usage", `there is no injection "${ids}"`, `live are: ${[...this.#live.keys()].join(", ") || "none"}`);
    const live = this.injections().filter((one) => asked === undefined || asked.includes(one.injection.id));
    const reports = await Promise.all(live.map((one) => one.heal(why, client)));
    if (asked !== undefined || why !== "asked") return reports;
    const mended = await this.#differences.mend();
    // What could not be proved may have waited for that.
    const proved = mended.some((one) => one.proved);
    const again = await Promise.all(live.map((one, i) => (proved && !reports[i]!.proved ? one.heal(why, client) : reports[i]!)));
    const untold = this.#untold;
    this.#untold = [];
    return [...untold, ...again, ...mended];
  }
  /** What is otherwise than it was made, and is no live injection's. */
  differences(): Promise<readonly Difference[]> {
    return this.#differences.seen();
  }
  /** Gives the foundation to one client alone; rejects where it is somebody else's, where nothing may be injected, or where something is. */
  claim(command: string, claimant: Claimant): void {
    this.claims.refuseOthers(command, claimant);
    this.gate.passInjection(command);
    const [live] = this.injections();
    if (live)
      throw new FlounderError(
        "refused",
        `${command} is refused: ${live.injection.fault} is injected on ${live.injection.target} already`,
        `wait until it is healed, or: flounder heal --foundation ${this.spec.id}`,
      );
    this.claims.give(command, claimant);
  }
  /** Tells whoever has the foundation what somebody else does to it, so that it is not taken for a deed of the scenario. `deed`: "/table/flush was sent to router-1". */
  meddles(deed: string, claimant: Claimant): void {
    if (this.claims.isNewsOf(deed, claimant)) this.tell({ kind: "foreign", says: `${deed} by ${claimant.name}, not by the plan` }, undefined, "person");
  }
  async stop(reason: string): Promise<void> {
    this.gate.stop(reason);
    this.journal.write({ kind: "stop", reason });
    await this.heal(undefined, "stop");
  }

  /** Heals all, ends every process, removes the folder. Rejects if something was left; it can be asked again. */
  down(): Promise<void> {
    this.#down ??= this.#end().catch((error) => {
      this.#down = undefined;
      throw error;
    });
    return this.#down;
  }
  async #end(): Promise<void> {
    this.abortBoot("down was asked for");
    await this.boot().catch(() => {});
    // What cannot be proved healed is ended all the same: nothing of it survives the reaping.
    await within(60_000, "healing", this.heal(undefined, "stop")).catch((error: Error) => this.#say(error.message));
    if (this.#running) await this.#running.reap();
    else for (const name of this.loaders.engines()) await (await this.loaders.loadEngine(name)).clear(this.spec.id, this.dir);
    await rm(this.dir, { recursive: true, force: true });
  }
}
