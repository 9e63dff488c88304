/** Cases that chance makes: a status, a frame, an encoding and damage to each, in any combination, in pieces of any size. */
import type { Random } from "../../random.js";
import { answer, type Coding, chunked, codings, nameOf, one, pieces, text, to } from "./answers.js";
import type { Case, Step } from "./case.js";

type Damage = "none" | "encoding is cut" | "encoding is corrupt" | "closed too early" | "reset too early" | "hangs";

export function generated(random: Random, count: number): readonly Case[] {
  return Array.from({ length: count }, (_, i) => make(random, i));
}

function make(random: Random, i: number): Case {
  const status = one(random, 200, 200, 200, 200, 200, 203, 206, 404, 500, 503);
  const coding = one<Coding | undefined>(random, undefined, undefined, "gzip", "x-gzip", "deflate", "raw", "br");
  const frame = one(random, "length", "length", "chunked", "chunked", "LF chunks", "close", "HTTP/1.0");
  const damage = one<Damage>(random, "none", "none", "none", "none", "encoding is cut", "encoding is corrupt", "closed too early", "reset too early", "hangs");
  const hops = one(random, 0, 0, 0, 1, 2, 4);
  const tls = random() < 0.1;
  const expects = random() < 0.7;
  const method = one(random, undefined, undefined, undefined, undefined, "HEAD" as const, "POST" as const);
  const plain = Buffer.from(`${text}: ${Array.from({ length: 20 + Math.floor(random() * 300) }, () => one(random, "a", "b", "<p>", "\r\n", "ü")).join("")}`);
  let body = coding === undefined ? plain : codings[coding](plain);
  if (damage === "encoding is cut") body = body.subarray(0, Math.ceil(body.length / 2));
  if (damage === "encoding is corrupt") {
    body = Buffer.from(body);
    const at = Math.floor(body.length / 2);
    for (let k = at; k < Math.min(at + 4, body.length); k++) body[k] = body[k]! ^ 0xff;
  }
  const head = [
    ...(coding === undefined ? [] : [`Content-Encoding: ${nameOf(coding)}`]),
    ...one(random, [], [`X-Long: a\r\n b`], ["Connection: close"], ["Set-Cookie: a=1", "Set-Cookie: b=2"]),
  ];
  const early = damage === "closed too early" || damage === "reset too early" || damage === "hangs";
  const bytes = method === "HEAD" ? answer(`${status} Odd`, [...head, `Content-Length: ${body.length}`]) : framed(random, status, head, body, frame);
  const interim = one(random, "", "", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  const whole = Buffer.concat([Buffer.from(frame === "HTTP/1.0" ? "" : interim), early ? bytes.subarray(0, bytes.length - 2) : bytes]);
  const end: Step = damage === "reset too early" ? "reset" : damage === "hangs" ? "hang" : "end";
  const last: Step[] = [...pieces(whole, random), { waitMs: 20 }, end];
  const isCut = damage === "encoding is cut" || damage === "closed too early";
  const mayShow = method === "HEAD" && early ? "cut head" : coding !== undefined && isCut ? "cut encoding" : coding === "raw" ? "raw deflate" : undefined;
  const moved = one(random, "301 Moved", "302 Found", "307 Temporary");
  const name = [`generated ${i}: ${status}`, method, tls && "TLS", frame, coding, damage, hops > 0 && `${hops} redirections`, !expects && "nothing expected"]
    .filter(Boolean)
    .join(", ");
  return {
    name,
    ...(mayShow === undefined ? {} : { mayShow }),
    answer: ({ path }) => (path.length - 1 < hops ? [to(`${path.slice(1)}a`, moved)] : last),
    ...(tls ? { door: "tls" as const } : {}),
    ...(method === undefined ? {} : { method }),
    ...(method === "POST" ? { body: "a=1" } : {}),
    ...(expects && method !== "HEAD" ? { text } : {}),
  };
}

function framed(random: Random, status: number, head: readonly string[], body: Buffer, frame: string): Buffer {
  if (frame === "length") return answer(`${status} Odd`, [...head, `Content-Length: ${body.length}`], body);
  if (frame === "close") return answer(`${status} Odd`, head, body);
  if (frame === "HTTP/1.0") return answer(`HTTP/1.0 ${status} Odd`, head, body);
  const trailer = one(random, "0\r\n\r\n", "0\r\nX-End: 1\r\n\r\n");
  if (frame === "chunked") return answer(`${status} Odd`, [...head, "Transfer-Encoding: chunked"], chunked(body, random, trailer));
  const lf = Buffer.from(
    answer(`${status} Odd`, [...head, "Transfer-Encoding: chunked"])
      .toString("latin1")
      .replaceAll("\r\n", "\n"),
    "latin1",
  );
  return Buffer.concat([lf, chunked(body, random, trailer, "\n")]);
}
