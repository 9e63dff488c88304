/**
 * What goes over the keeper's socket: one JSON object a line.
 * A client sends requests, the keeper answers each by its id, in any order, and pushes events and progress lines between the answers.
 */
import { z } from "zod";
import type { Shape } from "../../core/shape.js";
import type { Event } from "../../core.js";
import { type ErrorCode, exitCodes, FlounderError } from "../../errors.js";

export const requestSchema = z.object({ id: z.number(), verb: z.string(), args: z.unknown().optional() });
export type Request = Shape<typeof requestSchema>;

const wireErrorSchema = z.object({ code: z.string().describe('a code of errors.ts, or "defect"'), message: z.string(), hint: z.string() });
export type WireError = Shape<typeof wireErrorSchema>;

const id = z.number().nullable();
const messageSchema = z.union([
  z.object({ id, ok: z.unknown() }),
  z.object({ id, error: wireErrorSchema }),
  z.object({ push: z.literal("say"), line: z.string() }),
  /** Whoever keeps events holds each against its own schema: a keeper of a later version may tell of more kinds. */
  z.object({ push: z.literal("event"), event: z.custom<Event>((value) => typeof value === "object" && value !== null && "kind" in value) }),
]);
export type Message = Shape<typeof messageSchema>;
/** Throws for what no keeper says. */
export const decode = (line: string): Message => messageSchema.parse(JSON.parse(line)) as Message;

/** What a client says first. */
export const helloSchema = z.strictObject({ question: z.string().regex(/^[0-9a-f]{64}$/) });
/** The keeper's answer to hello: it knows the token, does the client? */
export const challengeSchema = z.object({ question: z.string(), proof: z.string() });
export type Challenge = Shape<typeof challengeSchema>;
export const proveSchema = z.strictObject({
  proof: z.string().length(64),
  lease: z.boolean(),
  owner: z.boolean(),
  /** Absent: a client of a version before. */
  who: z.strictObject({ command: z.string().max(200), pid: z.number().int() }).optional(),
});
/** The keeper's answer to a client that has proved itself. */
export const welcomeSchema = z.object({ id: z.string(), pid: z.number() });
export type Hello = Shape<typeof welcomeSchema>;

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
