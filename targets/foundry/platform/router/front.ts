/** The router's HTTP side: finds an endpoint for the Host, tries again where that is safe, and says as gorouter does what went wrong. */
import { randomUUID } from "node:crypto";
import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { clientIp, endToEnd, forward } from "../base/forward.js";
import { log } from "../base/log.js";
import { broughtId, isHealthCheck, isLogged, requestIdHeader } from "../base/request-id.js";
import { isRefused } from "../base/sound-request.js";
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
  /** The value of X-Vcap-Trace that makes the router name itself and the endpoint in the answer; "" for none. */
  readonly traceKey: () => string;
  /** What a balancer's health check is told. */
  readonly healthy: () => boolean;
  readonly nowMs: () => number;
}

// No keep-alive to endpoints: an app that dies between two requests must be seen when dialling, where trying again is safe.
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
/** Set by the router whatever the client says. */
const own = new Set(["x-forwarded-for", "x-cf-applicationid", "x-cf-instanceid", "x-cf-instanceindex", "x-vcap-request-id"]);

function refuse(response: ServerResponse, status: number, error: string, says: string, more: Readonly<Record<string, string>>): void {
  const body = `${says}\n`;
  response
    .writeHead(status, {
      "Cache-Control": "no-cache, no-store",
      "Content-Type": "text/plain; charset=utf-8",
      "X-Cf-RouterError": error,
      "X-Content-Type-Options": "nosniff",
      ...more,
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
  sent.push(requestIdHeader, requestId, "X-CF-ApplicationID", endpoint.app, "X-CF-InstanceID", endpoint.privateInstanceId || endpoint.address);
  if (endpoint.privateInstanceIndex !== "") sent.push("X-CF-InstanceIndex", endpoint.privateInstanceIndex);
  return sent;
}

export class Front {
  readonly counters: Counters = { requests: 0, badRequests: 0, badGateways: 0, responses: { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 } };

  constructor(readonly options: FrontOptions) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = isRefused(request, response, (why) => {
      this.counters.requests++;
      this.counters.badRequests++;
      this.counters.responses["4xx"]++;
      refuse(response, 400, `bad_request (${why})`, `400 Bad Request: the request has ${why}.`, { Connection: "close" });
    });
    if (refused) return;
    if (isHealthCheck(request.headers) && request.method === "GET") {
      const healthy = this.options.healthy();
      response.writeHead(healthy ? 200 : 503, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "private, max-age=0" });
      response.end(healthy ? "ok\n" : undefined);
      return;
    }
    this.counters.requests++;
    const requestId = broughtId(request.headers) ?? randomUUID();
    const endpoint = await this.#route(request, response, requestId);
    const { method, headers, url } = request;
    if (isLogged(headers))
      log.info({ id: requestId, method, host: headers.host, path: url, endpoint, status: response.headersSent ? response.statusCode : null }, "request");
    const family = `${Math.floor(response.statusCode / 100)}xx` as keyof Counters["responses"];
    if (response.headersSent && family in this.counters.responses) this.counters.responses[family]++;
  }

  /** The answer to a request on whose way we threw. */
  broken(response: ServerResponse): void {
    if (response.headersSent) response.destroy();
    else refuse(response, 500, "internal_error", "500 Internal Server Error", {});
  }

  /** The address of the endpoint that was asked last. */
  async #route(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<string | undefined> {
    const { table, nowMs, traceKey } = this.options;
    const { host, "x-vcap-trace": trace } = request.headers;
    const path = request.url ?? "/";
    const traced = trace !== undefined && trace !== "" && trace === traceKey();
    const router = { "X-Vcap-Router": `${this.options.host} ${this.options.name}` };
    const refusal = { [requestIdHeader]: requestId, ...(traced ? router : {}) };
    if (!host) {
      this.counters.badRequests++;
      refuse(response, 400, "empty_host", "400 Bad Request: Request had empty Host header", refusal);
      return undefined;
    }
    const pool = table.lookup(host.toLowerCase().replace(/:\d+$/, ""), path);
    if (!pool) {
      this.counters.badRequests++;
      refuse(response, 404, "unknown_route", `404 Not Found: Requested route ('${host}') does not exist.`, refusal);
      return undefined;
    }
    const tried = new Set<string>();
    let says = "no endpoint";
    let last: string | undefined;
    while (tried.size < maxAttempts) {
      const endpoint = table.pick(pool, nowMs());
      if (!endpoint || tried.has(endpoint.address)) break;
      tried.add(endpoint.address);
      last = endpoint.address;
      const failure = await forward({
        request,
        response,
        to: endpoint,
        agent,
        path,
        headers: headersTo(endpoint, request, requestId),
        answerHeaders: [
          requestIdHeader,
          requestId,
          ...(traced ? [...Object.entries(router).flat(), "X-Vcap-Backend", endpoint.address, "X-Cf-RouteEndpoint", endpoint.address] : []),
        ],
        dialTimeoutMs,
        answerTimeoutMs,
      });
      if (!failure) return last;
      says = failure.says;
      if (failure.broken) table.markFailed(pool, endpoint, nowMs());
      if (!failure.retry) break;
    }
    this.counters.badGateways++;
    refuse(response, 502, `endpoint_failure (${says})`, "502 Bad Gateway: Registered endpoint failed to handle the request.", refusal);
    return last;
  }
}
