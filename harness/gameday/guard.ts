/** What stands before every route: a page from elsewhere, a name that is not ours, a body that is none, and whoever asks too often get no further. */
import type { IncomingMessage } from "node:http";

/** An answer that is not the one hoped for. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly says: string,
    readonly hint = "",
  ) {
    super(says);
  }
}

export const maxBodyBytes = 8 * 1024;
const loopback = ["127.0.0.1", "localhost", "[::1]"];

/** On every answer. Scripts and styles are files of ours: nothing inline, nothing from other hosts, in nobody's frame. */
export const safeHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Loopback is no boundary: any page in a local browser can reach it, under a name of its own (DNS rebinding) or from its own origin. */
export function refuseStrangers(request: IncomingMessage, port: number, names: readonly string[]): void {
  const hosts = [...loopback, ...names].map((name) => `${name}:${port}`);
  const host = request.headers.host ?? "";
  if (!hosts.includes(host)) throw new Refusal(403, "host", "this name is not the game's", "open the link as it was printed");
  const { origin } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const reads = request.method === "GET" || request.method === "HEAD";
  if (origin === undefined ? !reads : !hosts.some((one) => origin === `http://${one}`))
    throw new Refusal(403, "origin", "only the game's own page may ask that");
  if (site !== undefined && !["same-origin", "none"].includes(site)) throw new Refusal(403, "origin", "only the game's own page may ask that");
}

/** The body of a POST as JSON; 415 for another type, 413 for too much, 400 for what is no JSON. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const type = (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json") throw new Refusal(415, "type", "expected application/json");
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) throw new Refusal(413, "size", `at most ${maxBodyBytes} bytes`);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new Refusal(413, "size", `at most ${maxBodyBytes} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new Refusal(400, "json", "the body is not JSON");
  }
}

/** So many per `perMs` and key, refilled evenly; keys that have been quiet are forgotten. */
export class Rate {
  readonly #left = new Map<string, { tokens: number; atMs: number }>();
  constructor(
    readonly most: number,
    readonly perMs: number,
  ) {}
  /** Throws 429 where it is too often. */
  pass(key: string, nowMs = performance.now()): void {
    const had = this.#left.get(key) ?? { tokens: this.most, atMs: nowMs };
    const tokens = Math.min(this.most, had.tokens + ((nowMs - had.atMs) / this.perMs) * this.most);
    if (this.#left.size > 1000) for (const [old, { atMs }] of this.#left) if (nowMs - atMs > this.perMs) this.#left.delete(old);
    this.#left.set(key, { tokens: Math.max(0, tokens - 1), atMs: nowMs });
    if (tokens < 1) throw new Refusal(429, "rate", "too many requests", "wait a moment");
  }
}
