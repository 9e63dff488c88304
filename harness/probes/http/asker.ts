/** Asks one HTTP endpoint, sample by sample: connections that are kept, addresses of names, and what all samples of it share. */
import type { Asker, Asking, Flight } from "../schedule/flight.js";
import { type Address, Names } from "./connect/names.js";
import { type HttpProxy, nameOf, proxyFor } from "./connect/proxy.js";
import { connectBytes } from "./connect/tunnel.js";
import { asksForBody, type Expectation, type Judgement, judge } from "./expectation.js";
import type { H2Session } from "./h2.js";
import { bytesOf, firstHop, type Hop, type HttpQuestion } from "./question.js";
import type { Answer } from "./response.js";
import { Visit } from "./visit.js";
import { type Endpoint, Wire } from "./wire.js";

/** Idle connections are closed before servers close them (Node after 5 s): else a request meets the closing and looks like a reset. */
const idleMaxUs = 2e6;
const fallback = "HTTP/1.1";
const certificateWarnMs = 14 * 86_400_000;

export interface HttpAsking extends HttpQuestion {
  /** kept: a pool, as a browser or a service has; fresh: a connection per sample, which is what a new user feels. */
  readonly connection: "fresh" | "kept";
}

export class HttpAsker implements Asker {
  readonly first: Hop;
  readonly expect: Expectation;
  readonly sought: string | undefined;
  readonly bytes: { readonly fresh: Uint8Array; readonly keep: Uint8Array };
  /** What was found beside the outcomes of samples, and how often. */
  readonly findings = new Map<string, number>();
  readonly #idle: { wire: Wire; sinceUs: number }[] = [];
  readonly #sessions: H2Session[] = [];
  #judged: { answer: Answer; judgement: Judgement } | undefined;
  #certificateAskedUs = Number.NEGATIVE_INFINITY;

  readonly names: Names;

  constructor(readonly question: HttpAsking) {
    this.names = new Names(question.resolve);
    this.first = firstHop(question);
    this.expect = question.expect ?? {};
    this.sought = asksForBody(this.expect) ? (this.expect.text ?? "") : undefined;
    if (question.http2 && this.first.url.protocol === "http:") this.found(`${fallback}: without TLS HTTP/2 is not asked for`);
    const proxy = this.proxyFor(this.first);
    this.bytes = { fresh: bytesOf(this.first, { keep: false, proxy }), keep: bytesOf(this.first, { keep: true, proxy }) };
  }

  ask(flight: Flight): Asking {
    const visit = new Visit(this, flight);
    visit.go();
    return visit;
  }
  close(): void {
    for (const { wire } of this.#idle) wire.destroy();
    for (const session of this.#sessions) session.destroy();
  }

  get keeps(): boolean {
    return this.question.connection === "kept";
  }
  /** A connection is at hand: no address is needed. */
  takeIdle(atUs: number): Wire | undefined {
    for (;;) {
      const last = this.#idle.pop();
      if (!last) return undefined;
      if (last.sinceUs < atUs - idleMaxUs) last.wire.destroy();
      else if (last.wire.idle) return last.wire;
    }
  }
  /** One that takes another request; it may have others under way. */
  openSession(): H2Session | undefined {
    while (this.#sessions.length > 0 && !this.#sessions[0]!.open) this.#sessions.shift();
    return this.#sessions[0];
  }
  keepSession(session: H2Session): void {
    this.#sessions.push(session);
  }
  keep(wire: Wire, sinceUs: number): void {
    this.#idle.push({ wire, sinceUs });
  }

  proxyFor({ url }: Hop): HttpProxy | undefined {
    const { proxies } = this.question;
    return proxies && proxyFor(proxies, url);
  }
  dial({ addresses, last }: Address, { url }: Hop, proxy: HttpProxy | undefined): Wire {
    const tls = url.protocol === "https:";
    const { tls: secure, http2 } = this.question;
    const port = proxy?.port ?? (Number(url.port) || (tls ? 443 : 80));
    return new Wire({
      addresses,
      port,
      last,
      ...(secure ? { secure } : {}),
      ...(tls ? { tls: url.hostname, ...(http2 ? { http2 } : {}) } : {}),
      ...(proxy ? { proxy: wayThrough(proxy, url, this.names.given) } : {}),
    });
  }
  /** Of the same answer the same is said. */
  judge(answer: Answer): Judgement {
    if (this.#judged?.answer !== answer) this.#judged = { answer, judgement: judge(answer, this.expect) };
    return this.#judged.judgement;
  }

  found(what: string): void {
    this.findings.set(what, (this.findings.get(what) ?? 0) + 1);
  }
  /** What the connection shows beside its answer; a certificate once a minute. */
  look(wire: Wire, atUs: number): void {
    const { proxy } = wire.endpoint;
    if (wire.endpoint.http2) this.found(wire.protocol === "h2" ? "HTTP/2" : `${fallback}: the server does not take HTTP/2`);
    if (wire.passedOver.length > 0)
      this.found(
        `${proxy ? `the proxy ${proxy.name}: ` : ""}${wire.passedOver.every((one) => one.includes("::") || /^[0-9a-f]+:/i.test(one)) && !wire.address.includes(":") ? "IPv6 fails, IPv4 is well" : "another address answered"}: ${wire.passedOver.join(", ")}; ${wire.address} answered`,
      );
    if (wire.endpoint.tls === undefined || atUs < this.#certificateAskedUs + 60e6) return;
    this.#certificateAskedUs = atUs;
    const ends = wire.certificateEnds;
    if (ends && ends.getTime() - Date.now() < certificateWarnMs) this.found(`the certificate expires on ${ends.toISOString().slice(0, 16)}Z`);
  }
}

const wayThrough = (proxy: HttpProxy, url: URL, given: Readonly<Record<string, string>>): NonNullable<Endpoint["proxy"]> => {
  const name = nameOf(proxy);
  if (proxy.socks) {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    return { name, authorized: proxy.socks.user !== undefined, socks: { ...proxy.socks, host: given[`${host}:${port}`] ?? host, port } };
  }
  return {
    name,
    authorized: proxy.authorization !== undefined,
    ...(proxy.tls ? { tls: proxy.host } : {}),
    ...(url.protocol === "https:" ? { connect: connectBytes(url, proxy.authorization) } : {}),
  };
};
