/** What HAProxy says, line by line, as lines of this component's log: requests as balance.ts logs them, all else in its own words. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { log } from "../base/log.js";

interface Line {
  readonly id: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly backend: string;
  readonly status: number;
}

/** Undefined for what is no request's line. Nobody asked and nobody answered are left out and null, as in balance.ts. */
export function requestOf(text: string): object | undefined {
  if (!text.startsWith('{"id":')) return undefined;
  try {
    const { backend, status, ...rest } = JSON.parse(text) as Line;
    return { ...rest, ...(backend.startsWith("<") ? {} : { backend }), status: status < 0 ? null : status };
  } catch {
    return undefined;
  }
}

export function logLines(from: Readable): void {
  createInterface({ input: from }).on("line", (text) => {
    const request = requestOf(text);
    if (request) log.info(request, "request");
    else if (text.trim() !== "") log.info({ haproxy: text }, "haproxy");
  });
}
