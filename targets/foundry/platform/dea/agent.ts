/** The life of app instances on one DEA: start, watch, crash, stop, find again. Everything that is said goes through `publish`; the bus may be away. */

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { TimersMs } from "../../contract/timers.js";
import type { Slot } from "../base/config.js";
import { defect } from "../base/defects.js";
import { log } from "../base/log.js";
import { type Exit, endGroup, type Identity, isAlive, markedProcesses, spawnApp } from "./app-process.js";
import type { Way } from "./confined.js";
import type { DiskRunner } from "./disk-process.js";
import { DiskWatch } from "./disk-watch.js";
import { DropletCache } from "./droplets.js";
import { environment } from "./environment.js";
import type { Instance } from "./instance.js";
import type { HealthCheck, StartMessage } from "./messages.js";
import { becomesReady } from "./readiness.js";
import { type Capacity, hasRoom, Slots } from "./room.js";
import * as says from "./says.js";
import { readSnapshot, writeSnapshot } from "./snapshot.js";

export interface AgentSettings {
  /** Also the DEA's id on the bus: it stays the same over restarts, so that whoever counts DEAs counts this one once. */
  readonly name: string;
  readonly foundation: string;
  readonly dataDir: string;
  /** Droplet cache and instance folders; a LUN where one is mounted. App logs stay in dataDir: an app whose output is a file on a LUN dies with it. */
  readonly storage: DiskRunner;
  /** Apps listen here. */
  readonly bindHost: string;
  /** By which others call this machine. */
  readonly host: string;
  readonly slots: readonly Slot[];
  readonly capacity: Capacity;
  readonly timers: TimersMs;
}

/** An app gets so long between SIGTERM and SIGKILL; at shutdown less, since the agent itself must be gone within a second. */
const graceMs = 500;
const shutdownGraceMs = 300;
/** Apps that an earlier agent started are nobody's children here: their pids are looked at. */
const adoptedEveryMs = 500;

/** A folder's name has 255 octets at most; the id alone tells instances apart, the app's name is for whoever looks. */
const folderNameLength = 64;
const folderOf = ({ name, index }: StartMessage, id: string) => `${name.slice(0, folderNameLength).replace(/[^\w.-]/g, "_")}-${index}-${id}`;

const identityOf = ({ pid, startTicks }: Instance): Identity | undefined => (pid === undefined || startTicks === undefined ? undefined : { pid, startTicks });

export class Agent {
  readonly #instances = new Map<string, Instance>();
  readonly #adopted = new Set<Instance>();
  readonly #slots: Slots;
  readonly #cache: DropletCache;
  readonly #disk: DiskWatch;
  readonly #snapshotPath: string;
  #shuttingDown = false;

  constructor(
    readonly settings: AgentSettings,
    readonly publish: (subject: string, object: object) => void,
    /** How apps are confined on this machine. */
    readonly way: Promise<Way>,
  ) {
    this.#slots = new Slots(settings.slots.length);
    this.#disk = new DiskWatch(settings.storage, ({ id }) => this.#instances.has(id));
    this.#cache = new DropletCache(settings.storage, join(settings.dataDir, "scratch"));
    this.#snapshotPath = join(settings.dataDir, "db", "instances.json");
  }

  get instances(): readonly Instance[] {
    return [...this.#instances.values()];
  }
  get shuttingDown(): boolean {
    return this.#shuttingDown;
  }
  slotOf(instance: Instance): Slot {
    return this.settings.slots[instance.slot]!;
  }
  hasRoom(memoryMb: number, runtime: string | undefined): boolean {
    return !this.#shuttingDown && this.#disk.answers && hasRoom(this.settings.capacity, this.instances, this.#slots.free, { memoryMb, runtime });
  }

  /** Without room the message is ignored and nobody is told, as in 2011: the health manager will miss the instance. */
  start(message: StartMessage): void {
    const slot = this.hasRoom(message.limits.mem, message.runtime) ? this.#slots.take() : undefined;
    if (slot === undefined) {
      log.warn({ app: message.name, index: message.index }, "no room or runtime for a start; ignored");
      return;
    }
    const id = randomBytes(16).toString("hex");
    const folder = folderOf(message, id);
    const now = says.nowS();
    const instance: Instance = {
      id,
      message,
      slot,
      dir: join(this.settings.storage.disk.root, "apps", folder),
      logs: join(this.settings.dataDir, "logs", folder),
      startedAt: now,
      uris: message.uris,
      state: "STARTING",
      stateSince: now,
      diskBytes: 0,
    };
    this.#instances.set(id, instance);
    this.#launch(instance).catch((error: unknown) => {
      defect(error, "launching an instance");
      this.#ended(instance, { status: -1, says: `could not be started: ${(error as Error).message}` });
    });
  }

  async #launch(instance: Instance): Promise<void> {
    const { message, dir, logs } = instance;
    try {
      const maxBytes = message.limits.disk * 2 ** 20;
      await this.#cache.fetch(message.sha1, message.executableUri, maxBytes);
      instance.diskBytes = await this.settings.storage.run({ op: "unpack", sha1: message.sha1, folder: basename(dir), maxBytes });
    } catch (error) {
      // As in 2011: a droplet that cannot be had is only logged here; there is no startup script then, so the instance crashes.
      log.error({ err: error, app: message.name, instance: instance.id }, "no droplet");
    }
    const way = await this.way;
    // Stopped meanwhile: its folder was removed while we still filled it.
    if (!this.#instances.has(instance.id)) return this.#removeFolders(instance);
    mkdirSync(logs, { recursive: true });
    const { listen } = this.slotOf(instance);
    const env = environment(instance, { dea: this.settings.name, bindHost: this.settings.bindHost, listenPort: listen }, process.env);
    const leader = spawnApp({ way, dir, port: listen, env, logs, limits: message.limits }, (exit) => this.#ended(instance, exit));
    if (!leader) return;
    Object.assign(instance, leader);
    this.#save();
    await this.#awaitReady(instance);
  }

  async #awaitReady(instance: Instance): Promise<void> {
    const wanted = () => this.#instances.has(instance.id) && instance.state === "STARTING";
    const { uris, message } = instance;
    // An app without routes need not listen (dea_ng's rule; 2011 had no such apps).
    const check: HealthCheck = message.health_check ?? { type: uris.length === 0 ? "process" : "port", endpoint: "/" };
    const ready = await becomesReady(check, { host: this.settings.bindHost, port: this.slotOf(instance).listen }, this.settings.timers.healthProbe, wanted);
    if (!wanted()) return;
    if (!ready) {
      this.#ended(instance, {
        status: -1,
        says: check.type === "http" ? `did not answer 200 to GET ${check.endpoint} in time` : "did not open its port in time",
      });
      return;
    }
    this.#enter(instance, "RUNNING");
    this.publish("dea.heartbeat", says.heartbeat(this.settings.name, [instance]));
    this.register(instance);
    this.#save();
    log.info({ app: instance.message.name, index: instance.message.index, instance: instance.id, port: this.slotOf(instance).listen }, "running");
  }

  /** Its process ended without anybody asking for it. The folder stays for crashReap, memory and slot do not. */
  #ended(instance: Instance, exit: Exit): void {
    this.#adopted.delete(instance);
    if (!this.#instances.has(instance.id) || instance.state === "CRASHED") return;
    log.warn({ app: instance.message.name, index: instance.message.index, instance: instance.id, ...exit }, "crashed");
    if (instance.state === "RUNNING") this.unregister(instance);
    this.#enter(instance, "CRASHED");
    this.publish("droplet.exited", says.exited(instance, "CRASHED", exit));
    this.#release(instance, 0).catch((error: unknown) => defect(error, "ending what a crashed instance left"));
    this.#save();
  }

  /** Ends what is left of the process group, then gives the slot back: not before nobody listens there. */
  async #release(instance: Instance, grace: number): Promise<void> {
    const leader = identityOf(instance);
    if (leader) await endGroup(leader, grace, await this.way);
    delete instance.pid;
    delete instance.startTicks;
    this.#slots.giveBack(instance.slot);
  }

  async stop(instances: readonly Instance[], reason: says.ExitReason, grace = graceMs): Promise<void> {
    for (const instance of instances) {
      this.#instances.delete(instance.id);
      this.#adopted.delete(instance);
      if (instance.state === "RUNNING") this.unregister(instance);
      if (instance.state !== "CRASHED") this.publish("droplet.exited", says.exited(instance, reason, { status: 0, says: reason }));
    }
    this.#save();
    await Promise.all(
      instances.map(async (instance) => {
        if (instance.state !== "CRASHED") await this.#release(instance, grace);
        await this.#removeFolders(instance);
      }),
    );
  }

  async #removeFolders({ dir, logs }: Instance): Promise<void> {
    await rm(logs, { recursive: true, force: true });
    // A disk that does not answer keeps its litter until the next sweep.
    await this.settings.storage
      .run({ op: "remove", folder: basename(dir) })
      .catch((error: Error) => log.warn({ dir, why: error.message }, "folder not removed"));
  }

  /** As until 13 May 2011 (cf-protocol §2.1) the agent does nothing else meanwhile: a disk that stalls makes its heartbeats late. */
  lookAtDisk(): Promise<void> {
    return this.#disk.look(this.instances.filter((instance) => instance.state === "RUNNING"));
  }

  /** New routes for a running app. */
  update(droplet: string, uris: readonly string[]): void {
    for (const instance of this.instances.filter((candidate) => candidate.message.droplet === droplet)) {
      const added = uris.filter((uri) => !instance.uris.includes(uri));
      const removed = instance.uris.filter((uri) => !uris.includes(uri));
      instance.uris = uris;
      if (instance.state !== "RUNNING") continue;
      if (added.length > 0) this.register(instance, added);
      if (removed.length > 0) this.unregister(instance, removed);
    }
    this.#save();
  }

  register(instance: Instance, uris = instance.uris): void {
    if (uris.length > 0) this.publish("router.register", says.route(this.settings.name, instance, this.slotOf(instance), uris));
  }
  unregister(instance: Instance, uris = instance.uris): void {
    if (uris.length > 0) this.publish("router.unregister", says.route(this.settings.name, instance, this.slotOf(instance), uris));
  }
  /** 2011 registered only once and on each router.start, which its router repeated; newer routers do not repeat it, so this is called periodically. */
  registerAll(): void {
    for (const instance of this.instances) if (instance.state === "RUNNING") this.register(instance);
  }
  /** Also when there are none: without it a DEA with no apps looks like a DEA that is gone (dea_ng sends it since December 2014; 2011 kept silent). */
  heartbeat(): void {
    if (!this.#shuttingDown) this.publish("dea.heartbeat", says.heartbeat(this.settings.name, this.instances));
  }

  #enter(instance: Instance, state: Instance["state"]): void {
    instance.state = state;
    instance.stateSince = says.nowS();
  }
  #save(): void {
    writeSnapshot(this.#snapshotPath, this.instances);
  }

  /**
   * Finds the apps again that outlived an earlier agent. Those in the snapshot are taken to run and watched by pid; what carries our marks and is not
   * in it (spawned just before the end, or about to be stopped) is killed: it would hold the port of a slot that we give away.
   */
  async recover(): Promise<void> {
    let known: Instance[] = [];
    try {
      known = readSnapshot(this.#snapshotPath);
    } catch (error) {
      log.error({ err: error }, "snapshot cannot be read; apps that it named are killed");
    }
    for (const instance of known) {
      if (instance.state !== "CRASHED" && !this.#slots.claim(instance.slot)) continue; // a slot that this DEA has no more
      this.#instances.set(instance.id, instance);
      if (instance.state === "CRASHED") continue;
      this.#adopted.add(instance);
      if (instance.state === "STARTING") this.#awaitReady(instance).catch((error: unknown) => defect(error, "waiting for an instance"));
      const leader = identityOf(instance);
      const { name: app, index } = instance.message;
      log.info({ app, index, instance: instance.id, pid: instance.pid }, leader && isAlive(leader) ? "found again" : "was here, its process is gone");
    }
    for (const { pid, instance } of markedProcesses(this.settings.foundation, this.settings.name)) {
      const owner = this.#instances.get(instance);
      if (owner && this.#adopted.has(owner)) continue;
      log.warn({ pid, instance }, "killed a process of an instance that is not ours any more");
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended meanwhile
      }
    }
    setInterval(() => this.checkAdopted(), adoptedEveryMs);
    const folders = this.instances.map((instance) => basename(instance.dir));
    const logs = join(this.settings.dataDir, "logs");
    for (const name of await readdir(logs).catch(() => [])) if (!folders.includes(name)) await rm(join(logs, name), { recursive: true, force: true });
    await this.#disk.sweep(folders);
  }

  /** Also called before we speak on a bus that is new to us: after the death of a whole node, routes to what is gone must not be announced. */
  checkAdopted(): void {
    for (const instance of this.#adopted) {
      const leader = identityOf(instance);
      if (!leader || !isAlive(leader)) this.#ended(instance, { status: -1, says: "its process is gone" });
    }
  }

  /** Folders of crashed instances and droplets that nobody used for crashReap. */
  async reap(): Promise<void> {
    const ageMs = this.settings.timers.crashReap;
    const old = this.instances.filter((instance) => instance.state === "CRASHED" && says.nowS() - instance.stateSince > ageMs / 1000);
    if (old.length > 0) await this.stop(old, "STOPPED");
    await this.settings.storage.run({ op: "prune", ageMs });
  }

  async shutdown(): Promise<void> {
    this.#shuttingDown = true;
    this.publish("dea.shutdown", says.shutdown(this.settings.name, this.settings.host, this.instances));
    await this.stop(this.instances, "DEA_SHUTDOWN", shutdownGraceMs);
  }
}
