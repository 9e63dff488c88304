/**
 * What goes over the keeper's socket: one JSON object a line.
 * A client sends requests, the keeper answers each by its id, in any order, and pushes events and progress lines between the answers.
 */
import type { Event } from "../../core.js";
import { type ErrorCode, exitCodes, FlounderError } from "../../errors.js";

export interface Request {
  readonly id: number;
  readonly verb: string;
  readonly args?: unknown;
}
export interface WireError {
  /** A code of errors.ts, or "defect". */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}
export type Message =
  | { readonly id: number | null; readonly ok: unknown }
  | { readonly id: number | null; readonly error: WireError }
  | { readonly push: "say"; readonly line: string }
  | { readonly push: "event"; readonly event: Event };

/** The keeper's answer to hello: it knows the token, does the client? */
export interface Challenge {
  readonly question: string;
  readonly proof: string;
}
/** The keeper's answer to a client that has proved itself. */
export interface Hello {
  readonly id: string;
  readonly pid: number;
}

/** Longer lines are refused: nothing that a client has to say comes near it. */
export const maxLineBytes = 8 * 1024 * 1024;
/** The same for whoever has not proved itself yet. */
export const maxStrangerLineBytes = 1024;

export const encode = (message: Request | Message): string => `${JSON.stringify(message)}\n`;

/** Feeds chunks in, gets whole lines out; throws when one grows beyond `limit`, which may change between lines. */
export function lineSplitter(onLine: (line: string) => void, limit: () => number = () => maxLineBytes): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    bytes += part.length;
    if (bytes > limit()) throw new FlounderError("usage", `a line is longer than ${limit()} bytes`, "send one JSON object a line");
    parts.push(part);
  };
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, end));
      from = end + 1;
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      bytes = 0;
      if (line.trim() !== "") onLine(line);
    }
    // A copy: a slice would hold the whole of the chunk.
    if (from < chunk.length) take(Buffer.from(chunk.subarray(from)));
  };
}

export const toWireError = (error: unknown): WireError =>
  error instanceof FlounderError
    ? { code: error.code, message: error.message, hint: error.hint }
    : { code: "defect", message: error instanceof Error ? error.message : String(error), hint: "this is a defect of Flounder; the keeper's log has more" };

export const fromWireError = ({ code, message, hint }: WireError): Error =>
  code in exitCodes ? new FlounderError(code as ErrorCode, message, hint) : new Error(`${message} (${hint})`);
