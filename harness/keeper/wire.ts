/**
 * What goes over the keeper's socket: one JSON object a line.
 * A client sends requests, the keeper answers each by its id, in any order, and pushes events and progress lines between the answers.
 */
import { StringDecoder } from "node:string_decoder";
import type { Event } from "../core.js";
import { type ErrorCode, exitCodes, FlounderError } from "../errors.js";

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

/** The keeper's answer to hello. */
export interface Hello {
  readonly id: string;
  readonly pid: number;
}

/** Longer lines are refused: nothing that a client has to say comes near it. */
export const maxLineBytes = 8 * 1024 * 1024;

export const encode = (message: Request | Message): string => `${JSON.stringify(message)}\n`;

/** Feeds chunks in, gets whole lines out; throws when one grows beyond maxLineBytes. */
export function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop()!;
    if (rest.length > maxLineBytes) throw new FlounderError("usage", `a line is longer than ${maxLineBytes} bytes`, "send one JSON object a line");
    for (const line of lines) if (line.trim() !== "") onLine(line);
  };
}

export const toWireError = (error: unknown): WireError =>
  error instanceof FlounderError
    ? { code: error.code, message: error.message, hint: error.hint }
    : { code: "defect", message: error instanceof Error ? error.message : String(error), hint: "this is a defect of Flounder; the keeper's log has more" };

export const fromWireError = ({ code, message, hint }: WireError): Error =>
  code in exitCodes ? new FlounderError(code as ErrorCode, message, hint) : new Error(`${message} (${hint})`);
