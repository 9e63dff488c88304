/** The Health Manager at work: feeds the view, decides whether it may act, and asks the Cloud Controllers. All times in ms since the epoch. */
import { log } from "../base/log.js";
import { analyse } from "./analysis.js";
import type { DesiredSource, DesiredState } from "./desired.js";
import { Freshness } from "./freshness.js";
import type { Command, ExitedMessage, Findings, HeartbeatMessage } from "./messages.js";
import { StartQueue } from "./start-queue.js";
import { isLive, type Rules, View } from "./view.js";

export interface ManagerSettings extends Rules {
  readonly dbScan: number;
}

/** After a failure the database is asked again so soon, then at doubling intervals up to the usual one. */
const firstRetryMs = 250;

export class Manager {
  readonly view: View;
  readonly #freshness: Freshness;
  readonly #queue = new StartQueue((command) => this.#send(command));
  #lostLuns: readonly string[] = [];
  #scannedMs: number | undefined;
  #scanFailed = false;
  #analysing = false;
  #mood = "";

  constructor(
    readonly settings: ManagerSettings,
    readonly source: DesiredSource,
    readonly publish: (subject: string, object: object) => void,
  ) {
    this.view = new View(settings, Date.now());
    this.#freshness = new Freshness({ actualMs: settings.dropletLost, desiredMs: 2 * settings.dbScan });
  }

  heartbeat(message: HeartbeatMessage): void {
    const now = Date.now();
    this.#freshness.heard(now);
    this.#act(this.view.heartbeat(message, now));
  }
  /** As in 2011 the row is not read again before a restart after an exit. */
  exited(message: ExitedMessage): void {
    this.#act(this.view.exited(message, Date.now()));
  }
  busLost(): void {
    this.#freshness.deafened();
  }

  /** One scan. When the database is away the last desired state is kept (2011's timer ended in an exception: the same). */
  async scan(): Promise<void> {
    const state = await this.#read(() => this.source.all());
    if (state) this.view.desire(state.apps);
  }
  async droplet(droplet: string): Promise<void> {
    const state = await this.#read(() => this.source.some([droplet]));
    if (state) this.view.desireOne(droplet, state.apps[0]);
  }

  async #read(read: () => Promise<DesiredState>): Promise<DesiredState | undefined> {
    try {
      const state = await read();
      this.#lostLuns = state.lostLuns;
      this.#scannedMs = Date.now();
      this.#freshness.read(this.#scannedMs);
      if (this.#scanFailed) this.#alert("the CCDB answers again");
      this.#scanFailed = false;
      return state;
    } catch (error) {
      if (!this.#scanFailed) this.#alert(`the CCDB does not answer: ${(error as Error).message}`);
      this.#scanFailed = true;
      return undefined;
    }
  }

  /** Scans for ever. */
  async keepScanning(sleep: (ms: number) => Promise<unknown>): Promise<never> {
    for (let waitMs = firstRetryMs; ; ) {
      await this.scan();
      waitMs = this.#scanFailed ? Math.min(waitMs, this.settings.dbScan) : this.settings.dbScan;
      await sleep(waitMs);
      waitMs = this.#scanFailed ? waitMs * 2 : firstRetryMs;
    }
  }

  /** What keeps us from acting. Empty if nothing does. */
  #hindrance(nowMs: number): string {
    // 2011 read the database before it listened; acting on nothing at all was not possible there either.
    if (this.#scannedMs === undefined) return "waiting: the desired state was never read";
    if (this.#lostLuns.length > 0) return `read-only: storage is declared lost (${this.#lostLuns.join(", ")})`;
    const stale = this.settings.guard ? this.#freshness.staleness(nowMs) : undefined;
    return stale === undefined ? "" : `holding back: ${stale}`;
  }
  #mayAct(): boolean {
    const mood = this.#hindrance(Date.now());
    if (mood !== this.#mood) this.#alert(mood || "acting");
    this.#mood = mood;
    if (mood) this.#queue.clear();
    return mood === "";
  }

  /** Each dropletsAnalysis, from dropletLost after boot on. */
  async analyse(): Promise<void> {
    for (const says of this.view.age(Date.now())) this.#alert(says);
    if (!this.#mayAct() || this.#analysing || Date.now() - this.view.startedMs < this.settings.dropletLost) return;
    const commands = analyse(this.view, Date.now());
    if (commands.length === 0) return;
    this.#analysing = true;
    try {
      // As in 2011: before acting the rows are read again, and only what did not change is acted upon. Without the database nothing is.
      const before = new Map([...this.view.apps].map(([droplet, { desired }]) => [droplet, desired]));
      const droplets = [...new Set(commands.map((command) => command.droplet))];
      const state = await this.#read(() => this.source.some(droplets));
      if (!state) return;
      const now = new Map(state.apps.map((app) => [app.droplet, app]));
      const unchanged = (droplet: string) => JSON.stringify(now.get(droplet)) === JSON.stringify(before.get(droplet));
      for (const droplet of droplets) this.view.desireOne(droplet, now.get(droplet));
      this.#act({ commands: commands.filter((command) => unchanged(command.droplet)), alerts: [] });
    } finally {
      this.#analysing = false;
    }
  }

  #act({ commands, alerts }: Findings): void {
    for (const says of alerts) this.#alert(says);
    if (commands.length === 0 || !this.#mayAct()) return;
    for (const command of commands) {
      if (command.op === "START") this.#queue.add(command);
      else this.#send(command);
    }
  }

  #send(found: Command): void {
    if (!this.#mayAct()) return;
    // It may have been heard while the rows were read or the queue was long: after a pause of ours, timers run before what waits in the socket.
    const command = found.op === "STOP" ? found : { ...found, indices: found.indices.filter((index) => this.view.isDown(found, index)) };
    if (command.op === "START" && command.indices.length === 0) return;
    this.view.asked(command, Date.now());
    const { why, lastUpdated, ...wish } = command;
    this.publish("cloudcontrollers.hm.requests", { ...wish, last_updated: lastUpdated });
    log.info({ ...wish, why }, "asked");
  }

  #alert(says: string): void {
    log.warn(says);
    this.publish("hm.alerts", { at: new Date().toISOString(), says });
  }

  /** What an operator sees. */
  report(): object {
    const now = Date.now();
    const apps = [...this.view.apps].map(([droplet, { desired, versions }]) => [
      droplet,
      {
        name: desired.name,
        state: desired.state,
        version: desired.version,
        instances: desired.instances,
        running: [...(versions.get(desired.version)?.values() ?? [])].filter((index) => index.state === "RUNNING").length,
        indices: [...(versions.get(desired.version) ?? [])].map(([index, { state, instance, sinceMs, crashes }]) => ({
          index,
          state,
          instance,
          sinceMs,
          crashes,
        })),
        extra: [...versions]
          .filter(([version]) => version !== desired.version)
          .reduce((sum, [, indices]) => sum + [...indices.values()].filter(isLive).length, 0),
      },
    ]);
    const deas = [...this.view.deas].map(([dea, heardMs]) => [dea, Number.isFinite(heardMs) ? { heardMsAgo: now - heardMs } : { lost: true }]);
    return {
      hindrance: this.#hindrance(now),
      lostLuns: this.#lostLuns,
      desiredMsAgo: this.#scannedMs === undefined ? null : now - this.#scannedMs,
      queued: this.#queue.length,
      deas: Object.fromEntries(deas),
      apps: Object.fromEntries(apps),
    };
  }
}
