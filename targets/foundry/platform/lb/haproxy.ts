/**
 * HAProxy as the balancer: one process below this one, started and ended with it. Doors are opened and closed by starting and ending it; routers come into the
 * pool and go over its socket, which ends no connection. When it dies by itself, this process ends as well: a supervisor starts both again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Config } from "../base/config.js";
import type { KeptConfig } from "../base/kept-config.js";
import { log } from "../base/log.js";
import { writeAtomically } from "../base/saved.js";
import { until } from "../base/until.js";
import type { Balancer } from "./balancer.js";
import { backend, haproxyConfig } from "./haproxy-config.js";
import { logLines } from "./haproxy-log.js";
import { type ServerStat, serversOf, tell } from "./haproxy-socket.js";
import type { Settings } from "./settings.js";

const startMs = 5000;
/** Until each router was checked once. */
const checkedMs = 3000;
const endMs = 500;

export class Haproxy implements Balancer {
  readonly #socket: string;
  #child: ChildProcess | undefined;
  /** The doors it was started with. */
  #open = "";
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly own: Config,
    private readonly kept: KeptConfig<Settings>,
  ) {
    this.#socket = join(own.dataDir, "haproxy.sock");
  }

  apply(): Promise<void> {
    const done = this.#last.then(() => this.#be(this.kept.running));
    this.#last = done.catch(() => {});
    return done;
  }

  async backends() {
    const { pool } = this.kept.running;
    if (!this.#child || pool.length === 0) return pool.map((router) => ({ router, healthy: false }));
    const servers = await this.#servers();
    return pool.map((router) => ({ router, healthy: servers.some(({ name, status }) => name === router && status.startsWith("UP")) }));
  }

  async #be({ listeners, pool }: Settings): Promise<void> {
    const file = join(this.own.dataDir, "haproxy.cfg");
    const routers = this.own.links();
    const ports = listeners.map((name) => this.own.port(name));
    const { bindHost, timers } = this.own;
    writeAtomically(file, haproxyConfig({ ports, bindHost, routers, pool, checkEveryMs: timers.healthProbe, socket: this.#socket }));
    const open = ports.join();
    if (open !== this.#open) await this.#end();
    if (ports.length === 0) return;
    if (this.#child)
      for (const name of Object.keys(routers)) {
        const said = await tell(this.#socket, `set server ${backend}/${name} state ${pool.includes(name) ? "ready" : "maint"}`);
        if (said.trim() !== "") throw new Error(`haproxy: ${said.trim()}`);
      }
    else await this.#start(file);
    this.#open = open;
    await until(
      "every router to be checked",
      async () => (await this.#servers()).every((one) => one.checked || one.status.startsWith("MAINT")),
      checkedMs,
      20,
    ).catch((error: unknown) => log.warn({ err: error }, "checks are late"));
  }

  async #servers(): Promise<ServerStat[]> {
    return serversOf(await tell(this.#socket, "show stat"), backend);
  }

  async #start(file: string): Promise<void> {
    // The kernel ends it when this process is killed: nobody would be there to do it.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "haproxy", "-db", "-f", file], { stdio: ["ignore", "pipe", "pipe"] });
    logLines(child.stdout);
    logLines(child.stderr);
    this.#child = child;
    const died = (says: object) => {
      if (this.#child !== child) return;
      log.fatal(says, "haproxy died");
      process.exit(1);
    };
    child.once("error", (err) => died({ err })).once("close", (status, signal) => died({ status, signal }));
    await until("haproxy to take commands", async () => (await this.#servers()).length > 0 || Object.keys(this.own.links()).length === 0, startMs, 20);
  }

  /** Whoever is inside is cut off. */
  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#open = "";
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), endMs);
    await ended;
    clearTimeout(late);
  }
}
