/**
 * haproxy.cfg for a balancer: a pure function, of the same behaviour as balance.ts wherever HAProxy has it. Source: HAProxy 2.6's configuration manual.
 *
 * Servers that are not in the pool stand there disabled: they come and go over the socket, without a reload (haproxy-socket.ts).
 */
import { isIPv4 } from "node:net";
import type { Address } from "../base/config.js";

export interface HaproxyPlan {
  /** What it listens on: numbers at `bindHost`. */
  readonly ports: readonly number[];
  readonly bindHost: string;
  /** Every router that there is. */
  readonly routers: Readonly<Record<string, Address>>;
  /** The names of those that get requests. */
  readonly pool: readonly string[];
  readonly checkEveryMs: number;
  /** Path of the socket on which it takes commands. */
  readonly socket: string;
}

export const backend = "routers";

const dialTimeoutMs = 2000;
/** Longer than a router waits for an app. */
const answerTimeoutMs = 65_000;
/** Silence is no proof at first: a router may be busy. A refusal is. */
const silenceMs = 2000;
/** What node:http gives a client for its head and between two requests. */
const headTimeoutMs = 60_000;
const keepAliveMs = 30_000;
/** A client that takes or gives nothing for so long. */
const clientTimeoutMs = 300_000;

const soundId = "^[A-Za-z0-9_.:+/=-]{1,128}$";
/** As in base/sound-request.ts, without what HAProxy's configuration would have to quote. */
const soundHost = "^([[][0-9a-f:.]+[]]|[a-z0-9_.~%-]*)(:[0-9]{0,5})?$";
const plain = 'content-type "text/plain; charset=utf-8"';
const section = (name: string, lines: readonly string[]) => `${name}\n${lines.map((line) => `    ${line}\n`).join("")}\n`;

/** Fields of one request's log line: JSON that haproxy-log.ts reads. */
const logFormat = `'{${[
  ...["id", "method", "host", "path"].map((name) => `"${name}":"%[var(txn.${name}),json(utf8s)]"`),
  '"backend":"%s"',
  '"status":%ST',
].join(",")}}'`;

/** Each request that leaves a line has an id: one that it brought, or a new one if it says who sends it (base/request-id.ts). */
const requestId = [
  ...["X-Vcap-Request-Id", "X-Request-Id"].map(
    (name) => `http-request set-var(txn.id) req.fhdr(${name}) if !{ var(txn.id) -m found } { req.fhdr(${name}) -m reg ${soundId} }`,
  ),
  "http-request set-var(txn.id) req.fhdr(traceparent),field(2,-) if !{ var(txn.id) -m found } { req.fhdr(traceparent) -m reg ^[0-9a-f]{2}-[0-9a-f]{32}- }",
  "http-request set-var(txn.id) uuid if !{ var(txn.id) -m found } { req.fhdr(User-Agent) -m found }",
  "http-request set-log-level silent if !{ var(txn.id) -m found }",
  "http-request set-var(txn.method) method",
  "http-request set-var(txn.host) req.fhdr(Host)",
  "http-request set-var(txn.path) pathq",
  "http-request set-header X-Vcap-Request-Id %[var(txn.id)] if { var(txn.id) -m found }",
  "http-after-response set-header X-Vcap-Request-Id %[var(txn.id)] if { var(txn.id) -m found } !{ res.fhdr(X-Vcap-Request-Id) -m found }",
];

const ownAnswer = (status: number, says: string) => `http-error status ${status} ${plain} string "${says}\\n" hdr Cache-Control no-cache`;

export function haproxyConfig({ ports, bindHost, routers, pool, checkEveryMs, socket }: HaproxyPlan): string {
  const names = Object.entries(routers);
  const byName = names.some(([, { host }]) => !isIPv4(host));
  return [
    section("global", [
      "log stdout format raw local0",
      `stats socket "${socket}" mode 600 level admin`,
      "stats timeout 10s",
      // One at a time on a port: an older one must be gone, not share it.
      "noreuseport",
      // One thread takes turns strictly.
      "nbthread 1",
      "maxconn 4000",
    ]),
    // A proxy that others dial may come back at another address.
    ...(byName
      ? [
          section("resolvers names", [
            "parse-resolv-conf",
            "resolve_retries 2",
            "timeout resolve 1s",
            "timeout retry 500ms",
            "hold valid 1s",
            // Whoever is restarted keeps its old address until it has a new one: health checks say how it is.
            ...["nx", "other", "refused", "timeout"].map((how) => `hold ${how} 1h`),
          ]),
        ]
      : []),
    section("defaults", [
      "mode http",
      "log global",
      `timeout connect ${dialTimeoutMs}ms`,
      `timeout server ${answerTimeoutMs}ms`,
      `timeout client ${clientTimeoutMs}ms`,
      `timeout http-request ${headTimeoutMs}ms`,
      `timeout http-keep-alive ${keepAliveMs}ms`,
      `timeout check ${silenceMs}ms`,
      // Each request is a dial of its own, so a dead router is seen before anything was sent.
      "option http-server-close",
      "http-reuse never",
      // A stream's head must not wait for its first bytes.
      "option http-no-delay",
      ownAnswer(502, "502 Bad Gateway"),
      ownAnswer(503, "503 Service Unavailable: no router is available to handle this request."),
      ownAnswer(504, "504 Gateway Timeout"),
    ]),
    section("frontend front", [
      ...ports.map((port) => `bind ${bindHost}:${port}`),
      `log-format ${logFormat}`,
      // What it reads in its own way and others may read in another (base/sound-request.ts); most of that it refuses by itself, or passes on rewritten.
      "http-request deny deny_status 400 if { req.hdr_cnt(Host) gt 1 }",
      `http-request deny deny_status 400 if { req.hdr(Host) -m found } !{ req.hdr(Host) -m reg -i ${soundHost} }`,
      "http-request deny deny_status 400 if !{ req.ver 1.0 1.1 }",
      // It asks for the balancer, not for what is behind it.
      "acl asks-health req.fhdr(User-Agent) -m str HTTP-Monitor/1.1",
      "http-request set-log-level silent if asks-health",
      `http-request return status 200 ${plain} string "ok\\n" hdr Cache-Control no-cache if asks-health`,
      ...requestId,
      // In the form that clients send to an http_proxy.
      "http-request set-uri /%[url,regsub(^https?://[^/?]*/?,,i)] if { url -m reg -i ^https?:// }",
      "option forwardfor",
      // Once a connection was made, only what may be repeated goes to another router, and only if nothing of an answer came.
      "acl repeatable method GET HEAD OPTIONS TRACE",
      "acl has-body req.fhdr(Transfer-Encoding) -m found",
      "acl has-body req.hdr_val(Content-Length) gt 0",
      "http-request disable-l7-retry if !repeatable",
      "http-request disable-l7-retry if has-body",
      `default_backend ${backend}`,
    ]),
    section(`backend ${backend}`, [
      "balance roundrobin",
      "option redispatch 1",
      "retry-on conn-failure empty-response",
      `retries ${Math.max(0, names.length - 1)}`,
      "option httpchk",
      "http-check send meth GET uri / ver HTTP/1.1 hdr Host monitor hdr User-Agent HTTP-Monitor/1.1",
      // An empty routing table is no illness: whoever answers 200 is in.
      "http-check expect status 200",
      // Who cannot be dialled is out until the next check says otherwise.
      `default-server check inter ${checkEveryMs}ms fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down`,
      // All routers may be dialled at one address, by ports: HAProxy gives one to one server alone, unless told otherwise.
      ...names.map(
        ([name, { host, port }]) =>
          `server ${name} ${host}:${port}${byName ? " resolvers names resolve-prefer ipv4 resolve-opts allow-dup-ip init-addr none" : ""}${pool.includes(name) ? "" : " disabled"}`,
      ),
    ]),
  ].join("");
}
