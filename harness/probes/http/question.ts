/** What is asked of an HTTP endpoint, and the bytes that ask it. */
import type { ConnectionOptions } from "node:tls";
import type { HttpProxy, Proxies } from "./connect/proxy.js";
import type { Expectation } from "./expectation.js";

export interface HttpQuestion {
  /** May hold credentials (they go out as Basic, RFC 7617) and a zone of IPv6 ("http://[fe80::1%eth0]/"). */
  readonly url: string;
  readonly method?: string;
  /** Sent beside our own; one of the same name replaces ours. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly expect?: Expectation;
  /** HTTP/2 is offered where there is TLS; HTTP/1.1 is taken as well. */
  readonly http2?: boolean;
  /** Default true: redirections are followed as browsers do. */
  readonly follow?: boolean;
  /** As curl's --resolve: "host:port" in lower case → address. */
  readonly resolve?: Readonly<Record<string, string>>;
  readonly tls?: Pick<ConnectionOptions, "ca" | "cert" | "key" | "rejectUnauthorized">;
  /** Absent: everything is asked directly. */
  readonly proxies?: Proxies;
}

/** One hop of a question: where, and what. */
export interface Hop {
  /** Without credentials, fragment and zone. */
  readonly url: URL;
  readonly zone?: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** URL has no room for the zone of an IPv6 address (RFC 6874). */
const zoned = /^(https?:\/\/(?:[^@/]*@)?\[[0-9a-f:.]+)%(?:25)?([\w.-]+)\]/i;

/** Throws a TypeError for what is no URL. */
export function parseUrl(text: string): { readonly url: URL; readonly zone?: string } {
  const zone = zoned.exec(text);
  return zone ? { url: new URL(text.replace(zoned, "$1]")), zone: zone[2]! } : { url: new URL(text) };
}

/** As it may be shown: no password in it, nor what else stands before the host. */
export function redacted(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i, "$1***@");
}

export function firstHop(question: HttpQuestion): Hop {
  const { url, zone } = parseUrl(question.url);
  return hop(url, zone, question.method ?? "GET", question.headers ?? [], question.body);
}

/** Credentials in the URL become a header, unless there is one already. */
export function hop(from: URL, zone: string | undefined, method: string, headers: Hop["headers"], body: string | undefined): Hop {
  const url = new URL(from.href);
  url.hash = "";
  const basic = url.username !== "" || url.password !== "" ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : undefined;
  url.username = "";
  url.password = "";
  const named = headers.some(([name]) => name.toLowerCase() === "authorization");
  const all = basic === undefined || named ? headers : ([...headers, ["authorization", `Basic ${Buffer.from(basic).toString("base64")}`]] as const);
  return { url, method, headers: all, ...(zone === undefined ? {} : { zone }), ...(body === undefined ? {} : { body }) };
}

export interface Sent {
  /** The connection is to be used again. */
  readonly keep: boolean;
  /** Of this sample's jar. */
  readonly cookie?: string;
  /** Who is asked instead of the host itself. What goes through a tunnel is not for the proxy. */
  readonly proxy?: HttpProxy | undefined;
}

export function bytesOf({ url, method, headers, body }: Hop, { keep, cookie = "", proxy }: Sent): Uint8Array {
  const own: [string, string][] = [
    ["host", url.host],
    ["user-agent", "flounder"],
    ["accept", "*/*"],
  ];
  const content = body === undefined ? undefined : Buffer.from(body);
  if (content) own.push(["content-length", String(content.length)]);
  if (cookie !== "") own.push(["cookie", cookie]);
  if (!keep) own.push(["connection", "close"]);
  const toProxy = proxy !== undefined && proxy.socks === undefined && url.protocol === "http:";
  if (toProxy && proxy.authorization !== undefined) own.push(["proxy-authorization", proxy.authorization]);
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const named = cookie === "" ? headers : headers.map(([name, value]) => [name, name.toLowerCase() === "cookie" ? `${value}; ${cookie}` : value] as const);
  const lines = [...own.filter(([name]) => !given.has(name)), ...named].map(([name, value]) => `${name}: ${value}`);
  const head = Buffer.from([`${method} ${toProxy ? url.origin : ""}${url.pathname}${url.search} HTTP/1.1`, ...lines, "", ""].join("\r\n"), "utf8");
  return content ? Buffer.concat([head, content]) : head;
}
