/** A foundation that runs: its components, links and mounts, and what can be done to them. Made by engine.ts, used by the keeper alone. */
import { createHash } from "node:crypto";
import type {
  Call,
  Capabilities,
  Capability,
  Component,
  ComponentFacts,
  Host,
  Running,
  Target,
  TargetInfo,
  TargetName,
  TargetSystem,
  Topology,
} from "../../core.js";
import { FlounderError } from "../../errors.js";
import { allLinks } from "../all-links.js";
import { knock, throughput } from "../knock.js";
import { mountName, targetList } from "../target-list.js";
import { proxyName } from "../wiring.js";
import { callAdmin } from "./call.js";
import { Fleet } from "./fleet.js";
import type { FuseVerdict } from "./fuse-check.js";
import { FuseMount } from "./fuse-mount.js";
import { host } from "./hosts.js";
import { localHost } from "./local-host.js";
import { MountHelper } from "./mount-helper.js";
import type { LocalMount } from "./mounts.js";
import type { Place } from "./place.js";
import type { Block } from "./ports.js";
import { ProcessTable } from "./process-table.js";
import { readiness } from "./ready.js";
import { reapAll, removeFolder } from "./reap.js";
import { type Saved, save } from "./saved.js";
import { SupervisedProcess } from "./supervised.js";
import { lunRoot, SymlinkMount } from "./symlink-mount.js";
import { endSignal } from "./toolbox.js";

export interface Parts {
  readonly place: Place;
  readonly system: TargetSystem;
  readonly topology: Topology;
  readonly block: Block;
  readonly fuse: FuseVerdict;
}
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

export class LocalFoundation implements Running {
  readonly topology: Topology;
  readonly #infos: readonly TargetInfo[];
  readonly #listeners: ((from: string, says: string) => void)[] = [];
  readonly #components = new Map<string, SupervisedProcess>();
  readonly #mounts = new Map<TargetName, LocalMount>();
  readonly #table: ProcessTable;
  readonly #helper: MountHelper;
  readonly #fleet: Fleet;
  #fleetUp: Promise<void> = Promise.resolve();
  readonly #host: Host;
  #booted = false;
  #ended = false;

  constructor(private readonly parts: Parts) {
    const { place, topology, system, fuse } = parts;
    this.topology = topology;
    this.#infos = targetList(topology, system, fuse.ways);
    this.#table = new ProcessTable(place.spec.id, () => this.#folders());
    this.#helper = new MountHelper(place.env("mount-helper"), place.spec.dir, () => this.#mounts.size);
    this.#fleet = new Fleet({
      wiring: place.wiring,
      command: place.tools.toxiproxy,
      dir: place.spec.dir,
      env: (name) => place.env(name),
      save: () => this.#save(),
      trouble: (from, says) => this.#trouble(from, says),
    });
    const find = (name: string) => topology.components.find((component) => component.name === name)!;
    this.#host = localHost(
      (name) => place.dataDir(find(name)),
      (name, signal) => this.#components.get(name)!.signal(signal),
    );
    for (const component of topology.components) {
      for (const lun of Object.keys(component.mounts)) this.#mounts.set(mountName(component.name, lun), this.#makeMount(component, lun));
      this.#components.set(component.name, this.#makeComponent(component));
    }
  }

  // ── Life ──

  /** Everything at once; a component waits only for those that it names, and for the cabinets of its mounts. */
  async start(say: (line: string) => void): Promise<void> {
    // Whoever dials a proxy that is not there yet tries again; waiting for all of them would only make the boot longer.
    this.#fleetUp = this.#fleet.start();
    const started = new Map<string, Promise<void>>();
    const begin = (component: Component, waiting: readonly string[]): Promise<void> => {
      if (waiting.includes(component.name)) throw new Error(`the topology's components wait for each other: ${[...waiting, component.name].join(", ")}`);
      let promise = started.get(component.name);
      if (!promise) {
        const needed = new Set([...(component.after ?? []), ...Object.values(component.mounts).map((mount) => mount.cabinet)]);
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
        .flatMap(({ name, mounts }) => Object.keys(mounts).map((lun) => this.#mounts.get(mountName(name, lun))!.upOrLater())),
    );
    this.#save();
  }
  async reap(): Promise<void> {
    this.#ended = true;
    this.#fleet.end();
    this.#helper.end();
    for (const mount of this.#mounts.values()) mount.end();
    for (const component of this.#components.values()) component.end();
    const components = [...this.#components.values()];
    await reapAll(
      this.#table,
      this.#folders(),
      () => components.every((component) => !component.lives),
      components.flatMap((component) => [...component.pids]),
    );
    removeFolder(this.parts.place.openDir);
    this.parts.block.release();
  }
  onTrouble(listener: (from: string, says: string) => void): void {
    this.#listeners.push(listener);
  }

  #folders(): readonly string[] {
    const { spec, openDir } = this.parts.place;
    return openDir ? [spec.dir, openDir] : [spec.dir];
  }
  #trouble(from: string, says: string): void {
    if (!this.#ended) for (const listener of this.#listeners) listener(from, says);
  }
  #save(): void {
    if (this.#ended) return;
    const { place, block, fuse } = this.parts;
    const { dir, secret: _, portBase: __, ...spec } = place.spec;
    save(dir, {
      version: 1,
      spec: { ...spec, engine: "local", policy: { ...spec.policy } },
      portBase: block.base,
      openDir: place.openDir,
      mounts: fuse.works ? "fuse" : "symlink",
      components: Object.fromEntries([...this.#components].map(([name, component]) => [name, component.saved()])),
      fleet: this.#fleet.saved(),
      sshfs: Object.fromEntries([...this.#mounts].flatMap(([name, mount]) => (mount.living ? [[name, mount.living]] : []))),
    });
  }

  // ── Parts ──

  #makeComponent(component: Component): SupervisedProcess {
    const { place } = this.parts;
    const { name, role, supervised } = component;
    const ports = place.wiring.ports.get(name)!;
    const mounts = Object.keys(component.mounts).map((lun) => this.#mounts.get(mountName(name, lun))!);
    return new SupervisedProcess({
      name,
      role,
      supervised,
      ports,
      main: place.main(component),
      prepare: place.prepare(component),
      endSignal: endSignal(component.command),
      table: this.#table,
      ready: readiness(component, ports),
      before: async () => {
        await Promise.all(mounts.map((mount) => (this.#booted ? mount.upOrLater() : mount.up())));
      },
      nodeDies: () => {
        for (const mount of mounts) mount.end();
      },
      upstream: async (up, node) => {
        await this.#fleetUp;
        if (this.#ended) return;
        await this.#fleet.upstream(name, up, node);
        if (!up && node) await Promise.all(mounts.map((mount) => mount.down()));
      },
      save: () => this.#save(),
      trouble: (says) => this.#trouble(name, says),
    });
  }
  #makeMount(component: Component, lun: string): LocalMount {
    const { place, fuse } = this.parts;
    const name = mountName(component.name, lun);
    const path = place.mountPath(component.name, lun);
    const cabinet = this.topology.components.find((other) => other.name === component.mounts[lun]!.cabinet)!;
    if (!fuse.works) return new SymlinkMount({ name, lun, path, root: () => lunRoot(place.dataDir(cabinet), lun), helper: this.#helper });
    return new FuseMount({
      name,
      component: component.name,
      lun,
      path,
      host,
      port: place.wiring.proxies.get(name)!.listen,
      sshfs: place.tools.sshfs,
      others: component.unprivileged === true,
      log: place.log(proxyName(name)),
      cwd: place.spec.dir,
      env: { ...place.env(component.name), FLOUNDER_MOUNT: name },
      link: this.#fleet.links.get(name)!,
      helper: this.#helper,
      save: () => this.#save(),
      trouble: (says) => this.#trouble(name, says),
    });
  }

  // ── Questions ──

  direct(component: string, port: string): { readonly host: string; readonly port: number } {
    const number = this.parts.place.wiring.ports.get(component)?.[port];
    if (number === undefined)
      throw new FlounderError("usage", `component "${component}" has no port "${port}"`, "flounder status --json lists components and ports");
    return { host, port: number };
  }
  readonly call: Call = async (component, path, body, timeoutMs) => callAdmin(component, this.direct(component, "admin").port, path, body, timeoutMs);
  components(): readonly ComponentFacts[] {
    return [...this.#components.values()].map((component) => component.facts());
  }
  targets(): readonly TargetInfo[] {
    return this.#infos;
  }
  async fingerprint(): Promise<Readonly<Record<TargetName, string>>> {
    const { wiring } = this.parts.place;
    const facts = await this.#fleet.facts();
    const link = (target: TargetName) => {
      const proxied = wiring.proxies.get(target)!;
      const server = facts.get(proxied.class);
      const proxy = server?.[proxyName(target)];
      if (!proxy) return server ? "no proxy" : "its toxiproxy does not answer";
      const toxics = proxy.toxics.map((toxic) => `${toxic.name} ${JSON.stringify(toxic.attributes)}`).sort();
      return `${proxy.enabled ? "enabled" : "disabled"}, ${proxy.listen} to ${proxy.upstream}, toxics: ${toxics.join(" ") || "none"}`;
    };
    const alive = ({ state }: ComponentFacts) => (state === "ready" || state === "starting" ? "alive" : state);
    return {
      ...Object.fromEntries(
        [...this.#components].map(([name, { life, facts: _ }]) => [name, `${alive(this.#components.get(name)!.facts())}, started as ${digest(life.main)}`]),
      ),
      ...Object.fromEntries([...wiring.proxies.keys()].map((target) => [target, link(target)])),
      ...Object.fromEntries([...this.#mounts].map(([name, mount]) => [name, `${mount.fingerprint()}; ${link(name)}`])),
    };
  }

  // ── Targets ──

  target<C extends Capability>(name: TargetName, needs: readonly C[]): Target<C> {
    const info = this.#infos.find((one) => one.name === name);
    if (!info) throw new FlounderError("plan", `there is no target "${name}"`, "flounder targets lists them");
    const can = this.#can(info);
    const lacking = needs.filter((need) => can[need] === undefined);
    if (lacking.length > 0)
      throw new FlounderError("plan", `${name} cannot ${lacking.join(", ")}; it can ${info.can.join(", ")}`, "choose other targets for this fault");
    return { name, role: info.role, can: Object.fromEntries(needs.map((need) => [need, can[need]])) as Pick<Capabilities, C> };
  }
  #can(info: TargetInfo): Partial<Capabilities> {
    if (info.kind === "mount") return { mount: this.#mounts.get(info.name)!.can };
    if (info.kind === "link") return { link: this.#link(info.name) };
    const component = this.topology.components.find((one) => one.name === info.name)!;
    const own = this.#components.get(info.name)!;
    return {
      ...this.parts.system.adapters(component, this.call, this, this.#host),
      links: this.#links(info.name),
      process: {
        kill: (scope) => own.kill(scope),
        start: () => own.start(),
        pause: () => own.pause(),
        resume: () => own.resume(),
        responds: () => own.responds(),
        generation: async () => own.generation(),
        population: async () => own.population(),
      },
    };
  }
  #links(component: string): Capabilities["links"] {
    const { proxies } = this.parts.place.wiring;
    const own = [...proxies.values()].filter(({ from, to, target }) => (from === component || to === component) && !this.#mounts.has(target));
    return allLinks(own.map(({ target, slot }) => ({ can: this.#link(target), slot })));
  }
  #link(name: TargetName): Capabilities["link"] {
    const link = this.#fleet.links.get(name)!;
    const { from, to, class: of, listen, protocol } = this.parts.place.wiring.proxies.get(name)!;
    const rttMs = () => knock({ host, port: listen }, protocol);
    return {
      cut: (how) => link.cut(how),
      shape: (shape) => link.shape(shape),
      mend: () => link.mend(),
      carries: async () => {
        const seen = this.parts.system.carries?.({ from, to, class: of }, this, AbortSignal.timeout(2000));
        return seen ? await seen : Number.isFinite(await rttMs());
      },
      rttMs,
      throughputKBps: (bytes) => throughput({ host, port: listen }, protocol, bytes),
    };
  }

  async escalate(name: TargetName, step: 0 | 1 | 2): Promise<void> {
    const info = this.#infos.find((one) => one.name === name);
    if (!info) throw new FlounderError("plan", `there is no target "${name}"`, "flounder targets lists them");
    const proxied = this.parts.place.wiring.proxies.get(name);
    const owner = this.#components.get(!proxied ? name : proxied.from === "*" ? proxied.to : proxied.from)!;
    const mount = this.#mounts.get(name);
    if (!proxied) {
      if (step === 0) {
        await owner.resume();
        await owner.start();
      } else await owner.restart();
    } else if (step === 0) await this.#fleet.links.get(name)!.recreate();
    else if (step === 1) {
      await this.#fleet.restart(name);
      await mount?.remount();
    } else {
      await mount?.remount().catch((error: unknown) => this.#trouble(name, reason(error)));
      await owner.restart();
    }
  }
}

/** How a process is started, in a few letters. */
const digest = ({ argv, env }: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> }) =>
  createHash("sha256")
    .update(JSON.stringify([argv, Object.entries(env).sort()]))
    .digest("hex")
    .slice(0, 12);
