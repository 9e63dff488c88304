/** One sample of an HTTP endpoint: the first question, redirections as browsers follow them, and at most one repetition where a kept connection had been closed. */
import { createRequire } from "node:module";
import type { TLSSocket } from "node:tls";
import type { CookieJar } from "tough-cookie";
import { nowUs } from "../../clock.js";
import type { Asking, Flight } from "../schedule/flight.js";
import type { HttpAsker } from "./asker.js";
import type { Address } from "./connect/names.js";
import { nameOf } from "./connect/proxy.js";
import { wantsCredentials } from "./connect/tunnel.js";
import type { Judgement } from "./expectation.js";
import type { Failure } from "./failure.js";
import { H2Session } from "./h2.js";
import { isRedirection, nextHop } from "./location.js";
import { bytesOf, type Hop } from "./question.js";
import type { Answer } from "./response.js";
import type { Exchange, Wire } from "./wire.js";

const redirectsMax = 10;
/** RFC 9110 §9.2.2: asked twice, they do no more than once. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** Loaded when the first redirection sets a cookie. */
const cookies = () => createRequire(import.meta.url)("tough-cookie") as typeof import("tough-cookie");

export class Visit implements Asking {
  #hop: Hop;
  #wire: Wire | undefined;
  /** Ends the HTTP/2 stream that is under way. */
  #cutStream: ((failure: Failure) => void) | undefined;
  #hops = 0;
  #stale = false;
  /** Cookies live as long as the sample: each is a new user. */
  #jar: CookieJar | undefined;
  #seen: Set<string> | undefined;

  constructor(
    readonly asker: HttpAsker,
    readonly flight: Flight,
  ) {
    this.#hop = asker.first;
  }

  go(): void {
    const { asker, flight } = this;
    const mayReuse = asker.keeps && this.#hops === 0 && !this.#stale;
    const session = mayReuse ? asker.openSession() : undefined;
    if (session) {
      this.#stream(session, undefined);
      return;
    }
    const kept = mayReuse ? asker.takeIdle(flight.sample.sentUs) : undefined;
    if (kept) {
      this.#ask(kept, true);
      return;
    }
    const known = asker.names.known(this.#hop);
    if (known) this.#dial(known);
    else
      asker.names.find(this.#hop, asker.proxyFor(this.#hop), (found, problem) => {
        if (flight.over) return;
        if (this.#hops === 0) flight.sample.dnsUs = nowUs();
        if (found) this.#dial(found);
        else flight.settle("dns", asker.proxyFor(this.#hop) ? `the proxy ${problem}` : problem);
      });
  }

  expire(atUs: number): void {
    const { flight } = this;
    const ms = Math.round(flight.lane.schedule.deadlineUs / 1000);
    if (this.#cutStream) this.#cutStream({ outcome: "timeout", note: `${flight.sample.firstUs > 0 ? "no whole answer" : "no answer"} in ${ms} ms` });
    else if (!this.#wire) flight.settle("dns", "no address before the deadline", atUs);
    else this.#wire.abort("timeout", `${this.#wire.waitsFor} in ${ms} ms`);
    flight.settle("timeout", "no answer", atUs);
  }

  #dial(address: Address): void {
    this.#ask(this.asker.dial(address, this.#hop, this.asker.proxyFor(this.#hop)), false);
  }
  #ask(wire: Wire, reused: boolean): void {
    const { asker } = this;
    this.#wire = wire;
    const first = this.#hops === 0;
    const bytes = first
      ? asker.keeps
        ? asker.bytes.keep
        : asker.bytes.fresh
      : bytesOf(this.#hop, { keep: false, cookie: this.#cookies(), proxy: asker.proxyFor(this.#hop) });
    const onHttp2 = (socket: TLSSocket, connectUs: number) => this.#secured(wire, socket, connectUs);
    const question = { bytes, method: this.#hop.method, ...(asker.sought === undefined ? {} : { sought: asker.sought }) };
    wire.request(asker.question.http2 ? { ...question, onHttp2 } : question, (exchange) => this.#answered(wire, reused, exchange));
  }

  /** The server takes HTTP/2. */
  #secured(wire: Wire, socket: TLSSocket, connectUs: number): void {
    const { asker, flight } = this;
    const session = new H2Session(socket, this.#hop.url.origin);
    if (flight.over) {
      session.destroy();
      return;
    }
    flight.sample.connectUs ||= connectUs;
    if (asker.keeps && this.#hops === 0) asker.keepSession(session);
    this.#stream(session, wire);
  }
  /** `wire`: that of a session which is new. */
  #stream(session: H2Session, wire: Wire | undefined): void {
    const { asker, flight } = this;
    const kept = asker.keeps && this.#hops === 0;
    flight.writtenUs = nowUs();
    const onFirst = (atUs: number) => {
      flight.sample.firstUs ||= atUs;
    };
    const cut = session.request({ hop: this.#hop, cookie: this.#cookies(), sought: asker.sought, onFirst }, (end) => {
      this.#cutStream = undefined;
      if (!kept) setImmediate(() => session.destroy());
      if (flight.over) return;
      const { failure, answer, endUs } = end;
      if (failure?.outcome === "reset" && !wire && end.firstUs === 0 && (end.untouched || idempotent.has(this.#hop.method))) {
        this.#again();
        return;
      }
      if (failure) {
        const proxy = asker.proxyFor(this.#hop);
        flight.settle(failure.outcome, this.#note(proxy ? `${failure.note} (through the proxy ${nameOf(proxy)})` : failure.note), endUs);
        return;
      }
      if (wire) asker.look(wire, endUs);
      this.#judge(answer, endUs);
    });
    if (!flight.over) this.#cutStream = cut;
  }

  #answered(wire: Wire, reused: boolean, exchange: Exchange): void {
    const { asker, flight } = this;
    const { sample } = flight;
    if (wire.idle) {
      if (asker.keeps && this.#hops === 0) asker.keep(wire, exchange.endUs);
      else wire.destroy();
    }
    if (flight.over) return;
    const { failure, reader } = exchange;
    if (failure?.outcome === "reset" && reused && exchange.firstUs === 0 && idempotent.has(this.#hop.method)) {
      // The server closed it while the question was on its way: no browser shows that (RFC 9112 §9.3.1).
      this.#again();
      return;
    }
    flight.writtenUs = exchange.writtenUs;
    sample.connectUs ||= exchange.connectUs;
    sample.firstUs ||= exchange.firstUs;
    // Where it leads is known by its head: browsers do not wait for the rest.
    const leads = failure?.outcome === "reset" && reader.begun && isRedirection(reader.status) && asker.question.follow !== false;
    if (failure && !leads) {
      flight.settle(failure.outcome, this.#note(failure.note), exchange.endUs);
      return;
    }
    if (!reused) asker.look(wire, exchange.endUs);
    this.#judge(reader, exchange.endUs);
  }
  #again(): void {
    this.#stale = true;
    this.#wire = undefined;
    this.asker.found("stale-connection");
    this.go();
  }

  #judge(answer: Answer, endUs: number): void {
    const { asker, flight } = this;
    flight.sample.status = answer.status;
    if (isRedirection(answer.status) && asker.question.follow !== false) {
      this.#redirected(answer, endUs);
      return;
    }
    const { outcome, note } = this.#byProxy(answer, asker.judge(answer));
    flight.settle(outcome, this.#note(note), endUs);
  }

  /** Says whose answer a bad one is, or may be: the proxy's own or the endpoint's. What comes through a tunnel is not the proxy's. */
  #byProxy({ status, headers }: Answer, judged: Judgement): Judgement {
    const proxy = this.#hop.url.protocol === "http:" ? this.asker.proxyFor(this.#hop) : undefined;
    if (!proxy || proxy.socks || judged.outcome === "ok") return judged;
    if (status === 407) return { outcome: "refused", note: `the proxy ${nameOf(proxy)}: ${wantsCredentials(proxy.authorization !== undefined)}` };
    if (judged.outcome !== "http-5xx") return { ...judged, note: `${judged.note} (through the proxy ${nameOf(proxy)})` };
    // RFC 9209, and what Squid says before it.
    const own = headers["proxy-status"]?.includes("error=") ? headers["proxy-status"] : headers["x-squid-error"];
    const note = own === undefined ? `status ${status}, of the proxy ${nameOf(proxy)} or from behind it` : `the proxy ${nameOf(proxy)}: ${own.slice(0, 80)}`;
    return { ...judged, note };
  }

  #redirected(reader: Answer, atUs: number): void {
    const { flight } = this;
    const to = nextHop(this.#hop, reader);
    if (typeof to === "string") {
      flight.settle("wrong-answer", this.#note(to), atUs);
      return;
    }
    this.#seen ??= new Set([this.#key(this.#hop)]);
    this.#takeCookies(reader);
    this.#hop = to;
    this.#hops++;
    const key = this.#key(to);
    if (this.#seen.has(key)) flight.settle("wrong-answer", `redirected in a circle: ${to.url.href.slice(0, 80)} again`, atUs);
    else if (this.#hops > redirectsMax) flight.settle("wrong-answer", `redirected more than ${redirectsMax} times`, atUs);
    else {
      this.#seen.add(key);
      this.#wire = undefined;
      this.go();
    }
  }
  /** The same place with other cookies is another question. */
  #key = (hop: Hop): string => `${hop.method} ${hop.url.href} ${this.#cookies(hop)}`;

  #takeCookies(reader: Answer): void {
    for (const [name, value] of reader.fields()) {
      if (name !== "set-cookie") continue;
      this.#jar ??= new (cookies().CookieJar)(undefined, { looseMode: true, rejectPublicSuffixes: false });
      this.#jar.setCookieSync(value, this.#hop.url.href, { ignoreError: true });
    }
  }
  #cookies(hop = this.#hop): string {
    return this.#jar?.getCookieStringSync(hop.url.href) ?? "";
  }

  /** Which hop it was, where there was more than one; and that it was asked twice. */
  #note(note: string): string {
    const where = this.#hops > 0 && note !== "" ? `${note} (at ${this.#hop.url.origin}${this.#hop.url.pathname})` : note;
    if (!this.#stale) return where;
    return where === "" ? "stale-connection: asked again on a fresh one" : `${where}; asked again after a stale connection`;
  }
}
