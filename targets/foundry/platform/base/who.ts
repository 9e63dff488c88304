/**
 * Who may ask an internal HTTP server: whoever brings its token. Loopback is no boundary: other users of the machine, web pages in a local browser and
 * containers beside ours reach it as well.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";

export interface Refused {
  readonly status: 401 | 403 | 415;
  readonly says: string;
}

const digest = (text: string) => createHash("sha256").update(text).digest();
/** In a time that does not depend on where they differ. */
const same = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

/** An address, or a name without a dot: no web page is fetched from there. */
function isInside(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1") ?? "";
  return isIP(name) > 0 || /^[a-z0-9-]+$/i.test(name);
}

/** Undefined: it may be answered. */
export function refused({ headers, method }: IncomingMessage, tokens: readonly string[], json = true): Refused | undefined {
  if (headers.origin !== undefined) return { status: 403, says: "web pages may not ask here" };
  if (!isInside(headers.host)) return { status: 403, says: "the Host header is not one of ours" };
  const [, token = ""] = /^Bearer (.+)$/i.exec(headers.authorization ?? "") ?? [];
  if (!tokens.map((one) => same(one, token)).includes(true)) return { status: 401, says: "who are you?" };
  const reads = method === "GET" || method === "HEAD";
  if (json && !reads && !/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? ""))
    return { status: 415, says: "the request's body must be application/json" };
  return undefined;
}

/** Without having read what else the request brings. */
export function refuse(response: ServerResponse, { status, says }: Refused): void {
  const challenge: Record<string, string> = status === 401 ? { "www-authenticate": "Bearer" } : {};
  response.writeHead(status, { "content-type": "application/json", connection: "close", ...challenge }).end(JSON.stringify({ error: says }));
}
