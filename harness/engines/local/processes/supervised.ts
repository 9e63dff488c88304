/** One component's life: started, watched, restarted, held dead, paused. */
import { nowUs, sleep, until, within } from "../../../clock.js";
import type { ComponentFacts } from "../../../core.js";
import { FlounderError } from "../../../errors.js";
import { lastWords } from "../../last-words.js";
import { type Found, familyOf, isAlive, type Living, type ProcessTable, signal } from "../../process-table.js";
import type { ComponentLife } from "../../running.js";
import { host } from "../hosts.js";
import type { SavedComponent } from "../saved.js";
import { adopt, type Launch, launch, runToEnd } from "./daemon.js";

const prepareMs = 60_000;
const readyMs = 60_000;
/** Readiness is asked for more seldom the longer it takes: many that wait must not slow down those they wait for. */
const pollMs = (waitedMs: number) => Math.min(150, 20 + waitedMs / 20);
/** Waits between restarts double up to the last one; a life this long makes the next one the first again. */
const backOffMs = { first: 100, last: 5000, forgottenAfter: 10_000 };
const killMs = 10_000;

export interface Life {
  readonly name: string;
  readonly role: string;
  readonly supervised: boolean;
  readonly ports: Readonly<Record<string, number>>;
  readonly main: Launch;
  readonly prepare: Launch | undefined;
  readonly table: ProcessTable;
  /** Resolves true if it answers on its own port, past every proxy. */
  ready(deadlineMs: number): Promise<boolean>;
  /** Before each start: its mounts. */
  before(): Promise<void>;
  /** Its node is about to be killed: what dies with it is not to be brought back. */
  nodeDies(): void;
  /** It listens, or does not any more; node: nothing of it lives. */
  upstream(up: boolean, node: boolean): Promise<void>;
  save(): void;
  trouble(says: string): void;
}

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

export class SupervisedProcess implements ComponentLife {
  #living: Living | undefined;
  #generation = "never started";
  /** Every pid that its main process has had: what a killed one left in the kernel carries that number. */
  readonly pids = new Set<number>();
  #held = false;
  #paused = false;
  #ready = false;
  #restarts = 0;
  #ending = false;
  #bringing: Promise<void> | undefined;
  #startedUs = 0;
  #waitMs = 0;

  constructor(readonly life: Life) {}

  facts(): ComponentFacts {
    const { name, role, ports, main } = this.life;
    const state = this.#held ? "held" : this.#paused ? "paused" : this.#ready ? "ready" : this.#bringing ? "starting" : "dead";
    return { name, role, host, state, pid: this.#living?.pid ?? null, ports, restarts: this.#restarts, log: main.log };
  }
  startedAs(): unknown {
    const { argv, env } = this.life.main;
    return [argv, Object.entries(env).sort()];
  }
  saved(): SavedComponent {
    return { ...(this.#living ? { living: this.#living } : {}), held: this.#held, paused: this.#paused, restarts: this.#restarts };
  }
  get isHeld(): boolean {
    return this.#held;
  }
  get lives(): boolean {
    return this.#living !== undefined && isAlive(this.#living);
  }
  generation(): string {
    return this.#generation;
  }
  population(): number {
    return this.life.table.of(this.life.name).length;
  }
  async responds(): Promise<boolean> {
    return this.#living !== undefined && (await this.life.ready(1000));
  }

  /** Takes over what a former keeper started, if it lives; else starts it, unless it is held. */
  async attach(saved: SavedComponent | undefined): Promise<void> {
    this.#held = saved?.held ?? false;
    this.#restarts = saved?.restarts ?? 0;
    if (saved?.living && isAlive(saved.living)) {
      const { living } = saved;
      this.#paused = saved.paused;
      this.#took(living);
      adopt(living, (says) => this.#exited(living, says));
      this.#ready = this.#paused || (await this.life.ready(1000));
      if (!this.#ready) void this.#bring(true).catch(() => undefined);
    } else if (!this.#held) await this.start();
  }

  /** Releases the hold, starts it if it does not run; resolves when it is ready. */
  async start(): Promise<void> {
    this.#held = false;
    this.life.save();
    if (this.#ready && this.lives) return;
    await within(readyMs, `${this.life.name} to become ready`, this.#bring(false)).catch((error: unknown) => {
      if (error instanceof FlounderError) throw error;
      throw new FlounderError("platform", `${reason(error)}; its log ends with: ${lastWords(this.life.main.log)}`, `read ${this.life.main.log}`, {
        cause: error,
      });
    });
  }

  /** Kills it and holds it dead. */
  async kill(scope: "agent" | "node"): Promise<void> {
    this.#held = true;
    this.life.save();
    const { name, table } = this.life;
    if (scope === "node") {
      this.life.nodeDies();
      const left = () => table.of(name, true);
      await until(`every process of ${name} to be gone`, () => left().filter((one) => signal(one, "SIGKILL")).length === 0, killMs, 10);
    } else await until(`${name} to be gone`, () => !this.#living || !signal(this.#living, "SIGKILL") || !isAlive(this.#living), killMs, 10);
    this.#gone();
    await this.life.upstream(false, scope === "node");
  }

  async pause(): Promise<void> {
    this.#paused = true;
    this.life.save();
    const { name, table } = this.life;
    // Again until all stand: one that was running may have started another.
    let rest: readonly Found[] = [];
    const stands = () => {
      rest = table.of(name).filter((one) => one.state !== "T" && signal(one, "SIGSTOP"));
      return rest.length === 0;
    };
    await until(`every process of ${name} to stop`, stands, killMs, 10).catch((error: Error) => {
      throw new Error(`${error.message}; left: ${rest.map(({ pid, state }) => `${pid}, state ${state}`).join("; ")}`);
    });
  }
  async resume(): Promise<void> {
    const { name, table } = this.life;
    await until(`every process of ${name} to go on`, () => table.of(name).every((one) => one.state !== "T" || !signal(one, "SIGCONT")), killMs, 10);
    this.#paused = false;
    this.life.save();
  }

  #stopped = () => (this.#living ? familyOf(this.#living) : []).filter(({ state }) => state === "T");
  differs(): string | undefined {
    return this.#held ? "held dead" : this.#paused ? "paused" : this.#stopped().length > 0 ? "stopped (SIGSTOP)" : undefined;
  }
  async putRight(): Promise<void> {
    // A pause of ours was everybody's; what a stranger stopped is let go on as far as it is the component's own.
    if (this.#paused) await this.resume();
    for (const one of this.#stopped()) signal(one, "SIGCONT");
    if (this.#held || this.lives) await this.start();
  }

  /** To the main process alone; nothing if there is none. */
  signal(name: NodeJS.Signals): void {
    if (this.#living) signal(this.#living, name);
  }

  /** Kills the main process and lets it be restarted: the last step of undoing. */
  async restart(): Promise<void> {
    await this.kill("node");
    await this.resume();
    await this.start();
  }

  /** No restarts from now on. */
  end(): void {
    this.#ending = true;
  }

  #took(living: Living): void {
    this.#living = living;
    this.pids.add(living.pid);
    this.#generation = `${living.pid}:${living.start}`;
    this.#startedUs = nowUs();
  }
  #gone(): void {
    this.#living = undefined;
    this.#ready = false;
  }
  #ends(): boolean {
    return this.#held || this.#ending;
  }

  #bring(again: boolean): Promise<void> {
    this.#bringing ??= this.#bringUp(again).finally(() => {
      this.#bringing = undefined;
    });
    return this.#bringing;
  }
  async #bringUp(again: boolean): Promise<void> {
    for (let restart = again; ; restart = true) {
      if (restart) await sleep(this.#backOff());
      if (this.#ends()) return;
      try {
        await this.#once();
        if (restart && this.#ready) this.life.trouble(`restarted, ready after ${Math.round((nowUs() - this.#startedUs) / 1000)} ms`);
        return;
      } catch (error) {
        if (this.#ends()) return;
        if (!this.life.supervised) throw error;
        this.life.trouble(`could not be started: ${reason(error)}`);
      }
    }
  }
  #backOff(): number {
    this.#waitMs =
      nowUs() - this.#startedUs > backOffMs.forgottenAfter * 1000 ? backOffMs.first : Math.min(Math.max(this.#waitMs * 2, backOffMs.first), backOffMs.last);
    return this.#waitMs;
  }
  /** One start, until it is ready. */
  async #once(): Promise<void> {
    const { life } = this;
    if (!this.lives) {
      await life.before();
      if (life.prepare) await runToEnd(life.prepare, prepareMs);
      if (this.#ends()) return;
      const living = await launch(life.main, (says) => this.#exited(living, says));
      this.#took(living);
      life.save();
      if (this.#held) signal(living, "SIGKILL");
    }
    while (!(await life.ready(500))) {
      if (this.#ends()) return;
      if (!this.#living) throw new Error(`it ended before it was ready; its log ends with: ${lastWords(life.main.log)}`);
      await sleep(pollMs((nowUs() - this.#startedUs) / 1000));
    }
    await life.upstream(true, true);
    if (!this.#living || this.#ends()) return;
    this.#ready = true;
  }

  #exited(living: Living, says: string): void {
    if (this.#living?.pid !== living.pid || this.#living.start !== living.start) return;
    const wasReady = this.#ready;
    this.#gone();
    this.life.save();
    if (this.#ends()) return;
    if (wasReady) this.life.trouble(`died: ${says}`);
    void this.life.upstream(false, false).catch((error: unknown) => this.life.trouble(`the proxies before it could not be disabled: ${reason(error)}`));
    if (!this.life.supervised || this.#bringing) return;
    this.#restarts++;
    void this.#bring(true).catch((error: unknown) => this.life.trouble(`gave up: ${reason(error)}`));
  }
}
