/** Where a URL is to be asked: addresses of its name by the system's resolver, and the request to send. */
import { lookup } from "node:dns";
import { isIP } from "node:net";
import { nowUs } from "../../clock.js";
import { LastAnswer } from "./response.js";
import type { Endpoint } from "./wire.js";

const addressesKeptUs = 1e6;

export interface Address {
  readonly endpoint: Endpoint;
  /** The whole request, for a connection that is closed after it, and for one that is kept. */
  readonly fresh: Uint8Array;
  readonly keep: Uint8Array;
}

/** Names go to the system's resolver, at most once a second each, and at most one question at a time. */
export class Names {
  readonly #known = new Map<string, { address: Address; untilUs: number }>();
  readonly #asking = new Map<string, ((found: Address | undefined, problem: string) => void)[]>();

  known(url: string): Address | undefined {
    const entry = this.#known.get(url);
    return entry && (entry.untilUs === Number.POSITIVE_INFINITY || entry.untilUs > nowUs()) ? entry.address : undefined;
  }

  find(url: string, done: (found: Address | undefined, problem: string) => void): void {
    const parsed = new URL(url);
    const name = parsed.hostname.replace(/^\[|\]$/g, "");
    if (isIP(name)) {
      done(this.#learn(url, parsed, [name], Number.POSITIVE_INFINITY), "");
      return;
    }
    const others = this.#asking.get(url);
    if (others) {
      others.push(done);
      return;
    }
    const waiting = [done];
    this.#asking.set(url, waiting);
    lookup(name, { all: true, verbatim: true }, (error, found) => {
      this.#asking.delete(url);
      const addresses = error ? [] : found.map((one) => one.address);
      const address = addresses.length === 0 ? undefined : this.#learn(url, parsed, addresses, nowUs() + addressesKeptUs);
      for (const tell of waiting) tell(address, `${name}: ${error?.code ?? "no address"}`);
    });
  }

  #learn(url: string, parsed: URL, addresses: readonly string[], untilUs: number): Address {
    const tls = parsed.protocol === "https:";
    const endpoint: Endpoint = { addresses, port: Number(parsed.port) || (tls ? 443 : 80), last: new LastAnswer(), ...(tls ? { tls: parsed.hostname } : {}) };
    const head = `GET ${parsed.pathname}${parsed.search} HTTP/1.1\r\nhost: ${parsed.host}\r\nuser-agent: flounder\r\naccept: */*\r\n`;
    const address = { endpoint, fresh: Buffer.from(`${head}connection: close\r\n\r\n`, "latin1"), keep: Buffer.from(`${head}\r\n`, "latin1") };
    if (this.#known.size > 1000) this.#known.clear(); // redirects to ever new places
    this.#known.set(url, { address, untilUs });
    return address;
  }
}
