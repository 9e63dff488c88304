/** One component's life as a container. Its supervisor restarts the agent; the keeper restarts the container, holds either dead, pauses both, and tells the proxies. */
import { readFileSync } from "node:fs";
import { nowUs, sleep, until, within } from "../../clock.js";
import type { ComponentFacts } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { lastWords } from "../last-words.js";
import { withDescendants } from "../process-table.js";
import { type ComponentLife, reason } from "../running.js";
import type { ContainerFacts, Docker } from "./docker/docker.js";
import type { LifeFolder } from "./life-file.js";
import type { SavedContainer } from "./saved.js";

const readyMs = 60_000;
const goneMs = 10_000;
const pollMs = (waitedMs: number) => Math.min(200, 20 + waitedMs / 20);
/** Waits between restarts of the container, as its supervisor waits between those of its agent. */
const backOffMs = { first: 100, last: 5000, forgottenAfter: 10_000 };
/** What stands beside the component's own processes in its container. */
const besides = /^(\S*\/)?(tini|sshfs|fusermount3|setsid|sleep|ps)( |$)|supervise|mount-prober\.js/;

export interface ContainerLife {
  readonly name: string;
  readonly role: string;
  readonly supervised: boolean;
  readonly ports: Readonly<Record<string, number>>;
  /** All that its start depends on. */
  readonly service: unknown;
  readonly log: string;
  readonly docker: Docker;
  readonly lives: LifeFolder;
  /** The address by which it is dialled, past every proxy. */
  host(container: ContainerFacts | undefined): string;
  ready(deadlineMs: number): Promise<boolean>;
  /** It listens, or does not any more; node: nothing of it lives. */
  upstream(up: boolean, node: boolean): Promise<void>;
  save(): void;
  trouble(says: string): void;
}
export class SupervisedContainer implements ComponentLife {
  #container: ContainerFacts | undefined;
  #held = false;
  #paused = false;
  #ready = false;
  #restarts = 0;
  #starts = 0;
  #ending = false;
  #bringing: Promise<void> | undefined;
  #startedUs = 0;
  #waitMs = 0;

  constructor(readonly life: ContainerLife) {}

  get container(): ContainerFacts {
    const found = this.#container;
    if (!found) throw new FlounderError("platform", `${this.life.name} has no container`, "flounder down ends what is left of the foundation");
    return found;
  }
  get host(): string {
    return this.life.host(this.#container);
  }
  get lives(): boolean {
    return this.#container?.running === true && this.life.lives.read(this.life.name).pid !== undefined;
  }
  facts(): ComponentFacts {
    const { name, role, ports, log } = this.life;
    const state = this.#held ? "held" : this.#paused ? "paused" : this.#ready ? "ready" : this.#bringing ? "starting" : "dead";
    return { name, role, state, pid: this.#container?.pid || null, host: this.host, ports, restarts: this.#restarts, log };
  }
  startedAs(): unknown {
    return this.life.service;
  }
  saved(): SavedContainer {
    return { held: this.#held, paused: this.#paused, restarts: this.#restarts };
  }
  generation(): string {
    return String(this.life.lives.read(this.life.name).starts);
  }
  async population(): Promise<number> {
    const now = await this.#look();
    return now.running ? (await this.life.docker.processes(now.id)).filter((command) => !besides.test(command)).length : 0;
  }
  async differs(): Promise<string | undefined> {
    const { name, lives, supervised } = this.life;
    if (this.#held || (supervised && lives.isHeld(name))) return "held dead";
    const state = (await this.life.docker.states()).get(this.container.id);
    if (this.#paused || state === "paused") return "paused";
    return state === "running" && (await this.#isStopped()) ? "stopped (SIGSTOP)" : undefined;
  }
  /** Of the first process's session, and of those that its supervisor started: the agent with its helpers, and what mounts. Apps lead sessions of their own, below the agent or as orphans. */
  async #isStopped(): Promise<boolean> {
    const first = this.here() ?? (await this.#look()).pid;
    const all = this.here() === undefined ? await this.life.docker.standing(this.container.id) : withDescendants(first);
    const session = all.find(({ pid }) => pid === first)?.session;
    const supervisors = all.filter((one) => one.parent === first && one.session === session).map(({ pid }) => pid);
    const own = new Set([session, ...all.filter(({ parent }) => supervisors.includes(parent)).map((one) => one.session)]);
    return all.some((one) => one.state === "T" && own.has(one.session));
  }
  /** Its first process, if Docker's processes are this machine's, too, and ours to look into: then nothing need be run in a container to see how they are. */
  here(): number | undefined {
    const { pid, component } = this.container;
    try {
      const own = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      return own.includes(`FLOUNDER_COMPONENT=${component}`) && own.includes(`FLOUNDER_FOUNDATION=${this.life.docker.foundation}`) ? pid : undefined;
    } catch {
      return undefined;
    }
  }
  async putRight(): Promise<void> {
    const { name, lives, docker } = this.life;
    if (this.#paused) await this.resume();
    else if (this.container.running) {
      await docker.unpause(this.container.id);
      const { pid } = lives.read(name);
      // 1: what nobody matched is no failure.
      await docker.command(this.container.id, ["pkill", "-CONT", "-s", ["1", ...(pid === undefined ? [] : [pid])].join()]);
    }
    if (this.#held || lives.isHeld(name) || this.lives) await this.start();
  }
  async responds(): Promise<boolean> {
    return this.#container?.running === true && (await this.life.ready(1000));
  }

  /** After compose brought it up: waits until it answers. */
  async booted(container: ContainerFacts): Promise<void> {
    this.#container = container;
    await this.#bring(() => this.#untilReady());
  }
  /** Takes over what a former keeper started. */
  async attach(container: ContainerFacts, saved: SavedContainer | undefined): Promise<void> {
    const { lives, name } = this.life;
    this.#container = container;
    this.#held = saved?.held ?? false;
    this.#restarts = saved?.restarts ?? 0;
    this.#paused = container.paused || (saved?.paused === true && container.running);
    this.#starts = lives.read(name).starts;
    if (!container.running) lives.ended(name);
    if (this.#held) return;
    if (this.#paused) this.#ready = true;
    else if (!container.running) await this.start();
    else if (await this.life.ready(1000)) this.#ready = true;
    // Whoever does not answer must not keep the others from being healed.
    else void this.#bring(() => this.#untilReady()).catch((error: unknown) => this.life.trouble(`does not become ready: ${reason(error)}`));
  }

  async start(): Promise<void> {
    const { name, log } = this.life;
    this.#hold(false);
    if (this.#ready && this.lives) return;
    await within(
      readyMs,
      `${name} to become ready`,
      this.#bring(() => this.#run()),
    ).catch((error: unknown) => {
      if (error instanceof FlounderError) throw error;
      throw new FlounderError("platform", `${reason(error)}; its log ends with: ${lastWords(log)}`, `read ${log}`, { cause: error });
    });
  }
  async kill(scope: "agent" | "node"): Promise<void> {
    const was = this.#held;
    this.#hold(true);
    try {
      await this.#kill(scope);
    } catch (error) {
      // Docker could not be asked: it lives, and whoever heals it later has no reason to start it.
      this.#hold(was);
      if (this.#ready) await this.life.upstream(true, true).catch(() => {});
      throw error;
    }
    this.#ready = false;
    await this.life.upstream(false, scope === "node");
  }
  #hold(held: boolean): void {
    this.#held = held;
    this.life.lives.hold(this.life.name, held);
    this.life.save();
  }
  async #kill(scope: "agent" | "node"): Promise<void> {
    const { name, lives, docker } = this.life;
    const now = await this.#look();
    if (scope === "node") {
      // First: a proxy that dials an address where nobody is any more cannot be disabled for as long as that takes, which is seconds.
      await this.life.upstream(false, true).catch(() => {}); // said when it is tried again
      await docker.kill(now.id);
      await until(`the container of ${name} to be gone`, async () => !(await this.#look()).running, goneMs, 20);
      lives.ended(name);
    } else if (now.running) {
      const paused = this.#paused || now.paused;
      if (paused) await this.#goOn();
      const { pid } = lives.read(name);
      // Its session: helpers end with it, apps have sessions of their own and live on.
      if (pid !== undefined) await docker.command(now.id, ["kill", "-KILL", "--", `-${pid}`]);
      await until(`${name} to be gone`, () => lives.read(name).pid === undefined, goneMs, 10);
      if (paused) await this.pause();
    }
  }
  async pause(): Promise<void> {
    this.#paused = true;
    this.life.save();
    if (!(await this.life.docker.pause(this.container.id))) await this.#signalAll("STOP");
  }
  async resume(): Promise<void> {
    await this.#goOn();
    this.#paused = false;
    this.life.save();
  }
  async #goOn(): Promise<void> {
    await this.life.docker.unpause(this.container.id);
    // Whether it was frozen or stopped, and by whom.
    if ((await this.#look()).running) await this.#signalAll("CONT");
  }
  /** To all of its processes but the first, which only waits for them. */
  async #signalAll(signal: "STOP" | "CONT"): Promise<void> {
    const { code, text } = await this.life.docker.command(this.container.id, ["kill", `-${signal}`, "--", "-1"]);
    if (code !== 0) throw new FlounderError("platform", `${this.life.name} cannot be sent SIG${signal}: ${text}`, `flounder logs ${this.life.name}`);
  }
  async restart(): Promise<void> {
    await this.kill("node");
    await this.resume();
    await this.start();
  }
  /** To the agent alone; nothing if there is none. */
  async signal(name: NodeJS.Signals): Promise<void> {
    const { pid } = this.life.lives.read(this.life.name);
    if (pid !== undefined) await this.life.docker.command(this.container.id, ["kill", `-${name.replace("SIG", "")}`, String(pid)]);
  }
  end(): void {
    this.#ending = true;
  }

  /** Its supervisor has written something down. */
  changed(): void {
    const { name, lives } = this.life;
    const { pid, starts, status } = lives.read(name);
    if (pid !== undefined) {
      if (starts === this.#starts) return;
      this.#starts = starts;
      if (this.#ready || this.#bringing || this.#stopped()) return;
      this.#restarts++;
      void this.#bring(() => this.#untilReady()).then(
        () => this.life.trouble("restarted"),
        (error: unknown) => this.life.trouble(`does not become ready: ${reason(error)}`),
      );
    } else this.#fell(`died: exited with status ${status}`, false);
  }
  /** Docker says that its container was started or has ended. */
  async moved(what: "start" | "die"): Promise<void> {
    const now = await this.#look();
    if (what === "start" || now.running) return;
    const { name, lives, supervised } = this.life;
    lives.ended(name);
    this.#fell(`its container died: status ${now.exitCode}`, true);
    if (!supervised || this.#stopped() || this.#bringing) return;
    this.#restarts++;
    await this.#bring(async () => {
      this.#waitMs =
        nowUs() - this.#startedUs > backOffMs.forgottenAfter * 1000 ? backOffMs.first : Math.min(Math.max(this.#waitMs * 2, backOffMs.first), backOffMs.last);
      await sleep(this.#waitMs);
      await this.#run();
    }).catch((error: unknown) => this.life.trouble(`gave up: ${reason(error)}`));
  }

  #fell(says: string, node: boolean): void {
    const was = this.#ready;
    this.#ready = false;
    this.life.save();
    if (this.#stopped()) return;
    if (was) this.life.trouble(says);
    if (was || node)
      void this.life.upstream(false, node).catch((error: unknown) => this.life.trouble(`the proxies before it could not be disabled: ${reason(error)}`));
  }
  #stopped(): boolean {
    return this.#held || this.#ending;
  }
  async #look(): Promise<ContainerFacts> {
    this.#container = await this.life.docker.inspect(this.container.id);
    return this.#container;
  }
  #bring(how: () => Promise<void>): Promise<void> {
    this.#bringing ??= how().finally(() => {
      this.#bringing = undefined;
    });
    return this.#bringing;
  }
  async #run(): Promise<void> {
    if (this.#stopped()) return;
    await this.life.docker.start(this.container.id);
    await this.#look();
    await this.#untilReady();
  }
  async #untilReady(): Promise<void> {
    this.#startedUs = nowUs();
    const { name, log } = this.life;
    while (!(await this.life.ready(500))) {
      if (this.#stopped()) return;
      // It was killed in the meantime, and asked for again: nobody else starts it.
      if (this.#container?.running === false && !(await this.#look()).running) await this.life.docker.start(this.container.id);
      const waitedMs = (nowUs() - this.#startedUs) / 1000;
      if (waitedMs > readyMs)
        throw new FlounderError("platform", `${name} did not become ready within ${readyMs / 1000} s; its log ends with: ${lastWords(log)}`, `read ${log}`);
      await sleep(pollMs(waitedMs));
    }
    this.#starts = this.life.lives.read(name).starts;
    await this.life.upstream(true, true);
    if (!this.#stopped()) this.#ready = true;
  }
}
