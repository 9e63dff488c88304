/** One name for a request on its whole way: who brings it, and which requests leave a line in the logs of firewall, balancer and router. */
import type { IncomingHttpHeaders } from "node:http";

/** What gorouter calls it; the balancer gives one to a request that has none. */
export const requestIdHeader = "X-Vcap-Request-Id";
/** What is longer, or has anything else in it, does not get into logs and headers. */
const sound = /^[\w.:+/=-]{1,128}$/;

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** The id that came with the request: X-Vcap-Request-Id, X-Request-Id, or the trace id of a traceparent (W3C Trace Context). */
export function broughtId(headers: IncomingHttpHeaders): string | undefined {
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(one(headers.traceparent) ?? "")?.[1];
  return [one(headers["x-vcap-request-id"]), one(headers["x-request-id"]), traceId].find((id) => id !== undefined && sound.test(id));
}

/** What balancers and firewalls ask, in vcap's words. */
export const isHealthCheck = (headers: IncomingHttpHeaders): boolean => headers["user-agent"] === "HTTP-Monitor/1.1";

/**
 * Requests with an id, and those that say who sends them (a User-Agent: browsers, cf, curl). Probes that ask many times a second do neither,
 * and a balancer's health checks are told apart: three lines for each of them would be most of what is logged.
 */
export const isLogged = (headers: IncomingHttpHeaders): boolean =>
  broughtId(headers) !== undefined || (headers["user-agent"] !== undefined && !isHealthCheck(headers));
