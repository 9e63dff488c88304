/** The foundation's Toxiproxy servers, one per class of link: restarting a wedged one must not cut the rest. */
import { join } from "node:path";
import { sleep, until } from "../../clock.js";
import type { TargetName } from "../../core.js";
import { ProxiedLink } from "../link.js";
import { type ProxyFacts, ToxiproxyApi } from "../toxiproxy.js";
import { proxyName, type Wiring } from "../wiring.js";
import { adopt, launch } from "./daemon.js";
import { host } from "./hosts.js";
import { isAlive, type Living, signal } from "./process-table.js";
import type { SavedFleet } from "./saved.js";

export interface FleetPlace {
  readonly wiring: Wiring;
  /** Path of toxiproxy-server. */
  readonly command: string;
  readonly dir: string;
  env(component: string): Record<string, string>;
  save(): void;
  trouble(from: string, says: string): void;
}
interface Server {
  readonly class: string;
  readonly name: string;
  readonly port: number;
  readonly api: ToxiproxyApi;
  living: Living | undefined;
  restarting: Promise<void> | undefined;
}

export class Fleet {
  readonly #servers = new Map<string, Server>();
  readonly links = new Map<TargetName, ProxiedLink>();
  #ending = false;

  constructor(private readonly place: FleetPlace) {
    for (const [of, port] of place.wiring.servers) {
      const name = `toxiproxy-${of}`;
      this.#servers.set(of, { class: of, name, port, api: new ToxiproxyApi(name, `http://${host}:${port}`), living: undefined, restarting: undefined });
    }
    for (const proxied of place.wiring.proxies.values()) {
      const proxy = { name: proxyName(proxied.target), listen: `${host}:${proxied.listen}`, upstream: `${host}:${proxied.upstream}` };
      this.links.set(proxied.target, new ProxiedLink(proxy, this.#servers.get(proxied.class)!.api, () => place.save()));
    }
  }

  saved(): SavedFleet {
    const hurt = [...this.links].filter(([, link]) => Object.keys(link.hurt).length > 0);
    return {
      servers: Object.fromEntries([...this.#servers.values()].flatMap((server) => (server.living ? [[server.class, server.living]] : []))),
      hurt: Object.fromEntries(hurt.map(([target, link]) => [target, link.hurt])),
    };
  }

  async start(): Promise<void> {
    // Slots begin enabled: nobody is routed to one before an app listens there, and one call instead of two for each saves most of a second of boot.
    for (const proxied of this.place.wiring.proxies.values()) if (proxied.slot) this.links.get(proxied.target)!.recall({}, true);
    await Promise.all([...this.#servers.values()].map((server) => this.#begin(server)));
  }
  /** Takes over living servers, restarts dead ones; `up` says of which components somebody listens. */
  async attach(saved: SavedFleet, up: (component: string) => boolean): Promise<void> {
    for (const [target, link] of this.links) link.recall(saved.hurt[target] ?? {}, up(this.place.wiring.proxies.get(target)!.to));
    await Promise.all(
      [...this.#servers.values()].map(async (server) => {
        const living = saved.servers[server.class];
        if (living && isAlive(living) && (await server.api.answers())) {
          server.living = living;
          adopt(living, (says) => this.#died(server, living, says));
        } else {
          if (living) signal(living, "SIGKILL");
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
    const server = this.#servers.get(this.place.wiring.proxies.get(target)!.class)!;
    if (server.restarting) return server.restarting;
    const old = server.living;
    server.living = undefined;
    if (old) {
      signal(old, "SIGKILL");
      await until(`${server.name} to be gone`, () => !isAlive(old), 5000, 10);
    }
    await this.#begin(server);
  }
  /** What each server says of its proxies, by class; null if it does not answer. */
  async facts(): Promise<ReadonlyMap<string, Readonly<Record<string, ProxyFacts>> | null>> {
    const each = [...this.#servers.values()].map(async (server) => [server.class, await server.api.all().catch(() => null)] as const);
    return new Map(await Promise.all(each));
  }

  #begin(server: Server): Promise<void> {
    server.restarting ??= this.#launch(server).finally(() => {
      server.restarting = undefined;
    });
    return server.restarting;
  }
  async #launch(server: Server): Promise<void> {
    const { place } = this;
    const living = await launch(
      {
        name: server.name,
        argv: [place.command, "-host", host, "-port", String(server.port)],
        env: { ...place.env(server.name), LOG_LEVEL: "warn" },
        cwd: place.dir,
        log: join(place.dir, "logs", `${server.name}.log`),
      },
      (says) => this.#died(server, living, says),
    );
    server.living = living;
    place.save();
    await until(`${server.name} to answer`, () => server.api.answers(), 10_000, 10);
    const mine = [...place.wiring.proxies.values()].filter((proxied) => proxied.class === server.class).map((proxied) => this.links.get(proxied.target)!);
    // Made disabled where that is wanted; toxics must be there before the first connection comes through.
    const hurt = mine.filter((link) => Object.keys(link.hurt).length > 0);
    await server.api.populate(mine.map((link) => ({ ...link.wanted, enabled: link.wanted.enabled && !hurt.includes(link) })));
    await Promise.all(hurt.map((link) => link.apply()));
  }
  #died(server: Server, living: Living, says: string): void {
    if (this.#ending || server.living?.pid !== living.pid || server.living.start !== living.start) return;
    server.living = undefined;
    this.place.trouble(server.name, `${says}; restarting it with its ${server.class} proxies`);
    void this.#begin(server).catch(async (error: unknown) => {
      this.place.trouble(server.name, `could not be restarted: ${error instanceof Error ? error.message : error}`);
      await sleep(1000);
      if (!this.#ending && !server.living) void this.#begin(server).catch(() => undefined);
    });
  }
}
