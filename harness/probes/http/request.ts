/**
 * `ProbeContext.http`: a sample's requests as a new user's client makes them. The connection is the sample's own: fresh for the first request, and kept for those
 * that follow, as browsers and cf do. Phases are stamped; nothing is repeated, but what met the closing of a kept connection (RFC 9112 §9.3.1).
 */
import { isIP } from "node:net";
import { nowUs } from "../../clock.js";
import { ProbeFailure, type ProbeRequest, type ProbeResponse, type Route } from "../../core.js";
import { type Found, resolveAt } from "../dns/resolve.js";
import type { Span } from "../samples/span.js";
import { type Exchange, Wire } from "./wire.js";

/** Phase ends in monotonic µs, of the first request of a sample; 0 = never got there. */
export interface Phases {
  dnsUs: number;
  connectUs: number;
  firstUs: number;
  /** Of the last request. */
  status: number;
  /** One of them met the closing of the kept connection and was made again on a fresh one: the sample says so. */
  isRepeated: boolean;
}

/** RFC 9110 §9.2.2: asked twice, they do no more than once. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** Nobody closes a connection that was idle for so short. */
const surelyOpenUs = 1e6;

/** A route as it is asked. */
interface Place {
  readonly url: URL;
  /** Without brackets. */
  readonly name: string;
  readonly isAddress: boolean;
  readonly port: number;
  /** TLS, with this server name. */
  readonly tls?: string;
  /** Of the header. */
  readonly host: string;
  readonly resolvers: readonly string[];
}

/** Routes are few and asked often: each is read once. */
const places = new WeakMap<Route, Place>();
function placeOf(route: Route): Place {
  const before = places.get(route);
  if (before) return before;
  const made = read(route);
  places.set(route, made);
  return made;
}
function read({ url: text, host: given, resolvers }: Route): Place {
  const url = new URL(text);
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const host = given || url.host;
  const isTls = url.protocol === "https:";
  const port = Number(url.port) || (isTls ? 443 : 80);
  return { url, name, isAddress: isIP(name) !== 0, port, host, resolvers, ...(isTls ? { tls: host.replace(/:\d+$/, "") } : {}) };
}

/** The requests of one sample. */
export class Requests {
  /** What a name server said in this sample holds for as long as it allows, as in every client. */
  #found: Found | undefined;
  /** Idle, or dead. */
  #kept: { readonly wire: Wire; readonly sinceUs: number } | undefined;

  constructor(
    readonly route: Route,
    readonly phases: Phases,
    readonly span: Span,
  ) {}

  /** Rejects with ProbeFailure; resolves with any status: what it means is the probe's to say. */
  async send(what: ProbeRequest): Promise<ProbeResponse> {
    const { route, phases, span } = this;
    if (route.url === "") throw new ProbeFailure("refused", "nothing is there to be asked");
    if (span.over) throw span.over;
    const place = placeOf(route);
    const method = what.method ?? "GET";
    const kept = this.#take(method);
    const exchange = await this.#exchange(kept ?? (await this.#connection(place)), method, what, place);
    const again = kept !== undefined && exchange.failure?.outcome === "reset" && exchange.firstUs === 0 && idempotent.has(method);
    if (again) phases.isRepeated = true;
    const { failure, reader } = again ? await this.#exchange(await this.#connection(place), method, what, place) : exchange;
    if (failure) throw new ProbeFailure(failure.outcome, `${method} ${what.path.split("?")[0]}: ${failure.note}`);
    phases.status = reader.status;
    return { status: reader.status, headers: reader.headers, body: reader.body.toString("utf8") };
  }

  /** With a request that must not be made twice nobody risks to meet its closing. */
  #take(method: string): Wire | undefined {
    const { wire, sinceUs } = this.#kept ?? {};
    if (!wire?.idle) return undefined;
    if (idempotent.has(method) || nowUs() - sinceUs! < surelyOpenUs) return wire;
    wire.destroy();
    return undefined;
  }
  async #connection(place: Place): Promise<Wire> {
    const addresses = await this.#addresses(place);
    if (this.span.over) throw this.span.over;
    const { port, tls } = place;
    return new Wire({ addresses, port, ...(tls === undefined ? {} : { tls }) });
  }
  #exchange(wire: Wire, method: string, what: ProbeRequest, { url, host }: Place): Promise<Exchange> {
    const { phases, span } = this;
    const path = `${url.pathname.replace(/\/$/, "")}${what.path.startsWith("/") ? "" : "/"}${what.path}`;
    return new Promise<Exchange>((resolve) => {
      const cut = ({ outcome, message }: ProbeFailure) => wire.abort(outcome, message);
      span.onEnd(cut);
      wire.request({ bytes: requestBytes(method, path, host, what), method }, (exchange) => {
        span.offEnd(cut);
        phases.connectUs ||= exchange.connectUs;
        phases.firstUs ||= exchange.firstUs;
        if (wire.idle && !span.over) this.#keep(wire, exchange.endUs);
        else wire.destroy();
        resolve(exchange);
      });
    });
  }
  /** Until the sample's end. */
  #keep(wire: Wire, sinceUs: number): void {
    if (this.#kept?.wire !== wire) this.span.onEnd(() => wire.destroy());
    this.#kept = { wire, sinceUs };
  }

  async #addresses({ isAddress, name, resolvers }: Place): Promise<readonly string[]> {
    if (isAddress) return [name];
    if (!this.#found || this.#found.untilUs <= nowUs()) {
      this.#found = await resolveAt(resolvers, name, this.span);
      this.phases.dnsUs ||= nowUs();
    }
    return this.#found.addresses;
  }
}

function requestBytes(method: string, path: string, host: string, { headers = {}, body }: ProbeRequest): Uint8Array {
  const content = body === undefined ? undefined : Buffer.from(body);
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (content) lines.push(`content-length: ${content.length}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return content ? Buffer.concat([head, content]) : head;
}
