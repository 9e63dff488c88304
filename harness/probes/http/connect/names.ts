/** Addresses of names by the system's resolver: hosts files and what else it knows included. */
import { lookup } from "node:dns";
import { isIP } from "node:net";
import { nowUs } from "../../../clock.js";
import type { Hop } from "../question.js";
import { LastAnswer } from "../response.js";
import { interleaved } from "./dial.js";
import type { HttpProxy } from "./proxy.js";

const addressesKeptUs = 1e6;
const knownMax = 1000;

export interface Address {
  readonly addresses: readonly string[];
  /** Of this URL. */
  readonly last: LastAnswer;
}
let asking = 0;
/** Questions to the system's resolver that are not answered: each has a thread, and a process does not end before them. */
export const lookupsUnderWay = (): number => asking;

/** All addresses of a name, families by turns. */
export function lookUp(name: string, done: (addresses: readonly string[], problem: string) => void): void {
  asking++;
  lookup(name, { all: true, verbatim: true }, (error, found) => {
    asking--;
    const addresses = error ? [] : interleaved(found.map((one) => one.address));
    done(addresses, addresses.length > 0 ? "" : `${name}: ${error?.code ?? "no address"}`);
  });
}

type Tell = (found: Address | undefined, problem: string) => void;

/** Names go to the system's resolver, at most once a second each, and at most one question at a time. */
export class Names {
  readonly #known = new Map<string, { address: Address; untilUs: number }>();
  readonly #asking = new Map<string, Tell[]>();

  /** `given`: as curl's --resolve, "host:port" → address. */
  constructor(readonly given: Readonly<Record<string, string>> = {}) {}

  known(hop: Hop): Address | undefined {
    const entry = this.#known.get(hop.url.href);
    return entry && (entry.untilUs === Number.POSITIVE_INFINITY || entry.untilUs > nowUs()) ? entry.address : undefined;
  }

  /** Of the hop's host; with a proxy, of that. */
  find({ url, zone }: Hop, proxy: HttpProxy | undefined, done: Tell): void {
    const name = proxy?.host ?? url.hostname.replace(/^\[|\]$/g, "");
    const port = proxy?.port ?? (url.port || (url.protocol === "https:" ? "443" : "80"));
    const given = this.given[`${name}:${port}`];
    if (given !== undefined || isIP(name)) {
      done(this.#learn(url.href, [given ?? (zone === undefined || proxy ? name : `${name}%${zone}`)], Number.POSITIVE_INFINITY), "");
      return;
    }
    const others = this.#asking.get(url.href);
    if (others) {
      others.push(done);
      return;
    }
    const waiting = [done];
    this.#asking.set(url.href, waiting);
    lookUp(name, (addresses, problem) => {
      this.#asking.delete(url.href);
      const address = addresses.length === 0 ? undefined : this.#learn(url.href, addresses, nowUs() + addressesKeptUs);
      for (const tell of waiting) tell(address, problem);
    });
  }

  #learn(href: string, addresses: readonly string[], untilUs: number): Address {
    const before = this.#known.get(href)?.address;
    const same = before !== undefined && before.addresses.join() === addresses.join();
    const address = same ? before : { addresses, last: new LastAnswer() };
    if (this.#known.size >= knownMax) this.#known.clear(); // redirections to ever new places
    this.#known.set(href, { address, untilUs });
    return address;
  }
}
