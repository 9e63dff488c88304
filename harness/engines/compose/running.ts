/** A foundation of containers. Made by engine.ts, used by the keeper alone. The keeper runs beside Docker and dials containers by their addresses on its bridges. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../clock.js";
import type { Component, FoundationSpec, Host, TargetName, TargetSystem, Topology, Vantages } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { Fleet } from "../fleet.js";
import { introduction, tokenLabel } from "../guard.js";
import type { MountHelper } from "../mount-helper.js";
import type { Block } from "../ports.js";
import { readiness } from "../ready.js";
import { RunningFoundation, type RunningParts, reason } from "../running.js";
import { saveState } from "../saved.js";
import { adminToken, derived } from "../secrets.js";
import { mountName, targetList } from "../target-list.js";
import type { Wiring } from "../wiring.js";
import { SupervisedContainer } from "./container.js";
import { ContainerMounts } from "./container-mounts.js";
import { composeDown, composeUp, type Project } from "./docker/cli.js";
import { type ContainerFacts, Docker } from "./docker/docker.js";
import { type ComposeDocument, dataDir, hosts } from "./file.js";
import { LifeFolder } from "./life-file.js";
import { ContainerMount, containerHelper } from "./mount.js";
import type { Saved } from "./saved.js";
import { type ContainedServer, ContainedServers } from "./servers.js";

/** Everything that a FUSE mount can be made, in a container. */
export const mountWays = ["detach", "hang", "read-only", "slow"] as const;
const reapMs = 60_000;

/** What the engine made for it. */
export interface Parts {
  readonly spec: FoundationSpec;
  readonly system: TargetSystem;
  readonly topology: Topology;
  readonly wiring: Wiring;
  readonly block: Block;
  readonly document: ComposeDocument;
  readonly project: Project;
  readonly image: string;
}

export class ComposeFoundation extends RunningFoundation<SupervisedContainer, ContainerMount> {
  readonly #components = new Map<string, SupervisedContainer>();
  readonly #mounts = new Map<TargetName, ContainerMount>();
  readonly #helpers: MountHelper[] = [];
  readonly #docker: Docker;
  readonly #lives: LifeFolder;
  readonly #servers: ContainedServers;
  readonly #fleet: Fleet<ContainedServer>;
  readonly #own: Parts;
  readonly #end = new AbortController();
  protected readonly parts: RunningParts<SupervisedContainer, ContainerMount>;
  readonly vantages: Vantages;

  constructor(own: Parts) {
    super();
    const { spec, system, topology, wiring, project, image } = own;
    this.#own = own;
    this.#docker = new Docker(spec.id);
    this.#lives = new LifeFolder(join(spec.dir, "run"));
    this.#servers = new ContainedServers(this.#docker, this.#lives);
    this.#fleet = new Fleet({
      wiring,
      kind: this.#servers,
      bind: hosts.bind,
      token: (of) => derived(spec.secret, tokenLabel(of)),
      upstream: (component) => component,
      save: () => this.#save(),
      trouble: (from, says) => this.trouble(from, says),
    });
    this.parts = {
      system,
      topology,
      wiring,
      infos: targetList(topology, system, mountWays),
      fleet: this.#fleet,
      components: this.#components,
      mounts: this.#mounts,
      host: this.#host(),
      hostOf: (component) => this.#components.get(component)!.host,
      secret: spec.secret,
      introduce: (component) => introduction(spec.secret, component),
    };
    this.vantages = { outside: { network: `${project.name}_outside`, image }, inside: { network: `${project.name}_inside`, image } };
    for (const component of topology.components) this.#make(component);
  }

  // ── Life ──

  /** What compose starts, for its command line. */
  writeFile(): void {
    this.#lives.make(Object.keys(this.#own.document.services));
    writeFileSync(this.#own.project.file, JSON.stringify(this.#own.document, null, 1), { mode: 0o600 });
  }
  async start(say: (line: string) => void, signal: AbortSignal): Promise<void> {
    await composeUp(this.#own.project, say, signal);
    const containers = await this.#docker.all();
    this.#servers.found(containers);
    this.#watch();
    await this.#fleet.start(() => true);
    await Promise.all([...this.#components].map(([name, component]) => component.booted(this.#container(containers, name))));
    this.#save();
    say(`${this.#components.size} components are ready`);
  }
  async attach(saved: Saved): Promise<void> {
    const containers = await this.#docker.all();
    this.#servers.found(containers);
    this.#watch();
    await this.#fleet.attach(saved.fleet, (name) => containers.get(name)?.running === true && this.#lives.read(name).pid !== undefined);
    await Promise.all([...this.#components].map(([name, component]) => component.attach(this.#container(containers, name), saved.components[name])));
    this.#save();
  }
  async reap(): Promise<void> {
    this.ended = true;
    this.#end.abort();
    this.#fleet.end();
    this.#lives.end();
    for (const helper of this.#helpers) helper.end();
    for (const component of this.#components.values()) component.end();
    await removeProject(this.#own.project, this.#docker);
    this.#own.block.release();
  }

  #container(containers: ReadonlyMap<string, ContainerFacts>, name: string): ContainerFacts {
    const found = containers.get(name);
    if (!found) throw new FlounderError("platform", `${name} has no container`, "flounder down ends what is left of the foundation");
    return found;
  }
  /** From now on what supervisors write down and what Docker says is heard. */
  #watch(): void {
    this.#lives.watch((name) => {
      if (this.ended) return;
      this.#components.get(name)?.changed();
      this.#servers.changed(name);
    });
    const moved = (component: SupervisedContainer, what: "start" | "die") =>
      void component.moved(what).catch((error: unknown) => this.trouble(component.life.name, reason(error)));
    const seen = (what: "start" | "die", id: string) => {
      if (this.ended || (what === "die" && this.#servers.died(id))) return;
      const component = [...this.#components.values()].find((one) => one.container.id === id);
      if (component) moved(component, what);
    };
    void this.#docker.events(
      seen,
      (why) => this.trouble("docker", `its events are not heard: ${why}`),
      async () => {
        this.trouble("docker", "its events are heard again");
        for (const [name, { id, running }] of await this.#docker.all()) if (!running && this.#components.get(name)?.facts().state !== "held") seen("die", id);
      },
      this.#end.signal,
    );
  }
  #save(): void {
    if (this.ended) return;
    const { spec: own, block, image } = this.#own;
    const { dir, secret: _, portBase: __, ...spec } = own;
    const state: Saved = {
      version: 1,
      spec: { ...spec, engine: "compose", policy: { ...spec.policy } },
      portBase: block.base,
      image,
      components: Object.fromEntries([...this.#components].map(([name, component]) => [name, component.saved()])),
      fleet: this.#fleet.saved(),
    };
    saveState(dir, state);
  }

  // ── Parts ──

  #make(component: Component): void {
    const { name, role, supervised } = component;
    const { spec, wiring, document } = this.#own;
    const ports = wiring.ports.get(name)!;
    const host = () => made.host;
    const made: SupervisedContainer = new SupervisedContainer({
      name,
      role,
      supervised,
      ports,
      service: document.services[name],
      log: join(spec.dir, "logs", `${name}.log`),
      docker: this.#docker,
      lives: this.#lives,
      host: (container) => container?.addresses.outside ?? container?.addresses.inside ?? "0.0.0.0",
      ready: readiness(component, ports, host, adminToken(spec.secret, name)),
      upstream: (up, node) => (this.ended ? Promise.resolve() : this.#fleet.upstream(name, up, node)),
      save: () => this.#save(),
      trouble: (says) => this.trouble(name, says),
    });
    this.#components.set(name, made);
    const volumes = Object.keys(component.mounts);
    if (volumes.length === 0) return;
    const helper = containerHelper(made, volumes.length);
    this.#helpers.push(helper);
    const mounts = new ContainerMounts(async () => {
      const first = made.here();
      if (first !== undefined) return readFileSync(`/proc/${first}/mountinfo`, "utf8");
      return (await this.#docker.command(made.container.id, ["cat", "/proc/self/mountinfo"])).text;
    });
    for (const volume of volumes) {
      const mount = mountName(name, volume);
      const link = this.#fleet.links.get(mount)!;
      this.#mounts.set(
        mount,
        new ContainerMount({ name: mount, volume, marker: component.mounts[volume]!.marker, docker: this.#docker, container: made, link, helper, mounts }),
      );
    }
  }
  #host(): Host {
    return {
      write: async (component, file, text) => {
        const { id } = this.#components.get(component)!.container;
        const said = await this.#docker.command(id, ["sh", "-c", 'printf %s "$TEXT" > "$0.new" && mv "$0.new" "$0"', `${dataDir}/${file}`], { TEXT: text });
        if (said.code !== 0) throw new FlounderError("platform", `${component}: ${file} could not be written: ${said.text}`, `read logs/${component}.log`);
      },
      read: async (component, file) => {
        const said = await this.#docker.command(this.#components.get(component)!.container.id, ["cat", `${dataDir}/${file}`]);
        if (said.code !== 0) throw new FlounderError("platform", `${component}: ${file} could not be read: ${said.text}`, `read logs/${component}.log`);
        return said.text;
      },
      signal: (component, name) => this.#components.get(component)!.signal(name),
    };
  }
}

/** What compose calls the containers of a project: version 2 with hyphens, version 1 with underscores. Empty where its file is gone. */
function namesIn({ file, name }: Project): readonly string[] {
  try {
    const { services } = JSON.parse(readFileSync(file, "utf8")) as Pick<ComposeDocument, "services">;
    return Object.keys(services).flatMap((service) => [`${name}-${service}-1`, `${name}_${service}_1`]);
  } catch {
    return [];
  }
}

/** Compose's way first, which is quick; then by label, until nothing is left: also what compose does not know of (probers), and where its file is gone. */
export async function removeProject(project: Project, docker: Docker): Promise<void> {
  if (existsSync(project.file)) await composeDown(project, () => {}).catch(() => {}); // what it left is named below
  let left: readonly string[] = [];
  const names = namesIn(project);
  await until(
    "every container and network to be gone",
    async () => {
      left = await docker.removeAll(names);
      return left.length === 0;
    },
    reapMs,
    100,
  ).catch((error: unknown) => {
    if (left.length === 0 && error instanceof FlounderError) throw error;
    const what = left.length === 0 ? reason(error) : `these are left of the foundation: ${left.join(", ")}`;
    throw new FlounderError("platform", what, "docker rm -f, docker network rm; what Docker itself cannot let go of ends with its engine", { cause: error });
  });
}
