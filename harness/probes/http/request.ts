/** `ProbeContext.http`: one request on a fresh connection, as users feel it. Phases are stamped; nothing is ever repeated. */
import { isIP } from "node:net";
import { nowUs } from "../../clock.js";
import { ProbeFailure, type ProbeRequest, type ProbeResponse, type Route } from "../../core.js";
import { resolveAt } from "./resolve.js";
import { type Exchange, Wire } from "./wire.js";

/** Phase ends in monotonic µs, of the first request of a sample; 0 = never got there. */
export interface Phases {
  dnsUs: number;
  connectUs: number;
  firstUs: number;
  /** Of the last request. */
  status: number;
}

/** Rejects with ProbeFailure; resolves with any status: what it means is the probe's to say. */
export async function request(route: Route, what: ProbeRequest, phases: Phases, signal: AbortSignal): Promise<ProbeResponse> {
  if (route.url === "") throw new ProbeFailure("refused", "nothing is there to be asked");
  if (signal.aborted) throw reasonOf(signal);
  const url = new URL(route.url);
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(name) ? [name] : await resolveAt(route.resolvers, name, signal);
  if (!isIP(name)) phases.dnsUs ||= nowUs();
  if (signal.aborted) throw reasonOf(signal);
  const tls = url.protocol === "https:";
  const host = route.host || url.host;
  const wire = new Wire({ addresses, port: Number(url.port) || (tls ? 443 : 80), ...(tls ? { tls: host.replace(/:\d+$/, "") } : {}) });
  const method = what.method ?? "GET";
  const path = `${url.pathname.replace(/\/$/, "")}${what.path.startsWith("/") ? "" : "/"}${what.path}`;
  const exchange = await new Promise<Exchange>((resolve) => {
    const cut = () => {
      const { outcome, message } = reasonOf(signal);
      wire.abort(outcome, message);
    };
    signal.addEventListener("abort", cut, { once: true });
    wire.request({ bytes: requestBytes(method, path, host, what), method }, (done) => {
      signal.removeEventListener("abort", cut);
      resolve(done);
    });
  });
  wire.destroy();
  phases.connectUs ||= exchange.connectUs;
  phases.firstUs ||= exchange.firstUs;
  if (exchange.failure) throw new ProbeFailure(exchange.failure.outcome, `${method} ${what.path.split("?")[0]}: ${exchange.failure.note}`);
  const { reader } = exchange;
  phases.status = reader.status;
  return { status: reader.status, headers: reader.headers, body: reader.body.toString("utf8") };
}

function requestBytes(method: string, path: string, host: string, { headers = {}, body }: ProbeRequest): Uint8Array {
  const content = body === undefined ? undefined : Buffer.from(body);
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`, "connection: close"];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (content) lines.push(`content-length: ${content.length}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return content ? Buffer.concat([head, content]) : head;
}

/** Whoever aborts says why with a ProbeFailure; anything else is the deadline. */
const reasonOf = (signal: AbortSignal): ProbeFailure =>
  signal.reason instanceof ProbeFailure ? signal.reason : new ProbeFailure("timeout", "no answer before the deadline");
