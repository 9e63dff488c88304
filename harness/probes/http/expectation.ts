/** Whether an answer is the one that was asked for. */
import * as zlib from "node:zlib";
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import type { AnswerClass, Outcome } from "../../core.js";
import { type Answer, bodyMaxBytes } from "./response.js";

export interface Expectation {
  /** Ranges, both ends included; absent: whatever is below 400. */
  readonly statuses?: readonly (readonly [from: number, to: number])[];
  /** The body holds this. */
  readonly text?: string;
  /** The body fits this regular expression. */
  readonly pattern?: string;
  /** A dotted path into a JSON body ("status.items[0].name"), and what stands there; without a value: that something does. */
  readonly json?: { readonly path: string; readonly is?: string };
  /** In lower case; without a value: that it is there. */
  readonly header?: { readonly name: string; readonly holds?: string };
  /** What bad answers mean that are of these kinds. */
  readonly classes?: readonly AnswerClass[];
}
export interface Judgement {
  readonly outcome: Outcome;
  readonly note: string;
}
const good: Judgement = { outcome: "ok", note: "" };
const wrong = (note: string): Judgement => ({ outcome: "wrong-answer", note });

/** Of an answer to which no redirection leads any further. */
export function judge(reader: Answer, expect: Expectation): Judgement {
  const { status } = reader;
  if (expect.statuses ? !expect.statuses.some(([from, to]) => status >= from && status <= to) : status >= 400) return badStatus(reader, expect.classes ?? []);
  const { header } = expect;
  if (header) {
    const value = reader.headers[header.name];
    if (value === undefined) return wrong(`there is no header ${header.name}`);
    if (header.holds !== undefined && !value.includes(header.holds)) return wrong(`header ${header.name} is "${value.slice(0, 60)}"`);
  }
  return asksForBody(expect) ? judgeBody(reader, expect) : judgeCoding(reader);
}
export const asksForBody = ({ text, pattern, json }: Expectation): boolean => text !== undefined || pattern !== undefined || json !== undefined;

function badStatus({ status, headers }: Answer, classes: readonly AnswerClass[]): Judgement {
  if (status >= 500) return { outcome: "http-5xx", note: "" };
  const known = classes.find((one) => one.status === status && headers[one.header]);
  if (known) return { outcome: known.outcome, note: headers[known.header]! };
  return wrong(`status ${status}`);
}

/** Nothing is asked of the body; but one that cannot be decoded is shown by no browser. */
function judgeCoding(reader: Answer): Judgement {
  if (reader.headers["content-encoding"] === undefined) return good;
  try {
    decoded(reader);
  } catch (error) {
    // In what is unknown here there may be something for others.
    if (!(error instanceof Undecodable)) return wrong(`its body cannot be decoded as it says (${reader.headers["content-encoding"]})`);
  }
  return good;
}

function judgeBody(reader: Answer, { text, pattern, json }: Expectation): Judgement {
  let body: Buffer;
  try {
    body = decoded(reader);
  } catch (error) {
    return wrong(error instanceof Undecodable ? error.message : `its body cannot be decoded as it says (${reader.headers["content-encoding"]})`);
  }
  if (text !== undefined && !body.includes(text)) return wrong("the expected text is missing");
  if (pattern !== undefined && !new RegExp(pattern).test(body.toString("utf8"))) return wrong("the expected pattern is missing");
  if (json !== undefined) {
    let value: unknown;
    try {
      value = JSON.parse(body.toString("utf8"));
    } catch {
      return wrong("the body is not JSON");
    }
    const found = at(value, json.path);
    if (found === undefined) return wrong(`the JSON body has no ${json.path}`);
    if (json.is !== undefined && json.is !== (typeof found === "string" ? found : JSON.stringify(found)))
      return wrong(`${json.path} is ${JSON.stringify(found).slice(0, 60)}`);
  }
  return good;
}

class Undecodable extends Error {}

/** Node has it from 22.15 on. */
const unzstd = (zlib as { readonly zstdDecompressSync?: (body: Buffer, how: object) => Buffer }).zstdDecompressSync;

/** What a server may be told that is read here. */
export const codings: readonly string[] = ["gzip", "x-gzip", "deflate", "br", ...(unzstd ? ["zstd"] : []), "identity"];

/** The body as the server meant it (RFC 9110 §8.4); of one that was left in the middle, as much as can be decoded. */
function decoded(reader: Answer): Buffer {
  const applied = (reader.headers["content-encoding"] ?? "")
    .split(",")
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== "" && one !== "identity");
  let { body } = reader;
  const how = {
    maxOutputLength: 8 * bodyMaxBytes,
    ...(reader.cut ? { finishFlush: constants.Z_SYNC_FLUSH } : {}),
  };
  for (const coding of applied.reverse()) {
    if (body.length === 0) continue;
    if (coding === "gzip" || coding === "x-gzip") body = gunzipSync(body, how);
    // Some servers send raw deflate under this name: browsers take both. A zlib header has 8 in its low nibble.
    else if (coding === "deflate") body = (body[0]! & 15) === 8 ? inflateSync(body, how) : inflateRawSync(body, how);
    else if (coding === "br")
      body = brotliDecompressSync(body, { maxOutputLength: 8 * bodyMaxBytes, ...(reader.cut ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {}) });
    else if (coding === "zstd" && unzstd)
      body = unzstd(body, { maxOutputLength: 8 * bodyMaxBytes, ...(reader.cut ? { finishFlush: (constants as { ZSTD_e_flush?: number }).ZSTD_e_flush } : {}) });
    else if (coding === "zstd") throw new Undecodable(`its body is encoded as zstd, which Node ${process.version} cannot read (22.15 can)`);
    else throw new Undecodable(`its body is encoded as ${coding}, which cannot be read here`);
  }
  return body;
}

function at(value: unknown, path: string): unknown {
  let here = value;
  for (const key of path
    .replace(/\[(\d+)\]/g, ".$1")
    .split(".")
    .filter((one) => one !== "")) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}
