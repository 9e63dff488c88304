/** The routing table: which endpoints serve which host (and context path). Pure: time and chance come in. Rules: gorouter, cf-protocol of 2011-2014. */

export interface Endpoint {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly app: string;
  readonly privateInstanceId: string;
  readonly privateInstanceIndex: string;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly ttlMs: number;
}
interface Entry {
  endpoint: Endpoint;
  /** When it was registered last. */
  stampMs: number;
  failedUntilMs: number;
}
export interface Pool {
  readonly entries: Entry[];
  next: number;
}

export type Poison = "stale" | "wrong";
export const isPoison = (word: unknown): word is Poison => word === "stale" || word === "wrong";
/** Nobody listens at TCP port 1 (tcpmux): where an endpoint is said to be that has moved away. */
const movedAway = 1;

/** Lower case, no scheme, no query: "hello.vcap.me", "ctx.vcap.me/api". */
export function keyOf(uri: string): { readonly host: string; readonly path: string } {
  const [bare = ""] = uri.toLowerCase().split("?");
  const slash = bare.indexOf("/");
  return slash < 0 ? { host: bare, path: "" } : { host: bare.slice(0, slash), path: bare.slice(slash).replace(/\/+$/, "") };
}

export class Table {
  /** host → context path → endpoints. */
  readonly #pools = new Map<string, Map<string, Pool>>();
  #generation = 0;
  #held = false;
  #poison: Poison | undefined;
  lastUpdateMs = 0;

  /** `chance` gives [0, 1): where round robin starts. A failed endpoint is passed over for failedMs. */
  constructor(
    readonly failedMs: number,
    readonly chance: () => number,
    /** Hosts that no wildcard answers for. */
    readonly exact: readonly string[] = [],
  ) {}

  get generation(): number {
    return this.#generation;
  }
  get held(): boolean {
    return this.#held;
  }
  get poison(): Poison | undefined {
    return this.#poison;
  }
  /** Endpoints, once per uri. */
  get size(): number {
    let size = 0;
    for (const [, pool] of this.#all()) size += pool.entries.length;
    return size;
  }

  *#all(): Generator<readonly [string, Pool]> {
    for (const [host, paths] of this.#pools) for (const [path, pool] of paths) yield [host + path, pool];
  }
  /** The pool of a key, made if there is none. */
  #pool(host: string, path: string): Pool {
    const paths = this.#pools.get(host) ?? new Map<string, Pool>();
    const pool = paths.get(path) ?? { entries: [], next: -1 };
    this.#pools.set(host, paths.set(path, pool));
    return pool;
  }
  #drop(uri: string): void {
    const { host, path } = keyOf(uri);
    const paths = this.#pools.get(host);
    paths?.delete(path);
    if (paths?.size === 0) this.#pools.delete(host);
  }

  register(uris: readonly string[], endpoint: Endpoint, nowMs: number): void {
    if (this.#held) return;
    this.lastUpdateMs = nowMs;
    for (const uri of uris) {
      const { host, path } = keyOf(uri);
      const pool = this.#pool(host, path);
      const known = pool.entries.find((entry) => entry.endpoint.address === endpoint.address);
      if (!known) pool.entries.push({ endpoint, stampMs: nowMs, failedUntilMs: 0 });
      else {
        // Another instance behind a known address has not failed yet.
        if (known.endpoint.privateInstanceId !== endpoint.privateInstanceId || known.endpoint.app !== endpoint.app) known.failedUntilMs = 0;
        known.endpoint = endpoint;
        known.stampMs = nowMs;
      }
    }
  }

  unregister(uris: readonly string[], address: string, nowMs: number): void {
    this.lastUpdateMs = nowMs;
    for (const uri of uris) {
      const { host, path } = keyOf(uri);
      const pool = this.#pools.get(host)?.get(path);
      const at = pool?.entries.findIndex(({ endpoint }) => endpoint.address === address) ?? -1;
      if (!pool || at < 0) continue;
      pool.entries.splice(at, 1);
      if (pool.entries.length === 0) this.#drop(uri);
    }
  }

  /** Drops what was not registered again within its time to live; says how many. */
  prune(nowMs: number): number {
    let dropped = 0;
    for (const [uri, pool] of [...this.#all()]) {
      const fresh = pool.entries.filter(({ endpoint, stampMs }) => nowMs - stampMs <= endpoint.ttlMs);
      dropped += pool.entries.length - fresh.length;
      pool.entries.splice(0, pool.entries.length, ...fresh);
      if (fresh.length === 0) this.#drop(uri);
    }
    return dropped;
  }

  /** Grants every entry its whole time to live anew: after a silence that was the bus's fault. */
  restamp(nowMs: number): void {
    for (const [, pool] of this.#all()) for (const entry of pool.entries) entry.stampMs = nowMs;
  }

  /** Forgets everything, once: entries come back with the next registrations. */
  flush(): void {
    this.#pools.clear();
    this.#generation++;
  }

  /** While held the table stays empty. */
  hold(held: boolean): void {
    if (held && !this.#held) this.flush();
    this.#held = held;
  }

  /** From now on lookups are answered falsely; what is registered is still heard, and true again when it is cured. */
  setPoison(poison: Poison | undefined): void {
    this.#poison = poison;
  }
  #said(pool: Pool): Pool {
    return this.#poison === undefined ? pool : this.#poison === "stale" ? gone(pool) : this.#other(pool);
  }
  /** The next host's endpoints, past those that are the same ones under another name. */
  #other(pool: Pool): Pool {
    const pools = [...this.#all()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
    const addresses = (of: Pool) => of.entries.map(({ endpoint }) => endpoint.address);
    const mine = new Set(addresses(pool));
    const at = pools.indexOf(pool);
    return [...pools.slice(at + 1), ...pools.slice(0, at)].find((one) => !addresses(one).some((address) => mine.has(address))) ?? gone(pool);
  }

  /** `host` in lower case and without port; `path` is the request's, a query may follow. The longest context path wins, wildcards come label by label. */
  lookup(host: string, path: string): Pool | undefined {
    let paths = this.#pools.get(host);
    for (let rest = host; ; ) {
      const pool = paths && longest(paths, path);
      if (pool) return this.#said(pool);
      if (this.exact.includes(host)) return undefined;
      const dot = rest.indexOf(".");
      if (dot < 0) return undefined;
      rest = rest.slice(dot + 1);
      paths = this.#pools.get(`*.${rest}`);
    }
  }

  /** The next endpoint of a pool in turn, past failed ones; if all have failed, all are tried anew. */
  pick(pool: Pool, nowMs: number): Endpoint | undefined {
    const { entries } = pool;
    const count = entries.length;
    if (count === 0) return undefined;
    if (pool.next < 0) pool.next = Math.floor(this.chance() * count);
    for (let i = 0; i < count; i++) {
      const at = (pool.next + i) % count;
      const entry = entries[at]!;
      if (entry.failedUntilMs > nowMs) continue;
      pool.next = at + 1;
      return entry.endpoint;
    }
    for (const entry of entries) entry.failedUntilMs = 0;
    return entries[pool.next++ % count]!.endpoint;
  }

  markFailed(pool: Pool, { address }: Endpoint, nowMs: number): void {
    const entry = pool.entries.find(({ endpoint }) => endpoint.address === address);
    if (entry) entry.failedUntilMs = nowMs + this.failedMs;
  }

  /** As gorouter's /routes. */
  routes(): Record<string, readonly object[]> {
    const shown: Record<string, readonly object[]> = {};
    for (const [uri, pool] of this.#all())
      shown[uri] = this.#said(pool).entries.map(({ endpoint: { address, ttlMs, tags, privateInstanceId } }) => ({
        address,
        protocol: "http1",
        tls: false,
        ttl: ttlMs / 1000,
        tags,
        private_instance_id: privateInstanceId,
      }));
    return shown;
  }

  /** Apps with a route. */
  droplets(): number {
    const apps = new Set<string>();
    for (const [, pool] of this.#all()) for (const { endpoint } of pool.entries) apps.add(endpoint.app);
    return apps.size;
  }
}

/** The same endpoints, each at an address where nobody is any more. */
const gone = (pool: Pool): Pool => ({
  next: -1,
  entries: pool.entries.map((entry) => ({ ...entry, endpoint: { ...entry.endpoint, port: movedAway, address: `${entry.endpoint.host}:${movedAway}` } })),
});

/** The pool with the longest context path that is a prefix of the request's path by whole segments. */
function longest(paths: ReadonlyMap<string, Pool>, path: string): Pool | undefined {
  const root = paths.get("");
  if (root && paths.size === 1) return root;
  const [bare = ""] = path.toLowerCase().split("?");
  for (let prefix = bare.replace(/\/+$/, ""); prefix !== ""; prefix = prefix.slice(0, prefix.lastIndexOf("/"))) {
    const pool = paths.get(prefix);
    if (pool) return pool;
  }
  return root;
}
