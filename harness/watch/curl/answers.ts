/** Bytes of answers: heads, bodies, encodings and frames, well formed or not, whole or in pieces. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import type { Random } from "../../random.js";
import type { Step } from "./case.js";

export const text = "all is well";
export const one = <T>(random: Random, ...all: readonly T[]): T => all[Math.floor(random() * all.length)]!;

/** Header lines and body, as they are. */
export const answer = (status: string, lines: readonly string[], body: string | Buffer = ""): Buffer =>
  Buffer.concat([Buffer.from(`${[status.startsWith("HTTP/") ? status : `HTTP/1.1 ${status}`, ...lines, "", ""].join("\r\n")}`, "latin1"), Buffer.from(body)]);
export const page = (status: string, body: string | Buffer = `${text}\n`, ...lines: readonly string[]): Buffer =>
  answer(status, [`Content-Length: ${Buffer.from(body).length}`, ...lines], body);
export const well = (): Step[] => [page("200 OK")];
export const to = (location: string, status = "302 Found", ...lines: readonly string[]): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\nLocation: `),
    Buffer.from(location),
    Buffer.from(`\r\nContent-Length: 0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`),
  ]);

export function chunked(body: Buffer, random: Random, ending = "0\r\n\r\n", newline = "\r\n"): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const length = Math.min(body.length - at, 1 + Math.floor(random() * 400));
    const size = one(random, length.toString(16), length.toString(16).toUpperCase(), `00${length.toString(16)}`);
    parts.push(Buffer.from(`${size}${one(random, "", "", ";name=value", ' ; a="b"')}${newline}`), body.subarray(at, at + length), Buffer.from(newline));
    at += length;
  }
  return Buffer.concat([...parts, Buffer.from(ending.replaceAll("\r\n", newline))]);
}

export const codings = {
  gzip: gzipSync,
  "x-gzip": gzipSync,
  deflate: deflateSync,
  raw: deflateRawSync,
  br: brotliCompressSync,
} as const;
export type Coding = keyof typeof codings;
/** What the header calls it. */
export const nameOf = (coding: Coding): string => (coding === "raw" ? "deflate" : coding);

/** As one write, byte by byte, or in a few pieces. */
export function pieces(bytes: Buffer, random: Random): Step[] {
  const how = one(random, "whole", "whole", "bytes", "pieces");
  if (how === "whole" || bytes.length < 2) return [bytes];
  const steps: Step[] = [];
  for (let at = 0; at < bytes.length; ) {
    // Long ones byte by byte would take longer than anybody waits.
    const length = how === "bytes" && bytes.length < 400 ? 1 : 1 + Math.floor((random() * bytes.length) / 4);
    steps.push(bytes.subarray(at, at + length));
    at += length;
  }
  return steps;
}
