/** What proxies a Toxiproxy of somebody else has, and which of them may be broken. Only looks. */
import { z } from "zod";
import type { PortProtocol } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { knock, knockable, usualProtocol } from "../knock.js";
import { type ProxyFacts, ToxiproxyApi } from "../toxiproxy.js";

export interface Choice {
  /** Proxies that may be broken, and no others. Default: all that are not protected. */
  readonly allow?: readonly string[] | undefined;
  readonly protect: readonly string[];
  /** Also those that have toxics of somebody else's. */
  readonly beside: boolean;
}

const proxySchema = z.object({
  name: z.string(),
  /** As this machine reaches it. */
  host: z.string(),
  port: z.number(),
  protocol: z.enum([...knockable, "udp", "tcp"]),
  /** Why it may not be broken; absent: it may. */
  spared: z.string().optional(),
});
export const proxiesSchema = z.object({ url: z.string(), proxies: z.array(proxySchema) });
export type ForeignProxy = z.output<typeof proxySchema>;
export type Proxies = z.output<typeof proxiesSchema>;

export const apiOf = (url: string): ToxiproxyApi => new ToxiproxyApi(`Toxiproxy at ${url}`, () => url, "");

/** Only whoever is meant: a name that leads elsewhere tomorrow is no loopback. */
const isLoopback = (host: string): boolean => /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(host);

/** "toxiproxy:http://127.0.0.1:8474" → its URL. Throws FlounderError: "usage" for what is none, "refused" for another machine's. */
export function urlIn(address: string, isRemoteAllowed: boolean): string {
  const text = address.replace(/^toxiproxy:/, "");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:")
    throw new FlounderError("usage", `"${address}" cannot be attached`, "give the address of its API: toxiproxy:http://127.0.0.1:8474");
  if (!isLoopback(url.hostname) && !isRemoteAllowed)
    throw new FlounderError("refused", `${url.host} is not this machine: others may use what it proxies`, "add --remote to break it on purpose");
  return url.origin;
}

const knockMs = 700;

/** Its proxies. Rejects with FlounderError where it does not answer, has none, the config names one that it has not, or nothing may be broken. */
export async function findProxies(url: string, config: Choice): Promise<Proxies> {
  const all = Object.values(await apiOf(url).all());
  const names = all.map(({ name }) => name).sort();
  if (all.length === 0) throw new FlounderError("usage", `Toxiproxy at ${url} has no proxies`, "make them first: toxiproxy-cli create");
  const unknown = [...(config.allow ?? []), ...config.protect].filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new FlounderError("usage", `the config names ${unknown.join(", ")}: Toxiproxy at ${url} has no such proxy`, `it has ${names.join(", ")}`);
  const proxies = await Promise.all(all.map((facts) => proxyOf(facts, new URL(url).hostname, config)));
  if (proxies.every(({ spared }) => spared !== undefined))
    throw new FlounderError(
      "refused",
      `no proxy of Toxiproxy at ${url} may be broken: ${proxies.map(({ name, spared }) => `${name}: ${spared}`).join("; ")}`,
      "remove those toxics, or add --beside to break beside them on purpose",
    );
  return { url, proxies: proxies.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

async function proxyOf(facts: ProxyFacts, server: string, config: Choice): Promise<ForeignProxy> {
  const { name, listen, upstream } = facts;
  const at = listen.lastIndexOf(":");
  const bound = listen.slice(0, at);
  const host = (["", "0.0.0.0", "[::]"].includes(bound) ? server : bound).replace(/^\[|\]$/g, "");
  const port = Number(listen.slice(at + 1));
  const spared = whySpared(facts, config);
  const kinds = new Set<PortProtocol>([usualProtocol(Number(upstream.split(":").at(-1))), "http"]);
  let protocol: PortProtocol = "tcp";
  for (const kind of kinds) if (protocol === "tcp" && Number.isFinite(await knock({ host, port }, kind, knockMs))) protocol = kind;
  return { name, host, port, protocol, ...(spared === undefined ? {} : { spared }) };
}

function whySpared({ name, enabled, toxics }: ProxyFacts, { allow, protect, beside }: Choice): string | undefined {
  if (protect.includes(name)) return "the config protects it";
  if (allow && !allow.includes(name)) return "the config does not allow it";
  if (!enabled) return "it is disabled already";
  if (toxics.length > 0 && !beside) return `it has toxics of somebody else's (${toxics.map((one) => one.name).join(", ")})`;
  return undefined;
}
