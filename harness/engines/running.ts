/** A foundation that runs, whatever brought it to life: its components, links and mounts, and what can be done to them. Used by the keeper alone. */
import { createHash } from "node:crypto";
import { within } from "../clock.js";
import type {
  Call,
  Capabilities,
  Capability,
  ComponentFacts,
  Difference,
  Host,
  Remedy,
  Running,
  Target,
  TargetInfo,
  TargetName,
  TargetSystem,
  Topology,
} from "../core.js";
import { FlounderError } from "../errors.js";
import { allLinks } from "./all-links.js";
import { callAdmin } from "./call.js";
import type { Fleet } from "./fleet.js";
import { hangsUp, knock, throughput } from "./knock.js";
import { adminToken, derived } from "./secrets.js";
import { proxyName, type Wiring } from "./wiring.js";

/** One component's life, as processes here or as a container. */
export interface ComponentLife {
  readonly lives: boolean;
  facts(): ComponentFacts;
  /** All that its start depends on; equal as long as it would be started the same way. */
  startedAs(): unknown;
  /** Releases the hold, starts it if it does not run; resolves when it is ready. */
  start(): Promise<void>;
  /** Kills it and holds it dead. */
  kill(scope: "agent" | "node"): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Kills all of it and starts it anew: the last step of undoing. */
  restart(): Promise<void>;
  responds(): Promise<boolean>;
  generation(): string;
  population(): number | Promise<number>;
  /** Held dead, paused, or stopped: a few words, of itself and of what it started for itself, never of its tenants. Undefined: as it was made, or on its way there. */
  differs(): string | undefined | Promise<string | undefined>;
  /** Ends all of that. Resolves when it is ready. */
  putRight(): Promise<void>;
}
/** One volume as one component sees it. */
export interface MountLife {
  readonly can: Capabilities["mount"];
  /** Frees whoever is blocked on it, and makes it anew. */
  remount(): Promise<void>;
  fingerprint(): string | Promise<string>;
  /** What is otherwise here, past its proxy; undefined: it is as it was made, or its component is away. */
  differs(): string | undefined | Promise<string | undefined>;
  putRight(): Promise<void>;
}

export interface RunningParts<Life extends ComponentLife, Mount extends MountLife> {
  readonly system: TargetSystem;
  readonly topology: Topology;
  readonly infos: readonly TargetInfo[];
  readonly wiring: Wiring;
  readonly fleet: Pick<Fleet<unknown>, "links" | "facts" | "restart" | "hostOf" | "differences">;
  readonly components: ReadonlyMap<string, Life>;
  readonly mounts: ReadonlyMap<TargetName, Mount>;
  readonly host: Host;
  /** The address of a component itself, past every proxy. */
  readonly hostOf: (component: string) => string;
  /** The foundation's. */
  readonly secret: string;
  /** What an SFTP server of this component hears first, where the proxy before it does not say it for us. */
  readonly introduce?: (component: string) => string;
}

/** For each part of the machine. */
const lookMs = 5000;

export const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

export abstract class RunningFoundation<Life extends ComponentLife = ComponentLife, Mount extends MountLife = MountLife> implements Running {
  readonly #listeners: ((from: string, says: string) => void)[] = [];
  protected abstract readonly parts: RunningParts<Life, Mount>;
  protected ended = false;

  abstract reap(): Promise<void>;

  get topology(): Topology {
    return this.parts.topology;
  }
  onTrouble(listener: (from: string, says: string) => void): void {
    this.#listeners.push(listener);
  }
  protected trouble(from: string, says: string): void {
    if (!this.ended) for (const listener of this.#listeners) listener(from, says);
  }

  // ── Questions ──

  direct(component: string, port: string): { readonly host: string; readonly port: number } {
    const number = this.parts.wiring.ports.get(component)?.[port];
    if (number === undefined)
      throw new FlounderError("usage", `component "${component}" has no port "${port}"`, "flounder status --json lists components and ports");
    return { host: this.parts.hostOf(component), port: number };
  }
  dialled(link: TargetName): { readonly host: string; readonly port: number } {
    const proxied = this.parts.wiring.proxies.get(link);
    if (!proxied) throw new FlounderError("usage", `there is no link "${link}"`, "flounder list targets shows links and mounts");
    return { host: this.parts.fleet.hostOf(proxied.class), port: proxied.listen };
  }
  readonly call: Call = async (component, path, body, timeoutMs) => {
    const made = this.parts.topology.components.find(({ name }) => name === component);
    // Somebody else's server has no admin port: restarting it is its supervisor's.
    if (path === "/restart" && body !== undefined && made && !made.ready.startsWith("http:admin")) {
      const life = this.parts.components.get(component)!;
      const { pid } = life.facts();
      await life.restart();
      return { pid };
    }
    return callAdmin(component, { ...this.direct(component, "admin"), token: adminToken(this.parts.secret, component) }, path, body, timeoutMs);
  };
  secret(label: string): string {
    return derived(this.parts.secret, label);
  }
  components(): readonly ComponentFacts[] {
    return [...this.parts.components.values()].map((component) => component.facts());
  }
  targets(): readonly TargetInfo[] {
    return this.parts.infos;
  }
  async fingerprint(): Promise<Readonly<Record<TargetName, string>>> {
    const { wiring, fleet, components, mounts } = this.parts;
    const facts = await fleet.facts();
    const link = (target: TargetName) => {
      const proxied = wiring.proxies.get(target)!;
      const server = facts.get(proxied.class);
      const proxy = server?.[proxyName(target)];
      if (!proxy) return server ? "no proxy" : "its toxiproxy does not answer";
      const toxics = proxy.toxics.map((toxic) => `${toxic.name} ${JSON.stringify(toxic.attributes)}`).sort();
      return `${proxy.enabled ? "enabled" : "disabled"}, ${proxy.listen} to ${proxy.upstream}, toxics: ${toxics.join(" ") || "none"}`;
    };
    const alive = ({ state }: ComponentFacts) => (state === "ready" || state === "starting" ? "alive" : state);
    const mounted = await Promise.all([...mounts].map(async ([name, mount]) => [name, `${await mount.fingerprint()}; ${link(name)}`] as const));
    return {
      ...Object.fromEntries([...components].map(([name, life]) => [name, `${alive(life.facts())}, started as ${digest(life.startedAs())}`])),
      ...Object.fromEntries([...wiring.proxies.keys()].map((target) => [target, link(target)])),
      ...Object.fromEntries(mounted),
    };
  }

  async differences(): Promise<readonly Difference[]> {
    const { system, topology, fleet, components, mounts, host } = this.parts;
    // What cannot be looked at (Docker is silent) is not as it was made, either; it keeps nobody from looking at the rest.
    const looked = async <T>(target: string, capability: Capability, look: () => T | Promise<T>, found: (seen: T) => readonly Difference[]) =>
      within(lookMs, "the look", (async () => look())()).then(found, (error: unknown): readonly Difference[] => [
        { target, capability, says: `cannot be looked at: ${reason(error)}`, mend: () => Promise.reject(error) },
      ]);
    const each = (capability: Capability, made: ReadonlyMap<string, Pick<ComponentLife, "differs" | "putRight">>) =>
      [...made].map(([target, one]) =>
        looked(
          target,
          capability,
          () => one.differs(),
          (says) => (says === undefined ? [] : [{ target, capability, says, mend: () => one.putRight() }]),
        ),
      );
    const proxies = fleet.differences().then((all) => all.map((one): Difference => ({ ...one, capability: mounts.has(one.target) ? "mount" : "link" })));
    const own = looked(
      system.name,
      "config",
      () => system.differences?.(topology, this.call, host) ?? [],
      (all) => all,
    );
    return (await Promise.all([proxies, ...each("process", components), ...each("mount", mounts), own])).flat();
  }

  // ── Targets ──

  target<C extends Capability>(name: TargetName, needs: readonly C[]): Target<C> {
    const info = this.#info(name);
    const can = this.#can(info);
    const lacking = needs.filter((need) => can[need] === undefined);
    if (lacking.length > 0)
      throw new FlounderError("plan", `${name} cannot ${lacking.join(", ")}; it can ${info.can.join(", ")}`, "choose other targets for this fault");
    return { name, role: info.role, can: Object.fromEntries(needs.map((need) => [need, can[need]])) as Pick<Capabilities, C> };
  }
  #info(name: TargetName): TargetInfo {
    const info = this.parts.infos.find((one) => one.name === name);
    if (!info) throw new FlounderError("plan", `there is no target "${name}"`, "flounder list targets names them");
    return info;
  }
  #can(info: TargetInfo): Partial<Capabilities> {
    const { mounts, topology, components, system, host } = this.parts;
    if (info.kind === "mount") return { mount: mounts.get(info.name)!.can };
    if (info.kind === "link") return { link: this.#link(info.name) };
    const component = topology.components.find((one) => one.name === info.name)!;
    const own = components.get(info.name)!;
    return {
      ...system.adapters(component, this.call, this, host),
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
    const own = [...this.parts.wiring.proxies.values()].filter(
      ({ from, to, target }) => (from === component || to === component) && !this.parts.mounts.has(target),
    );
    return allLinks(own.map(({ target, slot }) => ({ can: this.#link(target), slot })));
  }
  #link(name: TargetName): Capabilities["link"] {
    const { fleet, wiring, system } = this.parts;
    const link = fleet.links.get(name)!;
    const { from, to, class: of, protocol } = wiring.proxies.get(name)!;
    const at = () => this.dialled(name);
    // Where the proxy does not introduce us, we do so ourselves.
    const first = protocol === "sftp" ? (this.parts.introduce?.(to) ?? "") : "";
    const rttMs = () => knock(at(), protocol, undefined, undefined, first);
    return {
      cut: (how) => link.cut(how),
      shape: (shape) => link.shape(shape),
      mend: () => link.mend(),
      carries: async () => {
        const seen = system.carries?.({ from, to, class: of }, this, AbortSignal.timeout(2000));
        return seen ? await seen : Number.isFinite(await rttMs());
      },
      rttMs,
      throughputKBps: (bytes) => throughput(at(), protocol, bytes, first),
    };
  }

  async vacant(name: TargetName): Promise<boolean> {
    const proxied = this.parts.wiring.proxies.get(name);
    // Whoever else is behind a proxy is a component, which is there again when it was healed.
    return proxied?.slot === true && (await this.parts.fleet.links.get(name)!.whole()) && hangsUp(this.dialled(name));
  }
  remedies(name: TargetName): readonly Remedy[] {
    this.#info(name);
    const { wiring, components, mounts, fleet } = this.parts;
    const proxied = wiring.proxies.get(name);
    const ownerName = !proxied ? name : proxied.from === "*" ? proxied.to : proxied.from;
    const owner = components.get(ownerName)!;
    if (!proxied)
      return [
        {
          says: `resume ${name} and start it`,
          apply: async () => {
            await owner.resume();
            await owner.start();
          },
        },
        { says: `restart ${name}`, apply: () => owner.restart() },
      ];
    const mount = mounts.get(name);
    return [
      { says: "recreate its proxy", apply: () => fleet.links.get(name)!.recreate() },
      {
        says: mount ? "restart its proxy server, and mount it again" : "restart its proxy server",
        apply: async () => {
          await fleet.restart(name);
          await mount?.remount();
        },
      },
      {
        says: mount ? `mount it again, and restart ${ownerName}` : `restart ${ownerName}`,
        apply: async () => {
          await mount?.remount().catch((error: unknown) => this.trouble(name, reason(error)));
          await owner.restart();
        },
      },
    ];
  }
}

/** How a process is started, in a few letters. */
const digest = (what: unknown) => createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 12);
