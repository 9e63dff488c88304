/** Reads along as bytes pass: finds HTTP/1 heads where they begin a chunk, as almost all do; changes and delays nothing. */
import type { IncomingHttpHeaders } from "node:http";

/** A longer head is not looked at. */
const headOctets = 16_384;

export interface Head {
  /** "GET / HTTP/1.1" or "HTTP/1.1 200 OK". */
  readonly first: readonly string[];
  readonly headers: IncomingHttpHeaders;
}

export class Heads {
  #pending = "";

  /** `begins` matches the whole first line. */
  constructor(
    private readonly begins: RegExp,
    private readonly found: (head: Head) => void,
  ) {}

  bytes(chunk: Buffer): void {
    this.#pending += chunk.toString("latin1", 0, headOctets - this.#pending.length);
    const line = this.#pending.indexOf("\r\n");
    const end = this.#pending.indexOf("\r\n\r\n");
    const text = this.#pending;
    if (line < 0 || !this.begins.test(text.slice(0, line)) || end >= 0 || text.length >= headOctets) this.#pending = "";
    if (end >= 0 && this.begins.test(text.slice(0, line))) this.found(parsed(text.slice(0, end)));
  }
}

export const requests = /^[A-Z]+ \S+ HTTP\/1\.[01]$/;
export const answers = /^HTTP\/1\.[01] \d{3}/;

function parsed(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const headers: IncomingHttpHeaders = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] ??= line.slice(colon + 1).trim();
  }
  return { first: first.split(" "), headers };
}
