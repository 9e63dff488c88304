/** Those that a balancer or a firewall sends to, in turn: which of them live, by asking each again and again as a real balancer does. */
import { Agent, get } from "node:http";
import type { Address } from "./config.js";
import { log } from "./log.js";

const checkEveryMs = 500;
const checkTimeoutMs = 1000;
/** Silence is no proof at first: a router may be busy. A refusal is. */
const silencesToFall = 2;
/** A connection per backend is kept: most of what a check costs is opening one. Whoever goes away ends it, and the next check dials anew. */
const agent = new Agent({ keepAlive: true });

export interface Backend {
  readonly name: string;
  readonly to: Address;
  healthy: boolean;
  silences: number;
}
type Health = "healthy" | "unhealthy" | "silent";

/** Asks what a router answers to a balancer's health check. */
function check(to: Address, isHealthy: (status: number) => boolean, by: Agent | false = agent): Promise<Health> {
  return new Promise((resolve) => {
    const request = get({ ...to, path: "/", agent: by, headers: { Host: "monitor", "User-Agent": "HTTP-Monitor/1.1" } }, (answer) => {
      answer.resume();
      clearTimeout(timer);
      resolve(isHealthy(answer.statusCode ?? 0) ? "healthy" : "unhealthy");
    });
    let over = false;
    const silent = () => {
      over = true;
      resolve("silent");
      request.destroy();
    };
    // If it was this process that was late, the answer is waiting to be read: it comes before an immediate.
    const timer = setTimeout(() => setImmediate(silent), checkTimeoutMs);
    request.on("error", () => {
      clearTimeout(timer);
      if (over) return;
      // A kept connection may be ended from the other side just now, by somebody who is well.
      resolve(request.reusedSocket ? check(to, isHealthy, false) : "unhealthy");
    });
  });
}

export class Pool {
  #backends: readonly Backend[] = [];
  #next = 0;

  /** `isHealthy` judges the status of an answer. */
  constructor(private readonly isHealthy: (status: number) => boolean) {}

  get backends(): readonly Backend[] {
    return this.#backends;
  }
  /** From now on these and no others; one that was known keeps what is known of it, a new one is out until it was checked. */
  set(members: Readonly<Record<string, Address>>): void {
    this.#backends = Object.entries(members).map(
      ([name, to]) => this.#backends.find((backend) => backend.name === name) ?? { name, to, healthy: false, silences: 0 },
    );
  }

  /** One check of every one; resolves when all are known. */
  async checkAll(): Promise<void> {
    await Promise.all(
      this.#backends.map(async (backend) => {
        const health = await check(backend.to, this.isHealthy);
        backend.silences = health === "silent" ? backend.silences + 1 : 0;
        if (health !== "silent" || backend.silences >= silencesToFall) this.#set(backend, health === "healthy");
      }),
    );
  }

  /** Checks for ever, a round every 500 ms or as soon as the last one has ended; `after` each one. */
  async keepChecking(after?: () => Promise<void> | undefined): Promise<never> {
    for (;;) {
      const begun = performance.now();
      await this.checkAll();
      await after?.();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, checkEveryMs - (performance.now() - begun))));
    }
  }

  /** A request could not be passed on: out until the next check says otherwise. */
  failed(backend: Backend): void {
    this.#set(backend, false);
  }

  #set(backend: Backend, healthy: boolean): void {
    if (backend.healthy !== healthy) log.info({ backend: backend.name, healthy }, "health changed");
    backend.healthy = healthy;
  }

  /** The next healthy one in turn that is not in `tried`. */
  pick(tried: ReadonlySet<Backend>): Backend | undefined {
    const count = this.#backends.length;
    for (let i = 0; i < count; i++) {
      const at = (this.#next + i) % count;
      const backend = this.#backends[at]!;
      if (!backend.healthy || tried.has(backend)) continue;
      this.#next = at + 1;
      return backend;
    }
    return undefined;
  }
}
