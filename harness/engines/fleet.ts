/** The foundation's Toxiproxy servers, one per class of link: restarting a wedged one must not cut the rest. */
import { sleep, until } from "../clock.js";
import type { TargetName } from "../core.js";
import { type LinkHurt, ProxiedLink } from "./link.js";
import { type ProxyFacts, ToxiproxyApi } from "./toxiproxy.js";
import { proxyName, type Wiring } from "./wiring.js";

/** How the server of one class is started and watched: as a process here, or in a container. `One` says which it was, over the keeper's life too. */
export interface ServerKind<One> {
  /** Where it is dialled now: its API, and every proxy of it. */
  hostOf(of: string): string;
  /** `onExit` is called once, when it is gone. */
  launch(of: string, onExit: (says: string) => void): Promise<One>;
  /** Watches one that a former keeper started. */
  adopt(of: string, one: One, onExit: (says: string) => void): void;
  /** Lets one go on that was stopped, by whomever. */
  goOn(of: string, one: One): Promise<void>;
  /** Kills it; resolves when it is gone. */
  kill(of: string, one: One): Promise<void>;
  alive(of: string, one: One): boolean;
}
export interface FleetPlace<One> {
  readonly wiring: Wiring;
  readonly kind: ServerKind<One>;
  /** What proxies listen at, as the server itself sees it. */
  readonly bind: string;
  /** What the API of a class's server wants to be shown. */
  token(linkClass: string): string;
  /** Who is dialled for a component, as the server sees it. */
  upstream(component: string): string;
  save(): void;
  trouble(from: string, says: string): void;
}
export interface SavedFleet<One> {
  readonly servers: Readonly<Record<string, One>>;
  readonly hurt: Readonly<Record<TargetName, LinkHurt>>;
}
/** Of a proxy, by its link's or mount's name, or of a server, by its own. */
export interface ProxyDifference {
  readonly target: TargetName;
  readonly says: string;
  mend(): Promise<void>;
}
interface Server<One> {
  readonly class: string;
  readonly name: string;
  readonly api: ToxiproxyApi;
  now: One | undefined;
  restarting: Promise<void> | undefined;
}

/** For one that was let go on. */
const awakeMs = 1000;

export const serverName = (of: string) => `toxiproxy-${of}`;

export class Fleet<One> {
  readonly #servers = new Map<string, Server<One>>();
  readonly links = new Map<TargetName, ProxiedLink>();
  #ending = false;

  constructor(private readonly place: FleetPlace<One>) {
    for (const [of, port] of place.wiring.servers) {
      const name = serverName(of);
      const api = new ToxiproxyApi(name, () => `http://${place.kind.hostOf(of)}:${port}`, place.token(of));
      this.#servers.set(of, { class: of, name, api, now: undefined, restarting: undefined });
    }
    for (const proxied of place.wiring.proxies.values()) {
      const { target, listen, upstream, to } = proxied;
      const proxy = { name: proxyName(target), listen: `${place.bind}:${listen}`, upstream: `${place.upstream(to)}:${upstream}` };
      this.links.set(target, new ProxiedLink(proxy, this.#servers.get(proxied.class)!.api, () => place.save()));
    }
  }
  /** Where the proxies of this class are dialled. */
  hostOf(of: string): string {
    return this.place.kind.hostOf(of);
  }

  saved(): SavedFleet<One> {
    const hurt = [...this.links].filter(([, link]) => Object.keys(link.hurt).length > 0);
    return {
      servers: Object.fromEntries([...this.#servers.values()].flatMap((server) => (server.now === undefined ? [] : [[server.class, server.now]]))),
      hurt: Object.fromEntries(hurt.map(([target, link]) => [target, link.hurt])),
    };
  }

  /** `up`: whose proxies begin enabled. Slots do in any case: nobody is routed to one before an app listens there, and one call instead of two for each saves most of a second of boot. */
  async start(up: (component: string) => boolean = () => false): Promise<void> {
    for (const { target, slot, to } of this.place.wiring.proxies.values()) if (slot || up(to)) this.links.get(target)!.recall({}, true);
    await Promise.all([...this.#servers.values()].map((server) => this.#begin(server)));
  }
  /** Takes over living servers, restarts dead ones; `up` says of which components somebody listens. */
  async attach(saved: SavedFleet<One>, up: (component: string) => boolean): Promise<void> {
    const { kind, wiring } = this.place;
    for (const [target, link] of this.links) link.recall(saved.hurt[target] ?? {}, up(wiring.proxies.get(target)!.to));
    await Promise.all(
      [...this.#servers.values()].map(async (server) => {
        const one = saved.servers[server.class];
        if (one !== undefined && kind.alive(server.class, one) && (await server.api.answers())) {
          server.now = one;
          kind.adopt(server.class, one, (says) => this.#died(server, one, says));
        } else {
          if (one !== undefined) await kind.kill(server.class, one);
          await this.#begin(server);
        }
      }),
    );
  }
  end(): void {
    this.#ending = true;
  }

  /** Links and mounts whose upstream is this component; slots only if asked for. */
  async upstream(component: string, up: boolean, slots: boolean): Promise<void> {
    const mine = [...this.place.wiring.proxies.values()].filter((proxied) => proxied.to === component && (slots || !proxied.slot));
    await Promise.all(mine.map((proxied) => this.links.get(proxied.target)!.upstream(up)));
  }
  /** Kills the server of this link's class and starts it anew with every proxy as wanted; this link's own hurt is forgotten. */
  async restart(target: TargetName): Promise<void> {
    this.links.get(target)!.forget();
    await this.#anew(this.#servers.get(this.place.wiring.proxies.get(target)!.class)!);
  }
  async #anew(server: Server<One>): Promise<void> {
    if (server.restarting) return server.restarting;
    const old = server.now;
    server.now = undefined;
    if (old !== undefined) await this.place.kind.kill(server.class, old);
    await this.#begin(server);
  }
  /** What each server says of its proxies, by class; null if it does not answer. */
  async facts(): Promise<ReadonlyMap<string, Readonly<Record<string, ProxyFacts>> | null>> {
    const each = [...this.#servers.values()].map(async (server) => [server.class, await server.api.all().catch(() => null)] as const);
    return new Map(await Promise.all(each));
  }

  /** Servers that do not answer, and proxies that are not as one made them. */
  async differences(): Promise<readonly ProxyDifference[]> {
    const facts = await this.facts();
    const silent = [...this.#servers.values()].filter((server) => !facts.get(server.class) && !server.restarting);
    const links = [...this.place.wiring.proxies.values()].flatMap(({ target, class: of, slot }): readonly ProxyDifference[] => {
      const [server, link] = [facts.get(of), this.links.get(target)!];
      const says = server ? link.differs(server[link.proxy.name], slot) : undefined;
      return says === undefined ? [] : [{ target, says, mend: () => link.putRight() }];
    });
    return [...silent.map((server) => ({ target: server.name, says: "no answer", mend: () => this.#awake(server) })), ...links];
  }
  /** A stopped server has kept its connections: it goes on. One that is wedged is started anew. */
  async #awake(server: Server<One>): Promise<void> {
    const { now } = server;
    if (now !== undefined) {
      await this.place.kind.goOn(server.class, now).catch(() => {});
      if (
        await until(`${server.name} to answer`, () => server.api.answers(), awakeMs, 50).then(
          () => true,
          () => false,
        )
      )
        return;
    }
    await this.#anew(server);
  }

  #begin(server: Server<One>): Promise<void> {
    server.restarting ??= this.#launch(server).finally(() => {
      server.restarting = undefined;
    });
    return server.restarting;
  }
  async #launch(server: Server<One>): Promise<void> {
    const { place } = this;
    const one = await place.kind.launch(server.class, (says) => this.#died(server, one, says));
    server.now = one;
    place.save();
    await until(`${server.name} to answer`, () => server.api.answers(), 10_000, 10);
    const mine = [...place.wiring.proxies.values()].filter((proxied) => proxied.class === server.class).map((proxied) => this.links.get(proxied.target)!);
    // Made disabled where that is wanted; toxics must be there before the first connection comes through.
    const hurt = mine.filter((link) => Object.keys(link.hurt).length > 0);
    await server.api.populate(mine.map((link) => ({ ...link.wanted, enabled: link.wanted.enabled && !hurt.includes(link) })));
    // A server that came up with all of its proxies keeps those as they were.
    const now = await server.api.all();
    const wrong = mine.filter((link) => hurt.includes(link) || now[link.proxy.name]?.enabled !== link.wanted.enabled);
    await Promise.all(wrong.map((link) => link.apply()));
  }
  #died(server: Server<One>, one: One, says: string): void {
    if (this.#ending || server.now !== one) return;
    server.now = undefined;
    this.place.trouble(server.name, `${says}; restarting it with its ${server.class} proxies`);
    void this.#begin(server).catch(async (error: unknown) => {
      this.place.trouble(server.name, `could not be restarted: ${error instanceof Error ? error.message : error}`);
      await sleep(1000);
      if (!this.#ending && server.now === undefined) void this.#begin(server).catch(() => undefined);
    });
  }
}
