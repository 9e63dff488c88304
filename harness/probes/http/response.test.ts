import { expect } from "chai";
import fc from "fast-check";
import { LastAnswer, NotHttp, ResponseReader } from "./response.js";

/** Feeds the text in pieces cut at these places; the buffer is overwritten after each, as a socket's is. */
function read(text: string, cuts: readonly number[] = [], method = "GET"): { reader: ResponseReader; whole: boolean } {
  const reader = new ResponseReader(method);
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  let whole = false;
  let from = 0;
  for (const to of [...places, text.length]) {
    if (to === from) continue;
    const piece = Buffer.from(text.slice(from, to), "latin1");
    whole = reader.feed(piece);
    piece.fill(0);
    from = to;
  }
  return { reader, whole };
}
const long = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-Two: a\r\nx-two: b\r\n\r\nhello world";
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n";
const bare = long.replaceAll("\r\n", "\n");
const mixed = long.replace("b\r\n\r\n", "b\n\r\n");
const continued = `HTTP/1.1 100 Continue\r\n\r\n${long}`;

describe("reading a response", () => {
  for (const [name, text] of Object.entries({ long, chunked, continued, bare, mixed }))
    it(`of ${name} form gives the same however it is cut`, () =>
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
          const { reader, whole } = read(text, cuts);
          expect(whole).to.equal(true);
          expect(reader.status).to.equal(200);
          expect(reader.body.toString()).to.equal("hello world");
          expect(reader.reusable).to.equal(true);
        }),
      ));
  it("that comes byte by byte costs as much per byte when it is long", () => {
    const tookMs = (bytes: number) => {
      const text = `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ${"x".repeat(bytes)}\r\n\r\n`;
      const from = performance.now();
      const reader = new ResponseReader();
      let whole = false;
      for (const byte of Buffer.from(text)) whole = reader.feed(Buffer.from([byte]));
      expect(whole).to.equal(true);
      return performance.now() - from;
    };
    const least = (bytes: number) => Math.min(...[1, 2, 3].map(() => tookMs(bytes)));
    // 8 if each byte costs the same, 64 if it costs what came before it.
    expect(least(128_000) / least(16_000)).to.be.below(32);
  });
  it("joins headers of one name", () => expect(read(long).reader.headers).to.deep.equal({ "content-length": "11", "x-two": "a, b" }));
  it("ends with the connection where no length was given, and only there", () => {
    const open = read("HTTP/1.1 200 OK\r\n\r\nhello");
    expect([open.whole, open.reader.end(), open.reader.body.toString(), open.reader.reusable]).to.deep.equal([false, true, "hello", false]);
    expect(read(long.slice(0, -1)).reader.end()).to.equal(false);
    expect(read(chunked.slice(0, -3)).reader.end()).to.equal(false);
  });
  it("knows answers without a body", () => {
    expect(read("HTTP/1.1 204 No Content\r\n\r\n").whole).to.equal(true);
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", [], "HEAD").whole).to.equal(true);
  });
  it("knows when the connection cannot be used again", () => {
    expect(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").reader.reusable).to.equal(false);
    expect(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").reader.reusable).to.equal(false);
  });
  it("refuses what is not HTTP", () => {
    for (const text of ["SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"])
      expect(() => read(text), text).to.throw(NotHttp);
  });

  it("an answer is read once and known again as long as not a byte differs", () => {
    const last = new LastAnswer();
    const buffer = Buffer.alloc(1000);
    const known = (text: string) => last.readerOf(buffer, buffer.write(text, "latin1"));
    expect(known("")).to.equal(undefined);
    const { reader } = read(long);
    last.keep(buffer, buffer.write(long, "latin1"), reader);
    expect(known(long)).to.equal(reader);
    expect(known(`${long} `)).to.equal(undefined);
    expect(known(long.slice(0, -1))).to.equal(undefined);
    for (let i = 0; i < long.length; i++) expect(known(`${long.slice(0, i)}#${long.slice(i + 1)}`), `byte ${i}`).to.equal(undefined);
    const other = long.replace("world", "there");
    last.keep(buffer, buffer.write(other, "latin1"), read(other).reader);
    expect(known(long)).to.equal(undefined);
    expect(known(other)?.body.toString()).to.equal("hello there");
  });
});
