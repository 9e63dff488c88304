/**
 * A link as a proxy that is kept the way it is wanted: what a fault cut, what it shaped, and whether anybody listens behind it.
 * A dead upstream behind an enabled proxy looks like connected-then-closed, so the proxy is disabled while its upstream is dead; that neither hides nor
 * undoes a cut, since both are remembered apart.
 */
import type { CutLink } from "../core.js";
import type { ProxyFacts, ProxyWanted, Toxic, ToxiproxyApi } from "./toxiproxy.js";

export interface LinkHurt {
  readonly cut?: CutLink | undefined;
  /** Added to each round trip, half of it each way. */
  readonly latencyMs?: number | undefined;
  /** Per direction. */
  readonly rateKBps?: number | undefined;
}

const both = (type: Toxic["type"], attributes: (stream: Toxic["stream"]) => Toxic["attributes"]): Toxic[] =>
  (["upstream", "downstream"] as const).map((stream) => ({ name: `${type}-${stream}`, type, stream, attributes: attributes(stream) }));

/** The toxics that make a link so. */
export function toxicsOf(hurt: LinkHurt): readonly Toxic[] {
  const { cut, latencyMs, rateKBps } = hurt;
  return [
    ...(latencyMs ? both("latency", (stream) => ({ latency: stream === "upstream" ? Math.floor(latencyMs / 2) : Math.ceil(latencyMs / 2), jitter: 0 })) : []),
    ...(rateKBps ? both("bandwidth", () => ({ rate: rateKBps })) : []),
    ...(cut === "reset" ? both("reset_peer", () => ({ timeout: 0 })) : []),
    ...(cut === "swallow" ? both("timeout", () => ({ timeout: 0 })) : []),
  ];
}

/** Toxiproxy says the address that it bound: [::] for 0.0.0.0. */
const portOf = (address: string) => address.slice(address.lastIndexOf(":"));

const same = (a: Toxic, b: Toxic) => a.name === b.name && Object.entries(a.attributes).every(([key, value]) => b.attributes[key] === value);

export class ProxiedLink {
  #hurt: LinkHurt = {};
  #upstreamUp = false;
  /** The proxy is as wanted, as far as was heard. */
  #settled = true;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    /** Name in Toxiproxy and both addresses as host:port. */
    readonly proxy: Omit<ProxyWanted, "enabled">,
    private readonly api: ToxiproxyApi,
    /** Called before anything is done, so that a later keeper knows what was wanted. */
    private readonly remember: () => void,
  ) {}

  get hurt(): LinkHurt {
    return this.#hurt;
  }
  get wanted(): ProxyWanted {
    return { ...this.proxy, enabled: this.#upstreamUp && this.#hurt.cut !== "refuse" };
  }
  /** What a former keeper wanted; nothing is done yet. */
  recall(hurt: LinkHurt, upstreamUp: boolean): void {
    this.#hurt = hurt;
    this.#upstreamUp = upstreamUp;
  }

  async cut(how: CutLink): Promise<void> {
    const { cut: _, ...shape } = this.#hurt;
    await this.#want({ ...shape, cut: how });
  }
  async shape(to: { readonly latencyMs?: number; readonly rateKBps?: number }): Promise<void> {
    await this.#want({ ...(this.#hurt.cut ? { cut: this.#hurt.cut } : {}), ...to });
  }
  async mend(): Promise<void> {
    await this.#want({});
  }
  /** As its server says, not as we remember it: it listens, and nothing is done to what passes. */
  async whole(): Promise<boolean> {
    const { enabled, toxics } = await this.api.get(this.proxy.name);
    return enabled && toxics.length === 0;
  }
  async upstream(up: boolean): Promise<void> {
    if (up === this.#upstreamUp && this.#settled) return;
    this.#upstreamUp = up;
    await this.apply();
  }
  /** Deletes the proxy and makes it again on the same port, without any hurt. */
  async recreate(): Promise<void> {
    this.#hurt = {};
    this.remember();
    await this.#next(async () => {
      await this.api.removeProxy(this.proxy.name);
      await this.api.populate([this.wanted]);
    });
  }
  /** Mended as far as wishes go; the server is told when it is restored. */
  forget(): void {
    this.#hurt = {};
    this.remember();
  }

  /**
   * What is otherwise with this proxy, as its server has it, than with one that nobody hurt, a remembered hurt too. `slot`: an app may be behind it while its component is
   * dead, so that is no reason for it to be enabled or not.
   */
  differs(now: ProxyFacts | undefined, slot: boolean): string | undefined {
    const { listen, upstream } = this.proxy;
    if (!now) return "no proxy";
    if (portOf(now.listen) !== portOf(listen) || now.upstream !== upstream) return `proxy leads from ${now.listen} to ${now.upstream}`;
    if (now.toxics.length > 0) return `toxics ${now.toxics.map(({ name }) => name).join(", ")}`;
    if (now.enabled !== this.#upstreamUp && !(slot && !this.#upstreamUp)) return now.enabled ? "proxy enabled, with nobody behind it" : "proxy disabled";
    return Object.keys(this.#hurt).length > 0 ? "remembered as hurt" : undefined;
  }
  /** Gently where that will do: to make it anew ends whatever goes through it. */
  async putRight(): Promise<void> {
    await this.mend().catch(() => {});
    const now = await this.api.get(this.proxy.name).catch(() => undefined);
    if (this.differs(now, true) !== undefined) await this.recreate();
  }

  /** Brings the proxy from whatever it is to what is wanted. */
  apply(): Promise<void> {
    return this.#next(async () => {
      const { name } = this.proxy;
      this.#settled = false;
      const wanted = toxicsOf(this.#hurt);
      const now = await this.api.get(name);
      const wrong = now.toxics.filter((toxic) => !wanted.some((want) => same(want, toxic)));
      const missing = wanted.filter((want) => !now.toxics.some((toxic) => same(want, toxic)));
      let enabled = now.enabled;
      const enable = async (to: boolean) => {
        if (enabled !== to) await this.api.enable(this.wanted, to);
        enabled = to;
      };
      // reset_peer touches only connections that are opened after it was added: closing the listener ends the older ones first.
      if (missing.some((toxic) => toxic.type === "reset_peer")) await enable(false);
      for (const toxic of wrong) await this.api.removeToxic(name, toxic.name);
      for (const toxic of missing) await this.api.addToxic(name, toxic);
      await enable(this.wanted.enabled);
      this.#settled = true;
    });
  }

  async #want(hurt: LinkHurt): Promise<void> {
    this.#hurt = hurt;
    this.remember();
    await this.apply();
  }
  #next(act: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}
