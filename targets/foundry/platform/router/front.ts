/** The router's HTTP side: finds an endpoint for the Host, tries again where that is safe, and says as gorouter does what went wrong. */
import { randomUUID } from "node:crypto";
import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { clientIp, endToEnd, forward } from "../base/forward.js";
import type { Endpoint, Table } from "./table.js";

export const maxAttempts = 3;
const dialTimeoutMs = 5000;
const answerTimeoutMs = 60_000;

export interface Counters {
  requests: number;
  badRequests: number;
  badGateways: number;
  /** By the status' first digit. */
  readonly responses: Record<"1xx" | "2xx" | "3xx" | "4xx" | "5xx", number>;
}
export interface FrontOptions {
  readonly table: Table;
  readonly name: string;
  readonly host: string;
  /** The value of X-Vcap-Trace that makes the router name itself and the endpoint in the answer. */
  readonly traceKey: string;
  /** What a balancer's health check is told. */
  readonly healthy: () => boolean;
  readonly nowMs: () => number;
}

// No keep-alive to endpoints: an app that dies between two requests must be seen when dialling, where trying again is safe.
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
/** Set by the router whatever the client says. */
const own = new Set(["x-forwarded-for", "x-cf-applicationid", "x-cf-instanceid", "x-cf-instanceindex", "x-vcap-request-id"]);

function refuse(response: ServerResponse, status: number, error: string, says: string, requestId?: string): void {
  const body = `${says}\n`;
  response
    .writeHead(status, {
      "Cache-Control": "no-cache, no-store",
      "Content-Type": "text/plain; charset=utf-8",
      "X-Cf-RouterError": error,
      "X-Content-Type-Options": "nosniff",
      ...(requestId === undefined ? {} : { "X-Vcap-Request-Id": requestId }),
      "Content-Length": Buffer.byteLength(body),
    })
    .end(body);
}

function headersTo(endpoint: Endpoint, request: IncomingMessage, requestId: string): string[] {
  const { headers } = request;
  const sent = endToEnd(request.rawHeaders, own);
  const via = headers["x-forwarded-for"];
  sent.push("X-Forwarded-For", via ? `${via}, ${clientIp(request)}` : clientIp(request));
  if (headers["x-forwarded-proto"] === undefined) sent.push("X-Forwarded-Proto", "http");
  if (headers["x-request-start"] === undefined) sent.push("X-Request-Start", String(Date.now()));
  sent.push("X-Vcap-Request-Id", requestId, "X-CF-ApplicationID", endpoint.app, "X-CF-InstanceID", endpoint.privateInstanceId || endpoint.address);
  if (endpoint.privateInstanceIndex !== "") sent.push("X-CF-InstanceIndex", endpoint.privateInstanceIndex);
  return sent;
}

export class Front {
  readonly counters: Counters = { requests: 0, badRequests: 0, badGateways: 0, responses: { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 } };

  constructor(readonly options: FrontOptions) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers["user-agent"] === "HTTP-Monitor/1.1" && request.method === "GET") {
      const healthy = this.options.healthy();
      response.writeHead(healthy ? 200 : 503, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "private, max-age=0" });
      response.end(healthy ? "ok\n" : undefined);
      return;
    }
    this.counters.requests++;
    await this.#route(request, response);
    const family = `${Math.floor(response.statusCode / 100)}xx` as keyof Counters["responses"];
    if (response.headersSent && family in this.counters.responses) this.counters.responses[family]++;
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { table, nowMs, traceKey } = this.options;
    const { host } = request.headers;
    const path = request.url ?? "/";
    const requestId = randomUUID();
    if (!host) {
      this.counters.badRequests++;
      return refuse(response, 400, "empty_host", "400 Bad Request: Request had empty Host header", requestId);
    }
    const pool = table.lookup(host.toLowerCase().replace(/:\d+$/, ""), path);
    if (!pool) {
      this.counters.badRequests++;
      return refuse(response, 404, "unknown_route", `404 Not Found: Requested route ('${host}') does not exist.`, requestId);
    }
    const tried = new Set<string>();
    let says = "no endpoint";
    while (tried.size < maxAttempts) {
      const endpoint = table.pick(pool, nowMs());
      if (!endpoint || tried.has(endpoint.address)) break;
      tried.add(endpoint.address);
      const failure = await forward({
        request,
        response,
        to: endpoint,
        agent,
        path,
        headers: headersTo(endpoint, request, requestId),
        answerHeaders: ["X-Vcap-Request-Id", requestId, ...(request.headers["x-vcap-trace"] === traceKey ? this.#trace(endpoint) : [])],
        dialTimeoutMs,
        answerTimeoutMs,
      });
      if (!failure) return;
      says = failure.says;
      if (failure.broken) table.markFailed(pool, endpoint, nowMs());
      if (!failure.retry) break;
    }
    this.counters.badGateways++;
    refuse(response, 502, `endpoint_failure (${says})`, "502 Bad Gateway: Registered endpoint failed to handle the request.", requestId);
  }

  #trace(endpoint: Endpoint): readonly string[] {
    return ["X-Vcap-Router", `${this.options.host} ${this.options.name}`, "X-Vcap-Backend", endpoint.address, "X-Cf-RouteEndpoint", endpoint.address];
  }
}
