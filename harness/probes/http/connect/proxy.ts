/** Which proxy a URL is asked through, if any: the one that was named, or those of the environment, read as curl reads them. Pure. */
import { BlockList, isIP } from "node:net";

/** A proxy that is spoken HTTP to, or SOCKS. */
export interface HttpProxy {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** It is spoken TLS to. */
  readonly tls?: true;
  /** Of Proxy-Authorization. */
  readonly authorization?: string;
  /** It is spoken SOCKS 5 to: names are looked up here (socks5://), or by the proxy (socks5h://). */
  readonly socks?: { readonly names: "here" | "there"; readonly user?: string; readonly password?: string };
}
/** By the scheme of what is asked. */
export interface Proxies {
  readonly http?: HttpProxy;
  readonly https?: HttpProxy;
  /** Hosts that are asked directly, as words of no_proxy: a name and all below it, an address, a network, or *. */
  readonly except?: readonly string[];
}

/** As curl has it for a proxy without a port. */
const defaultPorts = { http: 1080, https: 443, socks5: 1080, socks5h: 1080 } as const;
const isKnown = (scheme: string): scheme is keyof typeof defaultPorts => Object.hasOwn(defaultPorts, scheme);

/** As it may be shown. */
export const nameOf = ({ host, port }: HttpProxy): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Throws an Error that says what is wrong, without the text: it may hold a password. */
export function parseProxy(text: string): HttpProxy {
  const [, scheme = "http", rest] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(text) ?? [];
  const kind = scheme.toLowerCase();
  if (!isKnown(kind)) throw new Error(`is a proxy of ${scheme}, which cannot be used here; ${Object.keys(defaultPorts).join(", ")} can`);
  let url: URL;
  try {
    url = new URL(`http://${rest}`);
    if (url.hostname === "" || /[?#]/.test(rest!)) throw new Error();
    if (url.pathname !== "/") throw new Error();
    decodeURIComponent(url.username + url.password);
  } catch {
    throw new Error("is not a proxy");
  }
  // A URL forgets the port that is usual for its scheme.
  const port = /:(\d+)\/?$/.exec(rest!)?.[1];
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const isNobody = user === "" && password === "";
  const where = { host: url.hostname.replace(/^\[|\]$/g, ""), port: port === undefined ? defaultPorts[kind] : Number(port) };
  if (kind === "socks5" || kind === "socks5h")
    return { ...where, socks: { names: kind === "socks5" ? "here" : "there", ...(isNobody ? {} : { user, password }) } };
  return {
    ...where,
    ...(kind === "https" ? { tls: true } : {}),
    ...(isNobody ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` }),
  };
}

/** Variables that name proxies, the first that is set before those behind it. A web server's child is told a header of its client's as HTTP_PROXY. */
const variables = (scheme: "http" | "https", env: NodeJS.ProcessEnv): readonly string[] =>
  scheme === "https"
    ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    : ["http_proxy", ...(env.REQUEST_METHOD === undefined ? ["HTTP_PROXY"] : []), "all_proxy", "ALL_PROXY"];

/** The names of those that are set. */
export const proxyVariables = (env: NodeJS.ProcessEnv): readonly string[] => [
  ...new Set([...variables("http", env), ...variables("https", env)].filter((name) => env[name])),
];

/** Throws an Error that names the variable. */
export function proxiesOf(env: NodeJS.ProcessEnv): Proxies {
  const of = (scheme: "http" | "https"): HttpProxy | undefined => {
    const name = variables(scheme, env).find((one) => env[one]);
    if (name === undefined) return undefined;
    try {
      return parseProxy(env[name]!);
    } catch (error) {
      throw new Error(`${name} ${(error as Error).message}`);
    }
  };
  const [http, https] = [of("http"), of("https")];
  const except = (env.no_proxy || env.NO_PROXY || "").split(/[\s,]+/).filter((word) => word !== "");
  return { ...(http ? { http } : {}), ...(https ? { https } : {}), ...(except.length === 0 ? {} : { except }) };
}

/** Undefined: it is asked directly. */
export function proxyFor({ http, https, except = [] }: Proxies, url: URL): HttpProxy | undefined {
  const proxy = url.protocol === "https:" ? https : http;
  return proxy && !except.some((word) => covers(word, url.hostname)) ? proxy : undefined;
}

function covers(word: string, hostname: string): boolean {
  if (word === "*") return true;
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const given = word.toLowerCase().replace(/^\[|\]$/g, "");
  const family = isIP(host);
  if (family === 0) {
    const name = given.replace(/^\./, "").replace(/\.$/, "");
    return name !== "" && (host === name || host.endsWith(`.${name}`));
  }
  const [address, bits = family === 4 ? "32" : "128"] = given.split("/");
  if (isIP(address!) !== family || !/^\d+$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const network = new BlockList();
  network.addSubnet(address!, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return network.check(host, family === 4 ? "ipv4" : "ipv6");
}
