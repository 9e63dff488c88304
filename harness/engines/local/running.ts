/** A foundation of child processes on this machine. Made by engine.ts, used by the keeper alone. */
import type { Component, TargetName, TargetSystem, Topology } from "../../core.js";
import { Fleet } from "../fleet.js";
import { tokenLabel } from "../guard.js";
import { MountHelper, mountProber } from "../mount-helper.js";
import type { Block } from "../ports.js";
import { type Living, ProcessTable } from "../process-table.js";
import { readiness } from "../ready.js";
import { RunningFoundation, type RunningParts } from "../running.js";
import { saveState } from "../saved.js";
import { adminToken, derived } from "../secrets.js";
import { mountName, targetList } from "../target-list.js";
import { proxyName } from "../wiring.js";
import { host } from "./hosts.js";
import { localHost } from "./local-host.js";
import type { FuseVerdict } from "./mounts/fuse-check.js";
import { FuseMount } from "./mounts/fuse-mount.js";
import type { LocalMount } from "./mounts/mounts.js";
import { SymlinkMount, volumeRoot } from "./mounts/symlink-mount.js";
import type { Place } from "./place.js";
import { reapAll, removeFolder } from "./processes/reap.js";
import { SupervisedProcess } from "./processes/supervised.js";
import type { Saved } from "./saved.js";
import { localServers } from "./servers.js";
import type { Who } from "./who.js";

/** What the engine made for it. */
export interface Parts {
  readonly place: Place;
  readonly system: TargetSystem;
  readonly topology: Topology;
  readonly block: Block;
  readonly fuse: FuseVerdict;
  readonly who: Who;
}

/** Go's threads: one per core that works, and one for each that waits for the kernel. */
const serverProcesses = 512;

export class LocalFoundation extends RunningFoundation<SupervisedProcess, LocalMount> {
  readonly #components = new Map<string, SupervisedProcess>();
  readonly #mounts = new Map<TargetName, LocalMount>();
  readonly #table: ProcessTable;
  readonly #helper: MountHelper;
  readonly #fleet: Fleet<Living>;
  readonly #own: Parts;
  protected readonly parts: RunningParts<SupervisedProcess, LocalMount>;
  #fleetUp: Promise<void> = Promise.resolve();
  #booted = false;
  #saved = false;

  constructor(own: Parts) {
    super();
    const { place, topology, system, fuse } = own;
    const { wiring } = place;
    this.#own = own;
    this.#table = new ProcessTable(place.spec.id, () => this.#folders(), place.home.uids && ((uid) => place.home.uids?.nameOf(uid)));
    this.#helper = new MountHelper(() => mountProber(place.env("mount-helper"), place.spec.dir, this.#mounts.size));
    this.#fleet = new Fleet({
      wiring,
      kind: localServers({
        wiring,
        command: place.tools.toxiproxy,
        dir: place.spec.dir,
        env: (name) => place.env(name),
        guard: (of) => place.guard(of),
        confinement: (name) => ({ user: place.userOf(name), processes: serverProcesses, group: place.home.group }),
      }),
      bind: host,
      token: (of) => derived(place.spec.secret, tokenLabel(of)),
      upstream: () => host,
      save: () => this.#save(),
      trouble: (from, says) => this.trouble(from, says),
    });
    const find = (name: string) => topology.components.find((component) => component.name === name)!;
    const adapters = localHost(
      (name) => place.dataDir(find(name)),
      (name, signal) => this.#components.get(name)!.signal(signal),
    );
    this.parts = {
      system,
      topology,
      wiring,
      infos: targetList(topology, system, fuse.ways),
      fleet: this.#fleet,
      components: this.#components,
      mounts: this.#mounts,
      host: adapters,
      hostOf: () => host,
      secret: place.spec.secret,
    };
    for (const component of topology.components) {
      for (const volume of Object.keys(component.mounts)) this.#mounts.set(mountName(component.name, volume), this.#makeMount(component, volume));
      this.#components.set(component.name, this.#makeComponent(component));
    }
  }

  // ── Life ──

  /** Everything at once; a component waits only for those that it names, and for those that keep its volumes. */
  async start(say: (line: string) => void): Promise<void> {
    // Whoever dials a proxy that is not there yet tries again; waiting for all of them would only make the boot longer.
    this.#fleetUp = this.#fleet.start();
    const started = new Map<string, Promise<void>>();
    const begin = (component: Component, waiting: readonly string[]): Promise<void> => {
      if (waiting.includes(component.name)) throw new Error(`the topology's components wait for each other: ${[...waiting, component.name].join(", ")}`);
      let promise = started.get(component.name);
      if (!promise) {
        const needed = new Set([...(component.after ?? []), ...Object.values(component.mounts).map((mount) => mount.from)]);
        const before = this.topology.components.filter((other) => needed.has(other.name)).map((other) => begin(other, [...waiting, component.name]));
        promise = Promise.all(before).then(() => this.#components.get(component.name)!.start());
        started.set(component.name, promise);
      }
      return promise;
    };
    const each = this.topology.components.map((component) => begin(component, []));
    await Promise.all([this.#fleetUp, ...each]);
    this.#booted = true;
    this.#save();
    say(`${each.length} components are ready`);
  }
  async attach(saved: Saved): Promise<void> {
    this.#booted = true;
    const lives = (name: string) => {
      const living = saved.components[name]?.living;
      return living !== undefined && this.#table.of(name).some((one) => one.pid === living.pid && one.start === living.start);
    };
    for (const [name, mount] of this.#mounts) mount.attach(saved.sshfs[name]);
    await this.#fleet.attach(saved.fleet, lives);
    await Promise.all(this.topology.components.map(({ name }) => this.#components.get(name)!.attach(saved.components[name])));
    // A held node has no mounts; every other one's are there again, or come as soon as their link is mended.
    await Promise.all(
      this.topology.components
        .filter(({ name }) => this.#components.get(name)!.lives)
        .flatMap(({ name, mounts }) => Object.keys(mounts).map((volume) => this.#mounts.get(mountName(name, volume))!.upOrLater())),
    );
    this.#save();
  }
  async reap(): Promise<void> {
    this.ended = true;
    this.#fleet.end();
    this.#helper.end();
    for (const mount of this.#mounts.values()) mount.end();
    for (const component of this.#components.values()) component.end();
    const once = [...this.#components.values()].flatMap((component) => [...component.pids]);
    await reapAll(this.#table, this.#folders(), once);
    await removeFolder(this.#own.place.home.openDir);
    this.#own.block.release();
  }

  #folders(): readonly string[] {
    const { spec, home } = this.#own.place;
    const { openDir } = home;
    return openDir ? [spec.dir, openDir] : [spec.dir];
  }
  /** While it boots once: if the keeper dies then, all is ended by its marks, and only the folders must be known. Each renaming waits for the disk. */
  #save(): void {
    if (this.ended || (this.#saved && !this.#booted)) return;
    this.#saved = true;
    const { place, block, fuse } = this.#own;
    const { dir, secret: _, portBase: __, ...spec } = place.spec;
    const state: Saved = {
      version: 1,
      spec: { ...spec, engine: "local", policy: { ...spec.policy } },
      portBase: block.base,
      openDir: place.home.openDir,
      ...(this.#own.who.from === undefined ? {} : { uidsFrom: this.#own.who.from }),
      mounts: fuse.works ? "fuse" : "symlink",
      components: Object.fromEntries([...this.#components].map(([name, component]) => [name, component.saved()])),
      fleet: this.#fleet.saved(),
      sshfs: Object.fromEntries([...this.#mounts].flatMap(([name, mount]) => (mount.living ? [[name, mount.living]] : []))),
    };
    saveState(dir, state);
  }

  // ── Parts ──

  #makeComponent(component: Component): SupervisedProcess {
    const { place } = this.#own;
    const { name, role, supervised } = component;
    const ports = place.wiring.ports.get(name)!;
    const mounts = Object.keys(component.mounts).map((volume) => this.#mounts.get(mountName(name, volume))!);
    return new SupervisedProcess({
      name,
      role,
      supervised,
      ports,
      main: place.main(component),
      prepare: place.prepare(component),
      table: this.#table,
      ready: readiness(component, ports, () => host, adminToken(place.spec.secret, name)),
      before: async () => {
        await Promise.all(mounts.map((mount) => (this.#booted ? mount.upOrLater() : mount.up())));
      },
      nodeDies: () => {
        for (const mount of mounts) mount.end();
      },
      upstream: async (up, node) => {
        await this.#fleetUp;
        if (this.ended) return;
        await this.#fleet.upstream(name, up, node);
        if (!up && node) await Promise.all(mounts.map((mount) => mount.down()));
      },
      save: () => this.#save(),
      trouble: (says) => this.trouble(name, says),
    });
  }
  #makeMount(component: Component, volume: string): LocalMount {
    const { place, fuse } = this.#own;
    const name = mountName(component.name, volume);
    const path = place.mountPath(component, volume);
    const { from, marker } = component.mounts[volume]!;
    const keeper = this.topology.components.find((other) => other.name === from)!;
    if (!fuse.works)
      return new SymlinkMount({ name, volume, marker, path, root: () => volumeRoot(place.dataDir(keeper), volume, marker), helper: this.#helper });
    return new FuseMount({
      name,
      component: component.name,
      volume,
      marker,
      path,
      host,
      port: place.wiring.proxies.get(name)!.listen,
      sshfs: place.tools.sshfs,
      others: place.userOf(component.name, component.unprivileged) !== undefined,
      log: place.log(proxyName(name)),
      cwd: place.spec.dir,
      env: { ...place.env(component.name), FLOUNDER_MOUNT: name },
      link: this.#fleet.links.get(name)!,
      helper: this.#helper,
      save: () => this.#save(),
      trouble: (says) => this.trouble(name, says),
    });
  }
}
