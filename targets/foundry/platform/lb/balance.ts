/** The balancer's HTTP side: passes each request to a healthy router, to the next one if that cannot have done harm. */
import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { clientIp, endToEnd, forward } from "../base/forward.js";
import type { Backend, Pool } from "./pool.js";

const dialTimeoutMs = 2000;
/** Longer than a router waits for an app. */
const answerTimeoutMs = 65_000;
// No keep-alive to routers: each request is a dial of its own, so a dead router is seen before anything was sent.
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
const own = new Set(["x-forwarded-for"]);

/** Path and query of a request, also of one in the form that clients send to an http_proxy. */
function pathOf(url: string): string {
  const [, path] = /^https?:\/\/[^/?]*(.*)$/i.exec(url) ?? [undefined, url];
  return path?.startsWith("/") ? path : `/${path ?? ""}`;
}

function plain(response: ServerResponse, status: number, says: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache", "Content-Length": Buffer.byteLength(says) }).end(says);
}

export async function balance(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = endToEnd(request.rawHeaders, own);
  const via = request.headers["x-forwarded-for"];
  headers.push("X-Forwarded-For", via ? `${via}, ${clientIp(request)}` : clientIp(request));
  const path = request.url === "*" ? "*" : pathOf(request.url ?? "/");
  const tried = new Set<Backend>();
  for (;;) {
    const backend = pool.pick(tried);
    if (!backend) break;
    tried.add(backend);
    const failure = await forward({ request, response, to: backend.to, agent, path, headers, answerHeaders: [], dialTimeoutMs, answerTimeoutMs });
    if (!failure) return;
    if (failure.broken) pool.failed(backend);
    if (!failure.retry) return plain(response, failure.broken ? 502 : 504, failure.broken ? "502 Bad Gateway\n" : "504 Gateway Timeout\n");
  }
  plain(response, 503, "503 Service Unavailable: no router is available to handle this request.\n");
}
