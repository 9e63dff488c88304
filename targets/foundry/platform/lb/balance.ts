/** The balancer's HTTP side: passes each request to a healthy router, to the next one if that cannot have done harm. */
import { randomUUID } from "node:crypto";
import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { clientIp, endToEnd, forward } from "../base/forward.js";
import { log } from "../base/log.js";
import type { Backend, Pool } from "../base/pool.js";
import { broughtId, isHealthCheck, isLogged, requestIdHeader } from "../base/request-id.js";
import { isRefused } from "../base/sound-request.js";

const dialTimeoutMs = 2000;
/** Longer than a router waits for an app. */
const answerTimeoutMs = 65_000;
// No keep-alive to routers: each request is a dial of its own, so a dead router is seen before anything was sent.
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
const own = new Set(["x-forwarded-for"]);
const ownWithId = new Set([...own, requestIdHeader.toLowerCase()]);

/** Path and query of a request, also of one in the form that clients send to an http_proxy. */
function pathOf(url: string): string {
  const [, path] = /^https?:\/\/[^/?]*(.*)$/i.exec(url) ?? [undefined, url];
  return path?.startsWith("/") ? path : `/${path ?? ""}`;
}

function plain(response: ServerResponse, status: number, says: string, id: string | undefined, more: Readonly<Record<string, string>> = {}): void {
  response
    .writeHead(status, {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-cache",
      ...(id === undefined ? {} : { [requestIdHeader]: id }),
      ...more,
      "Content-Length": Buffer.byteLength(says),
    })
    .end(says);
}

/** The answer to a request on whose way we threw. */
export const brokenAnswer = (response: ServerResponse): unknown =>
  response.headersSent ? response.destroy() : plain(response, 500, "500 Internal Server Error\n", undefined);

/**
 * A health check is answered here: it asks for the balancer, not for what is behind it.
 * A request that leaves a line gets an id here if it has none, so that the router's line has the same.
 */
export async function balance(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (isRefused(request, response, () => plain(response, 400, "400 Bad Request\n", undefined, { Connection: "close" }))) return;
  if (isHealthCheck(request.headers)) return plain(response, 200, "ok\n", undefined);
  const id = isLogged(request.headers) ? (broughtId(request.headers) ?? randomUUID()) : undefined;
  const backend = await passOn(pool, request, response, id);
  const { method, headers, url } = request;
  if (id !== undefined) log.info({ id, method, host: headers.host, path: url, backend, status: response.headersSent ? response.statusCode : null }, "request");
}

/** The name of the backend that was asked last. */
async function passOn(pool: Pool, request: IncomingMessage, response: ServerResponse, id: string | undefined): Promise<string | undefined> {
  const headers = endToEnd(request.rawHeaders, id === undefined ? own : ownWithId);
  const via = request.headers["x-forwarded-for"];
  headers.push("X-Forwarded-For", via ? `${via}, ${clientIp(request)}` : clientIp(request));
  if (id !== undefined) headers.push(requestIdHeader, id);
  const path = request.url === "*" ? "*" : pathOf(request.url ?? "/");
  const tried = new Set<Backend>();
  let last: string | undefined;
  for (;;) {
    const backend = pool.pick(tried);
    if (!backend) break;
    tried.add(backend);
    last = backend.name;
    const failure = await forward({ request, response, to: backend.to, agent, path, headers, answerHeaders: [], dialTimeoutMs, answerTimeoutMs });
    if (!failure) return last;
    if (failure.broken) pool.failed(backend);
    if (failure.retry) continue;
    plain(response, failure.broken ? 502 : 504, failure.broken ? "502 Bad Gateway\n" : "504 Gateway Timeout\n", id);
    return last;
  }
  plain(response, 503, "503 Service Unavailable: no router is available to handle this request.\n", id);
  return last;
}
