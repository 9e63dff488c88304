/**
 * One Toxiproxy server's API, through toxiproxy-node-client with what that lacks: a deadline per call, and errors that say what was asked
 * and what came back. `POST /reset` is never used: it would heal other people's faults too. Facts: Toxiproxy 2.12, README and source.
 */
import { Toxiproxy } from "toxiproxy-node-client";
import { HttpClient } from "toxiproxy-node-client/dist/HttpClient.js";
import { FlounderError } from "../errors.js";

/** Removing a toxic can hang with the proxy's lock held (Shopify/toxiproxy#558); Toxiproxy itself gives up after 25 s. */
const callMs = 2000;
/** A proxy is disabled when its last dial is over; to an address where nobody is that takes the kernel 3 s. */
const enableMs = 5000;

export interface Toxic {
  readonly name: string;
  readonly type: "latency" | "bandwidth" | "timeout" | "reset_peer";
  readonly stream: "upstream" | "downstream";
  readonly attributes: Readonly<Record<string, number>>;
}
export interface ProxyFacts {
  readonly name: string;
  /** host:port */
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  readonly toxics: readonly Toxic[];
}
export type ProxyWanted = Omit<ProxyFacts, "toxics">;

/** Toxiproxy answered, and not with success. */
export class ToxiproxyRefusal extends FlounderError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super("refused", message, "read the server's log in the foundation's logs/; flounder heal escalates by itself");
  }
}

class BoundedHttp extends HttpClient {
  constructor(
    private readonly who: string,
    private readonly token: string,
  ) {
    super();
  }
  override async get<T>(url: string): Promise<{ data: T }> {
    return { data: (await this.#ask("GET", url)) as T };
  }
  override async post<T>(url: string, body?: unknown, limitMs = callMs): Promise<{ data: T }> {
    return { data: (await this.#ask("POST", url, body, limitMs)) as T };
  }
  override async delete(url: string): Promise<void> {
    await this.#ask("DELETE", url);
  }
  override async getText(url: string): Promise<string> {
    return JSON.stringify(await this.#ask("GET", url));
  }

  async #ask(method: string, url: string, body?: unknown, limitMs = callMs): Promise<unknown> {
    const asked = `${this.who}: ${method} ${new URL(url).pathname}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`;
    let text: string;
    let status: number;
    try {
      const answer = await fetch(url, {
        method,
        signal: AbortSignal.timeout(limitMs),
        headers: { authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = answer.status;
      text = await answer.text();
    } catch (error) {
      const late = error instanceof Error && error.name === "TimeoutError";
      const why = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
      throw new FlounderError(
        "unreachable",
        `${asked}: ${late ? `no answer within ${limitMs} ms` : why}`,
        "its process may be dead or wedged; flounder heal restarts it",
        {
          cause: error,
        },
      );
    }
    if (status >= 300) throw new ToxiproxyRefusal(status, `${asked}: answered ${status} ${text.trim()}`);
    if (text === "") return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new ToxiproxyRefusal(status, `${asked}: answered ${status} with no JSON: ${text.slice(0, 200)}`);
    }
  }
}

export class ToxiproxyApi {
  readonly #http: BoundedHttp;
  /** `who` names the server in errors: "toxiproxy-bus". `where`: its base URL now; one in a container may move when it is started again. */
  constructor(
    who: string,
    private readonly where: () => string,
    token: string,
  ) {
    this.#http = new BoundedHttp(who, token);
  }
  get url(): string {
    return this.where();
  }
  get #client(): Toxiproxy {
    const client = new Toxiproxy(this.url);
    client.api = this.#http;
    return client;
  }
  #path = (proxy: string) => `${this.url}/proxies/${encodeURIComponent(proxy)}`;

  async answers(): Promise<boolean> {
    try {
      await this.#client.getVersion();
      return true;
    } catch {
      return false;
    }
  }
  async get(proxy: string): Promise<ProxyFacts> {
    return (await this.#client.getApi().get<ProxyFacts>(this.#path(proxy))).data;
  }
  async all(): Promise<Readonly<Record<string, ProxyFacts>>> {
    return (await this.#client.getApi().get<Record<string, ProxyFacts>>(`${this.url}/proxies`)).data;
  }
  /** Makes proxies that do not exist yet; an existing one with the same addresses keeps its toxics and its state. */
  async populate(proxies: readonly ProxyWanted[]): Promise<void> {
    await this.#client.populate([...proxies]);
  }
  /** False closes the listener and every connection through it. */
  async enable(proxy: ProxyWanted, enabled: boolean): Promise<void> {
    await this.#http.post(this.#path(proxy.name), { listen: proxy.listen, upstream: proxy.upstream, enabled }, enableMs);
  }
  async addToxic(proxy: string, toxic: Toxic): Promise<void> {
    await this.#client.getApi().post(`${this.#path(proxy)}/toxics`, { ...toxic, toxicity: 1 });
  }
  async removeToxic(proxy: string, toxic: string): Promise<void> {
    await this.#unlessAbsent(this.#client.getApi().delete(`${this.#path(proxy)}/toxics/${encodeURIComponent(toxic)}`));
  }
  async removeProxy(proxy: string): Promise<void> {
    await this.#unlessAbsent(this.#client.getApi().delete(this.#path(proxy)));
  }
  async #unlessAbsent(deletion: Promise<void>): Promise<void> {
    await deletion.catch((error: unknown) => {
      if (!(error instanceof ToxiproxyRefusal && error.status === 404)) throw error;
    });
  }
}
