/** Cases that somebody thought of: each is the only one of its kind. */
import { deflateRawSync, gzipSync } from "node:zlib";
import { answer, chunked, page, text, to, well } from "./answers.js";
import type { Asked, Case, Step } from "./case.js";
import { redirections } from "./redirections.js";

const bytes = (said: string): Step[] => [Buffer.from(said, "latin1"), "end"];
/** The same to every request; its text is expected. */
const says = (name: string, said: string, more: Partial<Case> = {}): Case => ({ name, text, answer: () => bytes(said), ...more });
const ok = "HTTP/1.1 200 OK\r\n";
const length = `Content-Length: ${text.length}\r\n\r\n${text}`;

/** Answers that are framed in a way of their own. */
const frames: readonly Case[] = [
  says("no reason phrase", `HTTP/1.1 200\r\n${length}`),
  says("an empty reason phrase", `HTTP/1.1 200 \r\n${length}`),
  says("HTTP/1.0 until the connection ends", `HTTP/1.0 200 OK\r\n\r\n${text}`),
  says("HTTP/1.0, kept alive", `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${length}`),
  says("HTTP/1.2", `HTTP/1.2 200 OK\r\n${length}`),
  says("HTTP/2 in words", `HTTP/2 200 OK\r\n${length}`, { shows: "version" }),
  says("HTTP/0.9", `<p>${text}</p>`),
  says("ICY", `ICY 200 OK\r\n${length}`),
  says("a status of two digits", `HTTP/1.1 20 OK\r\n${length}`),
  says("a status of four digits", `HTTP/1.1 2000 OK\r\n${length}`),
  says("an empty line before the head", `\r\n${ok}${length}`),
  says("lines end in LF", `HTTP/1.1 200 OK\n${length.replaceAll("\r\n", "\n")}`),
  says("some lines end in LF", `HTTP/1.1 200 OK\nX-A: 1\r\n${length}`),
  says("folded headers", `${ok}X-Long: a\r\n b\r\n\tc\r\n${length}`),
  says("a header without a value", `${ok}X-Empty:\r\n${length}`),
  says("a header line without a colon", `${ok}nonsense\r\n${length}`, { shows: "no colon" }),
  says("a blank before the colon", `${ok}X-A : 1\r\n${length}`),
  says("a NUL in a header", `${ok}X-A: a\0b\r\n${length}`),
  says("8-bit letters in a header", `${ok}X-A: \xfc\xe4\r\n${length}`),
  says("header names in any case", `${ok}cOnTeNt-LeNgTh: ${text.length}\r\n\r\n${text}`),
  says("100 kB of headers", `${ok}${Array.from({ length: 100 }, (_, i) => `X-${i}: ${"x".repeat(1000)}\r\n`).join("")}${length}`),
  {
    name: "100 kB of headers in two pieces",
    text,
    answer: () => {
      const whole = Buffer.from(`${ok}${Array.from({ length: 100 }, (_, i) => `X-${i}: ${"x".repeat(1000)}\r\n`).join("")}${length}`);
      return [whole.subarray(0, 90_000), { waitMs: 100 }, whole.subarray(90_000), "end"];
    },
  },
  says("1000 header lines", `${ok}${Array.from({ length: 1000 }, (_, i) => `X-${i}: x\r\n`).join("")}${length}`),
  says("the same length twice", `${ok}Content-Length: ${text.length}\r\n${length}`),
  says("two lengths", `${ok}Content-Length: 500\r\n${length}`, { shows: "length" }),
  says("two lengths in one line", `${ok}Content-Length: ${text.length}, 500\r\n\r\n${text}`, { shows: "length" }),
  says("a negative length", `${ok}Content-Length: -1\r\n\r\n${text}`),
  says("a length in words", `${ok}Content-Length: many\r\n\r\n${text}`),
  says("a length with a plus sign", `${ok}Content-Length: +${text.length}\r\n\r\n${text}`, { shows: "length" }),
  says("an empty length", `${ok}Content-Length:\r\n\r\n${text}`),
  says("a length beyond 64 bits", `${ok}Content-Length: 99999999999999999999\r\n\r\n${text}`, { shows: "length" }),
  says("more bytes than announced", `${ok}${length}and more`),
  says("fewer bytes than announced", `${ok}Content-Length: 500\r\n\r\n${text}`),
  says("chunks and a length", `${ok}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nb\r\n${text}\r\n0\r\n\r\n`),
  says("chunks and trailers", `${ok}Transfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\nb\r\n${text}\r\n0\r\nX-End: 1\r\n\r\n`),
  says("Chunked in capitals", `${ok}TRANSFER-ENCODING: Chunked\r\n\r\nb\r\n${text}\r\n0\r\n\r\n`),
  says("chunk lines end in LF", `${ok}Transfer-Encoding: chunked\r\n\r\nb\n${text}\n0\n\n`),
  says("a chunk size with blanks", `${ok}Transfer-Encoding: chunked\r\n\r\nb  \r\n${text}\r\n0\r\n\r\n`),
  says("a chunk size of many zeros", `${ok}Transfer-Encoding: chunked\r\n\r\n00000000000000b\r\n${text}\r\n0\r\n\r\n`),
  says("a chunk size that is none", `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n${text}\r\n0\r\n\r\n`),
  says("a chunk size beyond 64 bits", `${ok}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${text}\r\n0\r\n\r\n`),
  says("a chunk that is longer than its size", `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\n${text}\r\n0\r\n\r\n`),
  says("chunks without the last one", `${ok}Transfer-Encoding: chunked\r\n\r\nb\r\n${text}\r\n`),
  says("the last chunk without its empty line", `${ok}Transfer-Encoding: chunked\r\n\r\nb\r\n${text}\r\n0\r\n`),
  says("an unknown transfer coding", `${ok}Transfer-Encoding: sponge\r\n\r\n${text}`),
  {
    name: "gzip as a transfer coding",
    text,
    shows: "transfer coding",
    answer: () => [
      answer(
        "200 OK",
        ["Transfer-Encoding: gzip, chunked"],
        chunked(gzipSync(text), () => 0.9),
      ),
      "end",
    ],
  },
  says("the transfer coding identity", `${ok}Transfer-Encoding: identity\r\n\r\n${text}`),
  says("204 with a body", `HTTP/1.1 204 No Content\r\n${length}`, { text: "" }),
  says("205 with a body", `HTTP/1.1 205 Reset Content\r\n${length}`),
  says("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", { text: "" }),
  says("100 before it", `HTTP/1.1 100 Continue\r\n\r\n${ok}${length}`),
  says("103 before it", `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${ok}${length}`),
  says("three interim answers before it", `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${ok}${length}`),
  says("an interim answer, and nothing after it", "HTTP/1.1 100 Continue\r\n\r\n"),
  says("101, unasked", `HTTP/1.1 101 Switching Protocols\r\nUpgrade: odd\r\n\r\n${text}`, { shows: "101" }),
  says("an event stream that begins", `${ok}Content-Type: text/event-stream\r\n\r\ndata: ${text}\n\n`, {}),
  { name: "HEAD of a page", method: "HEAD", answer: () => [answer("200 OK", ["Content-Length: 500"])] },
  { name: "HEAD in chunks", method: "HEAD", answer: () => [answer("200 OK", ["Transfer-Encoding: chunked"])] },
  { name: "HEAD, and a body all the same", method: "HEAD", answer: () => [page("200 OK"), "end"] },
  { name: "HEAD, and closes within the head", method: "HEAD", shows: "cut head", answer: () => bytes(`${ok}Content-Length: 500\r\n`) },
  { name: "HEAD of an error", method: "HEAD", answer: () => [answer("503 Unavailable", ["Content-Length: 500"])] },
  { name: "a body of 3 MiB", text: "xxxx", answer: () => [page("200 OK", "x".repeat(3 * 2 ** 20)), "end"] },
];

/** What happens to the connection. */
const connections: readonly Case[] = [
  { name: "nobody listens", door: "refused" },
  { name: "closes without a word", door: "closes" },
  { name: "resets after the question", door: "resets" },
  { name: "never answers", door: "silent" },
  { name: "another protocol", door: "banner" },
  { name: "TLS, where nothing but HTTP is spoken", door: "tls-unknown", insecure: true, text, answer: well },
  says("closes within the head", `${ok}Content-Le`),
  { name: "resets within the body", text, answer: () => [Buffer.from(`${ok}Content-Length: 500\r\n\r\n${text}`), { waitMs: 30 }, "reset"] },
  { name: "resets a body without length", text, answer: () => [Buffer.from(`${ok}\r\n${text}`), { waitMs: 30 }, "reset"] },
  { name: "resets after a whole answer", text, answer: () => [page("200 OK"), { waitMs: 30 }, "reset"] },
  { name: "hangs within the head", answer: () => [Buffer.from(`${ok}Content-Le`), "hang"] },
  { name: "hangs within the body", text: "more", answer: () => [Buffer.from(`${ok}Content-Length: 500\r\n\r\n${text}`), "hang"] },
  { name: "a body without length that hangs", text: "more", answer: () => [Buffer.from(`${ok}\r\n${text}`), "hang"] },
  { name: "answers after half a second", text, answer: () => [{ waitMs: 500 }, page("200 OK")] },
  {
    name: "a pause within the answer",
    text,
    answer: () => [Buffer.from(`${ok}Content-Length: ${text.length}\r\n`), { waitMs: 300 }, Buffer.from(`\r\n${text}`)],
  },
  { name: "closes a kept connection after each answer", connection: "kept", text, answer: () => [page("200 OK"), "end"] },
  { name: "resets an idle connection", connection: "kept", text, answer: () => [page("200 OK"), { waitMs: 200 }, "reset"] },
  { name: "closes a kept connection when it is asked again", connection: "kept", text, answer: onceEach() },
  { name: "says that it will close, and does not", connection: "kept", text, answer: () => [page("200 OK", text, "Connection: close")] },
];
/** Answers the first request of a connection: the raw server has no other way to tell, so it says keep-alive and ends. */
function onceEach(): (asked: Asked) => Step[] {
  return () => [page("200 OK", text, "Connection: keep-alive"), { waitMs: 900 }, "end"];
}

const secure: readonly Case[] = [
  { name: "TLS that is well", door: "tls", text, answer: well },
  { name: "TLS by an authority that nobody knows", door: "tls", trusts: false, answer: well },
  { name: "TLS by an authority that nobody knows, --insecure", door: "tls", trusts: false, insecure: true, text, answer: well },
  { name: "an expired certificate", door: "tls-expired", answer: well },
  { name: "an expired certificate, --insecure", door: "tls-expired", insecure: true, text, answer: well },
  { name: "a certificate of another name", door: "tls-other", answer: well },
  { name: "a certificate of another name, --insecure", door: "tls-other", insecure: true, text, answer: well },
  { name: "a certificate that signed itself", door: "tls-unknown", answer: well },
  { name: "a certificate for an address", door: "tls-ip", text, answer: well },
  {
    name: "a redirection from TLS to another host",
    door: "tls",
    text,
    answer: ({ path, there }) => (path === "/" ? [to(there.replace("https", "http").replace(/:\d+/, ":1"))] : well()),
  },
  { name: "TLS that closes within the body", door: "tls", text, answer: () => [Buffer.from(`${ok}Content-Length: 500\r\n\r\n${text}`), "end"] },
  { name: "TLS until the connection ends", door: "tls", text, answer: () => [Buffer.from(`${ok}\r\n${text}`), "end"] },
  { name: "TLS that is reset within a body without length", door: "tls", text, answer: () => [Buffer.from(`${ok}\r\n${text}`), { waitMs: 30 }, "reset"] },
];

const gzipped = gzipSync(text);
const encoded = (name: string, coding: string, body: Buffer, more: Partial<Case> = {}): Case => ({
  name,
  text,
  answer: () => [page("200 OK", body, ...(coding === "" ? [] : [`Content-Encoding: ${coding}`])), "end"],
  ...more,
});
const encodings: readonly Case[] = [
  encoded("gzip, cut", "gzip", gzipSync(text.repeat(50)).subarray(0, 30), { shows: "cut encoding" }),
  encoded("gzip, cut, nothing expected", "gzip", gzipSync(text.repeat(50)).subarray(0, 30), { text: "", shows: "cut encoding" }),
  encoded("gzip that is none", "gzip", Buffer.from(text)),
  encoded("gzip that is none, nothing expected", "gzip", Buffer.from(text), { text: "" }),
  encoded("gzip with a wrong checksum", "gzip", Buffer.concat([gzipped.subarray(0, -8), Buffer.alloc(4), gzipped.subarray(-4)])),
  encoded("gzip with something behind it", "gzip", Buffer.concat([gzipped, Buffer.from("and more")])),
  encoded("two gzip members", "gzip", Buffer.concat([gzipped, gzipSync(" and more")]), { shows: "members" }),
  encoded("gzip twice", "gzip, gzip", gzipSync(gzipped)),
  encoded("GZIP in capitals", "GZIP", gzipped),
  encoded("identity", "identity", Buffer.from(text)),
  encoded("no encoding named", "", gzipped),
  encoded("an unknown encoding", "sponge", Buffer.from(text)),
  encoded("an unknown encoding, nothing expected", "sponge", Buffer.from(text), { text: "", shows: "unknown encoding" }),
  encoded("br that is none", "br", Buffer.from(text)),
  encoded("deflate that is none", "deflate", Buffer.from(text)),
  encoded("an empty body in gzip", "gzip", Buffer.alloc(0), { text: "" }),
  {
    name: "raw deflate in two pieces",
    text,
    shows: "raw deflate",
    answer: () => {
      const [whole, all] = [page("200 OK", deflateRawSync(text), "Content-Encoding: deflate"), deflateRawSync(text).length];
      return [whole.subarray(0, whole.length - all + 1), { waitMs: 100 }, whole.subarray(whole.length - all + 1), "end"];
    },
  },
  { name: "HEAD in gzip", method: "HEAD", answer: () => [answer("200 OK", ["Content-Encoding: gzip", "Content-Length: 30"])] },
  { name: "an error in gzip that is none", answer: () => [page("500 No", text, "Content-Encoding: gzip"), "end"] },
];

const statuses: readonly Case[] = [199, 201, 206, 226, 299, 305, 306, 399, 400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 504, 599, 600, 999].map(
  (status) => ({
    name: `status ${status}`,
    answer: () => [page(`${status} Odd`), "end"],
  }),
);
const expected: readonly Case[] = [
  { name: "404, which is expected", statuses: [404], answer: () => [page("404 No")] },
  { name: "200, where 404 is expected", statuses: [404], answer: () => [page("200 OK")] },
  { name: "the text is missing", text: "something else", answer: well },
];
const python: readonly Case[] = [
  { name: "Python: a file", door: "python", path: "/page.txt", text },
  { name: "Python: a file with a query", door: "python", path: "/page.txt?a=b", text },
  { name: "Python: a folder that leads to its index", door: "python", path: "/folder", text: "well" },
  { name: "Python: a list of files", door: "python", path: "/", text: "page.txt" },
  { name: "Python: 404", door: "python", path: "/none" },
  { name: "Python: HEAD", door: "python", path: "/page.txt", method: "HEAD" },
  { name: "Python: POST, which it does not know", door: "python", path: "/page.txt", method: "POST", body: "a" },
];

export const edges: readonly Case[] = [...frames, ...connections, ...secure, ...redirections, ...encodings, ...statuses, ...expected, ...python].map((one) => {
  if (one.text !== "") return one;
  const { text: _, ...rest } = one;
  return rest;
});
