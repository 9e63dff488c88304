/** Passes one HTTP request on to one address and streams the answer back. What router and balancer have in common. */
import { type Agent, request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import type { Address } from "./config.js";

/** The answer did not begin; nothing was sent to the client. */
export interface Failure {
  /** In the words of Go's net package, as gorouter reports it: "dial tcp 127.0.0.1:1: connect: connection refused", "EOF". */
  readonly says: string;
  /** No connection at all, or one that ended before it answered; a mere delay is neither. */
  readonly broken: boolean;
  /** The request surely was not acted upon, or may be repeated and nothing of an answer came. */
  readonly retry: boolean;
}

export interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly to: Address;
  readonly agent: Agent;
  readonly path: string;
  /** Name, value, name, value … as they go out. */
  readonly headers: string[];
  /** Added to the answer, same form. */
  readonly answerHeaders: readonly string[];
  readonly dialTimeoutMs: number;
  /** From the end of the request to the beginning of the answer. */
  readonly answerTimeoutMs: number;
}

/** Of one connection only; Expect was answered here already. */
const hopByHop = new Set([
  "expect",
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Raw headers without those of the connection itself, without `drop` (lower case). */
export function endToEnd(raw: readonly string[], drop: ReadonlySet<string> = new Set()): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (!hopByHop.has(name) && !drop.has(name)) kept.push(raw[i]!, raw[i + 1]!);
  }
  return kept;
}

/** The client's address in plain form. */
export const clientIp = (request: IncomingMessage) => (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");

export const hasBody = ({ headers }: IncomingMessage) => headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

const goWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ENOTFOUND: "lookup: no such host",
};
class TookTooLong extends Error {}
/** An answer that must not be passed on, in words. */
class Malformed extends Error {}

/** `octets`: so many of an answer had come. */
function failureOf(error: NodeJS.ErrnoException, { request, to }: Forwarding, dialled: boolean, octets: number): Failure {
  const address = `${to.host}:${to.port}`;
  const late = error instanceof TookTooLong;
  if (!dialled)
    return { says: `dial tcp ${address}: ${late ? "i/o timeout" : (goWords[error.code ?? ""] ?? error.code ?? "failed")}`, broken: true, retry: true };
  if (late) return { says: "net/http: timeout awaiting response headers", broken: false, retry: false };
  if (error instanceof Malformed) return { says: `net/http: ${error.message}`, broken: false, retry: false };
  if (error.code?.startsWith("HPE_")) return { says: "net/http: malformed HTTP response", broken: false, retry: false };
  // A proxy that closes while our bytes are unread resets instead: both are an end before the answer.
  const says = error.message === "socket hang up" ? "EOF" : error.code === "EPIPE" ? "write: broken pipe" : `read tcp ${address}: connection reset by peer`;
  return { says, broken: true, retry: octets === 0 && idempotent.has(request.method ?? "") && !hasBody(request) };
}

/**
 * An answer that ended too soon ends too soon for the client as well. Its head goes out first: whoever is asked through another proxy would else seem to have hung up
 * without a word, and be taken for broken, by everybody's balancer, for what one app did.
 */
function cutOff(response: ServerResponse): void {
  response.flushHeaders();
  if (response.socket) response.socket.destroySoon();
  else response.destroy();
}

/** Resolves with undefined once the answer is through, or cut off with its client or its source; else with the failure, the client still waiting. */
export function forward(forwarding: Forwarding): Promise<Failure | undefined> {
  const { request, response, to, agent, path, headers, answerHeaders, dialTimeoutMs, answerTimeoutMs } = forwarding;
  const withBody = hasBody(request);
  const framed = request.headers["content-length"] === undefined && withBody ? [...headers, "Transfer-Encoding", "chunked"] : headers;
  return new Promise((resolve) => {
    let dialled = false;
    let answering = false;
    const out = ask({ host: to.host, port: to.port, method: request.method!, path, headers: framed, agent });
    const tooLate = () => out.destroy(new TookTooLong());
    let timer = setTimeout(tooLate, dialTimeoutMs);
    const awaitAnswer = () => {
      clearTimeout(timer);
      if (!answering) timer = setTimeout(tooLate, answerTimeoutMs);
    };
    const end = (failure?: Failure) => {
      clearTimeout(timer);
      response.off("close", clientLeft);
      request.off("end", awaitAnswer);
      if (failure) request.unpipe(out);
      resolve(failure);
    };
    const clientLeft = () => {
      if (!response.writableFinished) out.destroy();
      end();
    };
    const connected = () => {
      dialled = true;
      clearTimeout(timer);
      if (!withBody) return awaitAnswer();
      // The body is taken from the client only now: an address that refuses leaves it untouched for the next one.
      request.once("end", awaitAnswer);
      request.pipe(out);
    };
    out.on("socket", (socket) => (socket.connecting ? socket.once("connect", connected) : connected()));
    if (!withBody) out.end();
    response.once("close", clientLeft);
    // Nobody asked for another protocol: Upgrade is not passed on. Without a listener nothing would ever be heard of this request again.
    out.on("upgrade", (_, socket) => {
      socket.destroy();
      end(failureOf(new Malformed("unexpected 101 Switching Protocols"), forwarding, true, 1));
    });
    out.on("response", (answer) => {
      clearTimeout(timer);
      const { statusCode = 0, statusMessage } = answer;
      try {
        if (statusCode < 200) throw new Malformed(`malformed HTTP status code "${String(statusCode).padStart(3, "0")}"`);
        response.writeHead(statusCode, statusMessage, [...endToEnd(answer.rawHeaders), ...answerHeaders]);
      } catch (error) {
        // Node reads answers that it does not write: what an app says must not throw here. Its words are not to be those of our own answer.
        response.statusMessage = "";
        out.destroy(error instanceof Malformed ? error : new Malformed("malformed HTTP response"));
        return;
      }
      answering = true;
      // A stream's head must not wait for its first bytes.
      if (answer.headers["content-length"] === undefined) response.flushHeaders();
      answer.once("error", () => cutOff(response));
      answer.pipe(response);
    });
    out.on("error", (error) => {
      if (!answering) end(failureOf(error, forwarding, dialled, out.socket?.bytesRead ?? 0));
    });
  });
}
