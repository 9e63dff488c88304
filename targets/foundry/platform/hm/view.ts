/**
 * What the Health Manager believes of the foundation, and the rules by which heartbeats and exits change it. Pure: time comes in, findings go out.
 * Rules of April 2011 (cf-protocol §3.1).
 */
import type { DesiredApp } from "./desired.js";
import { type Command, type ExitedMessage, type Findings, type HeartbeatMessage, nothing, type StartCommand } from "./messages.js";

export interface Rules {
  /** ms, as in TIMERS_MS. */
  readonly dropletLost: number;
  readonly stableState: number;
  readonly restartTimeout: number;
  readonly flappingTimeout: number;
  /** hm.freshness is `guard`. */
  readonly guard: boolean;
}

export interface IndexView {
  state: "DOWN" | "STARTING" | "RUNNING" | "FLAPPING";
  instance?: string;
  /** ms: last heartbeat, or since when it is down. */
  sinceMs: number;
  /** When a START was last asked for. */
  lastActionMs: number;
  crashes: number;
  lastCrashMs: number;
}
export interface AppView {
  desired: DesiredApp;
  /** By version, then by index: after a restart the instances of the version before are still about. */
  readonly versions: Map<string, Map<number, IndexView>>;
  /** Crashed instances → when. */
  readonly crashed: Map<string, number>;
}

/** More crashes than this, each soon after the one before: FLAPPING. */
const flappingDeath = 3;
const never = Number.NEGATIVE_INFINITY;

export const isLive = (index: IndexView) => index.state === "RUNNING" || index.state === "STARTING";

export class View {
  readonly apps = new Map<string, AppView>();
  /** DEA → when it was last heard (ms). */
  readonly deas = new Map<string, number>();

  constructor(
    readonly rules: Rules,
    readonly startedMs: number,
  ) {}

  /** A whole scan: apps that are missing from it are forgotten, also when the database is empty by mistake. */
  desire(apps: readonly DesiredApp[]): void {
    const named = new Set(apps.map((app) => app.droplet));
    for (const droplet of this.apps.keys()) if (!named.has(droplet)) this.apps.delete(droplet);
    for (const app of apps) this.desireOne(app.droplet, app);
  }
  desireOne(droplet: string, app: DesiredApp | undefined): void {
    if (!app) {
      this.apps.delete(droplet);
      return;
    }
    const known = this.apps.get(droplet);
    if (known) known.desired = app;
    else this.apps.set(droplet, { desired: app, versions: new Map(), crashed: new Map() });
  }

  index(app: AppView, version: string, index: number, nowMs: number): IndexView {
    let indices = app.versions.get(version);
    if (!indices) {
      indices = new Map();
      app.versions.set(version, indices);
    }
    let entry = indices.get(index);
    if (!entry) {
      entry = { state: "DOWN", sinceMs: nowMs, lastActionMs: never, crashes: 0, lastCrashMs: never };
      indices.set(index, entry);
    }
    return entry;
  }

  heartbeat({ dea, droplets }: HeartbeatMessage, nowMs: number): Findings {
    const commands: Command[] = [];
    const lastHeardMs = this.deas.get(dea);
    this.deas.set(dea, nowMs);
    const alerts = lastHeardMs === never ? [`${dea} is heard again`] : [];
    for (const { droplet, version, instance, index, state, state_timestamp } of droplets) {
      const app = this.apps.get(droplet);
      if (!app) {
        // 120 s each in 2011; no timer of the table, but twice stableState there.
        const oldMs = 2 * this.rules.stableState;
        if (nowMs - this.startedMs > oldMs && nowMs - state_timestamp * 1000 > oldMs)
          commands.push({ op: "STOP", droplet, lastUpdated: 0, instances: [instance], why: "its app is unknown" });
        continue;
      }
      if (state === "CRASHED") app.crashed.set(instance, state_timestamp * 1000);
      if (state !== "RUNNING" && state !== "STARTING") continue;
      const entry = this.index(app, version, index, nowMs);
      if (entry.state === "RUNNING" && entry.instance !== instance) {
        commands.push({
          op: "STOP",
          droplet,
          lastUpdated: app.desired.lastUpdated,
          instances: [instance],
          why: `index ${index} runs already as ${entry.instance}`,
        });
        continue;
      }
      Object.assign(entry, { state, instance, sinceMs: nowMs });
    }
    return { commands, alerts };
  }

  exited({ droplet, version, instance, index, reason }: ExitedMessage, nowMs: number): Findings {
    const app = this.apps.get(droplet);
    if (!app) return nothing;
    const entry = app.versions.get(version)?.get(index);
    if (entry?.instance !== undefined && entry.instance !== instance) return nothing; // a duplicate ended; the one we count lives
    const { desired } = app;
    if (desired.state !== "STARTED" || version !== desired.version || index >= desired.instances) {
      app.versions.get(version)?.delete(index);
      return nothing;
    }
    const down = this.index(app, version, index, nowMs);
    const alerts: string[] = [];
    delete down.instance;
    down.sinceMs = nowMs;
    if (down.state !== "FLAPPING") down.state = "DOWN";
    if (reason === "CRASHED") {
      app.crashed.set(instance, nowMs);
      if (nowMs - down.lastCrashMs > this.rules.flappingTimeout) down.crashes = 0;
      down.crashes++;
      down.lastCrashMs = nowMs;
      if (down.crashes > flappingDeath && down.state !== "FLAPPING") {
        down.state = "FLAPPING";
        // In April 2011 for good: a new version (a restart by its developer) is the only way out. Delayed restarts came in April 2012.
        alerts.push(`${desired.name}/${index} is flapping after ${down.crashes} crashes: it will not be started again`);
      }
    }
    if (down.state === "FLAPPING" || !["CRASHED", "DEA_SHUTDOWN", "DEA_EVACUATION"].includes(reason)) return { commands: [], alerts };
    const { lastUpdated } = desired;
    return { commands: [{ op: "START", droplet, version, lastUpdated, indices: [index], why: `${instance} ended: ${reason}` }], alerts };
  }

  /** Marks what was not heard for dropletLost. Crashes older than that are forgotten too. */
  age(nowMs: number): readonly string[] {
    const alerts: string[] = [];
    const lost: string[] = [];
    for (const [dea, heardMs] of this.deas)
      if (heardMs !== never && nowMs - heardMs > this.rules.dropletLost) {
        this.deas.set(dea, never);
        alerts.push(`${dea} was not heard for ${this.rules.dropletLost} ms`);
      }
    for (const { desired, versions, crashed } of this.apps.values()) {
      for (const [instance, atMs] of crashed) if (nowMs - atMs > this.rules.dropletLost) crashed.delete(instance);
      for (const [version, indices] of versions) {
        for (const [index, entry] of indices) {
          if (!isLive(entry) || nowMs - entry.sinceMs <= this.rules.dropletLost) continue;
          if (version === desired.version && index < desired.instances && desired.state === "STARTED") {
            lost.push(`${desired.name}/${index}`);
            entry.state = "DOWN";
            entry.sinceMs = nowMs;
            delete entry.instance;
          } else indices.delete(index);
        }
        if (indices.size === 0 || (version !== desired.version && ![...indices.values()].some(isLive))) versions.delete(version);
      }
    }
    if (lost.length > 0) alerts.push(`${lost.length} instance(s) without a heartbeat for ${this.rules.dropletLost} ms: ${lost.join(", ")}`);
    return alerts;
  }

  isDown({ droplet, version }: StartCommand, index: number): boolean {
    return this.apps.get(droplet)?.versions.get(version)?.get(index)?.state === "DOWN";
  }

  /** A START went out: it is not repeated before restartTimeout. */
  asked(command: Command, nowMs: number): void {
    const app = this.apps.get(command.droplet);
    if (command.op !== "START" || !app) return;
    for (const index of command.indices) this.index(app, command.version, index, nowMs).lastActionMs = nowMs;
  }
}
