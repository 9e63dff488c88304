/** Host names of others, resolved when needed by whatever resolver this machine has (in a container: Docker's), and kept for a second. */
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";

const keepMs = 1000;
/** A resolver that does not know a name may ask others for long. */
const deadlineMs = 800;

interface Known {
  readonly addresses: Promise<readonly string[]>;
  staleAtMs: number;
}

export class HostNames {
  readonly #known = new Map<string, Known>();

  /** IPv4 addresses; empty when the name cannot be resolved, or not in time. An address is its own. */
  async addresses(host: string): Promise<readonly string[]> {
    if (isIPv4(host)) return [host];
    let known = this.#known.get(host);
    if (!known || known.staleAtMs < performance.now()) {
      known = this.#ask(host);
      this.#known.set(host, known);
    }
    const { addresses } = known;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(() => resolve([]), deadlineMs);
    });
    return Promise.race([addresses, late]).finally(() => clearTimeout(timer));
  }

  /** One question at a time for each name: it is stale a second after its answer. */
  #ask(host: string): Known {
    const known: Known = {
      staleAtMs: Number.POSITIVE_INFINITY,
      addresses: lookup(host, { family: 4, all: true })
        .then(
          (found) => found.map(({ address }) => address),
          () => [],
        )
        .finally(() => {
          known.staleAtMs = performance.now() + keepMs;
        }),
    };
    return known;
  }
}
