/** The HTTP client against servers as they are: each answer is also asked of curl, which has the last word on what is good. */
import { execFile } from "node:child_process";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from "node:net";
import { promisify } from "node:util";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { expect } from "chai";
import { ask, type Question } from "../testing/asking.js";
import type { HttpAsking } from "./asker.js";
import { codings } from "./expectation.js";

const run = promisify(execFile);

const outcomes = async (question: Question, deadlineMs = 1500) => (await ask(question, { deadlineMs })).samples.map((one) => one.outcome);
const curlTakes = (...words: string[]) =>
  run("curl", ["-sS", "-f", "-o", "/dev/null", "-m", "3", ...words]).then(
    () => true,
    () => false,
  );

describe("the HTTP client", function () {
  this.timeout(20_000);
  const open: (Server | TcpServer)[] = [];
  const listening = async <S extends Server | TcpServer>(server: S): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  const serve = (listener: RequestListener) => listening(createServer(listener));
  /** The same bytes to whoever asks. */
  const say = (bytes: string | Buffer, end = true) =>
    listening(
      createTcp((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => (end ? socket.end(bytes) : socket.write(bytes)));
      }),
    );
  afterEach(() => {
    for (const server of open.splice(0)) {
      if ("closeAllConnections" in server) server.closeAllConnections();
      server.close();
    }
  });

  describe("follows redirections as browsers do", () => {
    it("relative to the URL that answered, over hosts, with the cookies of the way, and with credentials for their host only", async () => {
      const seen: string[] = [];
      const b = await serve((request, response) => {
        seen.push(`${request.url} ${request.headers.authorization ?? "-"} ${request.headers.cookie ?? "-"}`);
        if (request.url === "/app/") response.writeHead(302, { location: "in?x=ü#part", "set-cookie": ["one=1; Path=/app", "two=2; Path=/other"] }).end();
        else response.end("welcome");
      });
      const a = await serve((request, response) => {
        seen.push(`A ${request.headers.authorization}`);
        response.writeHead(301, { location: `${b}app/` }).end();
      });
      const url = a.replace("http://", "http://user:p%40ss@");
      expect(await outcomes({ url, expect: { text: "welcome" } })).to.deep.equal(["ok", "ok"]);
      const basic = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
      // A third may be on its way by then.
      expect(seen.slice(0, 6)).to.deep.equal([`A ${basic}`, "/app/ - -", "/app/in?x=%C3%BC - one=1", `A ${basic}`, "/app/ - -", "/app/in?x=%C3%BC - one=1"]);
      expect(await curlTakes("-L", url)).to.equal(true);
    });
    it("turns a POST into a GET where it is told to see other, and not where the redirection is temporary", async () => {
      const seen: string[] = [];
      const url = await serve((request, response) => {
        let body = "";
        request.on("data", (chunk) => {
          body += chunk;
        });
        request.on("end", () => {
          seen.push(`${request.method} ${request.url} ${body}`);
          if (request.url === "/") response.writeHead(307, { location: "/again" }).end();
          else if (request.url === "/again") response.writeHead(303, { location: "/done" }).end();
          else response.end("done");
        });
      });
      expect(await outcomes({ url, method: "POST", body: "x=1", headers: [["content-type", "text/plain"]] })).to.deep.equal(["ok", "ok"]);
      expect(seen.slice(0, 3)).to.deep.equal(["POST / x=1", "POST /again x=1", "GET /done "]);
    });
    it("names circles and chains, and what is no place", async () => {
      const url = await serve((request, response) => {
        const n = Number(request.url!.slice(2));
        const location = request.url === "/" ? "/" : request.url === "/file" ? "file:///etc/passwd" : request.url === "/bare" ? undefined : `/n${n + 1}`;
        response.writeHead(302, location === undefined ? {} : { location }).end();
      });
      const note = async (path: string) => (await ask({ url: url + path })).samples[0]!.note;
      expect(await note("")).to.match(/^redirected in a circle/);
      expect(await note("n1")).to.match(/^redirected more than 10 times/);
      expect(await note("file")).to.match(/^redirected to file, which is not HTTP/);
      expect(await note("bare")).to.match(/^status 302 without a Location/);
      expect(await outcomes({ url: `${url}n1`, follow: false })).to.deep.equal(["ok", "ok"]);
    });
  });

  describe("takes bodies as they come", () => {
    const text = "well and good";
    for (const [coding, body] of Object.entries({
      gzip: gzipSync(text),
      deflate: deflateSync(text),
      "raw deflate": deflateRawSync(text),
      br: brotliCompressSync(text),
    }))
      it(`encoded as ${coding}`, async () => {
        const url = await serve((_, response) => response.writeHead(200, { "content-encoding": coding.replace("raw ", "") }).end(body));
        expect(await outcomes({ url, expect: { text: "and" } })).to.deep.equal(["ok", "ok"]);
        expect(await outcomes({ url, expect: { text: "or" } })).to.deep.equal(["wrong-answer", "wrong-answer"]);
      });
    it("encoded as zstd, where Node can read it; elsewhere it says so, as curl does that was not told to decode", async () => {
      const url = await serve((_, response) =>
        response.writeHead(200, { "content-encoding": "zstd" }).end(Buffer.from("28b52ffd240d69000077656c6c20616e6420676f6f6442ce81f6", "hex")),
      );
      const [sample] = (await ask({ url, expect: { text: "and" } })).samples;
      if (codings.includes("zstd")) expect(sample!.outcome).to.equal("ok");
      else
        expect([sample!.outcome, sample!.note]).to.deep.equal([
          "wrong-answer",
          `its body is encoded as zstd, which Node ${process.version} cannot read (22.15 can)`,
        ]);
      expect(await outcomes({ url })).to.deep.equal(["ok", "ok"]);
      expect((await run("curl", ["-sS", "--compressed", url])).stdout).to.equal(text);
    });
    it("says which encoding it cannot read", async () => {
      const url = await serve((_, response) => response.writeHead(200, { "content-encoding": "compress" }).end("x"));
      expect((await ask({ url, expect: { text: "x" } })).samples[0]!.note).to.contain("encoded as compress");
    });
    it("of any size, of a stream only what is needed", async () => {
      let sent = 0;
      const endless = await serve((_, response) => {
        const chunk = Buffer.alloc(65_536, "x");
        const more = () => {
          while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        };
        response.on("drain", more).on("error", () => {});
        more();
      });
      const events = await serve((_, response) => response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n"));
      const before = process.memoryUsage().rss;
      const { samples } = await ask({ url: endless, expect: { text: "x" } });
      expect(samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok"]);
      expect(sent).to.be.below(64 * 2 ** 20);
      expect(process.memoryUsage().rss - before).to.be.below(64 * 2 ** 20);
      expect(await outcomes({ url: events })).to.deep.equal(["ok", "ok"]);
      expect(await outcomes({ url: events, expect: { text: "data: 1" } })).to.deep.equal(["ok", "ok"]);
      expect(await outcomes({ url: events, expect: { text: "data: 2" } }, 300)).to.deep.equal(["timeout", "timeout"]);
    });
    for (const [name, bytes] of Object.entries({
      "lines that end in LF alone": "HTTP/1.1 200 OK\nContent-Length: 2\nX: y\n\nok",
      "folded header lines": "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.0 without a length": "HTTP/1.0 200 OK\r\n\r\nok",
      "hints before the answer": "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "names in odd cases and doubled": "HTTP/1.1 200 OK\r\ncONTENT-lENGTH: 2\r\nContent-Length: 2\r\n\r\nok",
      trailers: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
      "no reason in the status line": "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
      "204 with a length": "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
      "a cut body": "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok",
      "a chunk that is none": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "a status that is none": "HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nok",
      "lengths that differ": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
      nothing: "",
    }))
      it(`${name}: good or bad as curl finds it`, async () => {
        const url = await say(bytes);
        const good = (await outcomes({ url }))[0] === "ok";
        expect(good).to.equal(await curlTakes(url));
      });
  });

  it("asks once more where a kept connection was closed before its question came, and says so", async () => {
    // Answers once a connection, and closes at the next question without a word: what a server does whose patience with idle connections is over.
    const url = await listening(
      createTcp((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          socket.once("data", () => socket.destroy());
        });
      }),
    );
    const { samples, findings } = await ask({ url, connection: "kept" });
    expect(samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok"]);
    expect(samples[1]!.note).to.contain("stale-connection");
    expect(findings).to.deep.equal(["stale-connection"]);
    // What must not be done twice is not.
    expect((await ask({ url, connection: "kept", method: "POST", body: "x" })).samples.map((one) => one.outcome)).to.deep.equal(["ok", "reset"]);
  });

  it("expects statuses, headers, patterns and JSON", async () => {
    const url = await serve((_, response) => response.writeHead(404, { "x-what": "teapot" }).end('{"items":[{"name":"one","up":true}]}'));
    const of = async (expectation: HttpAsking["expect"]) => (await ask({ url, expect: { statuses: [[404, 404]], ...expectation } })).samples[0]!;
    expect((await of({})).outcome).to.equal("ok");
    expect((await of({ header: { name: "x-what", holds: "tea" } })).outcome).to.equal("ok");
    expect((await of({ header: { name: "x-other" } })).note).to.equal("there is no header x-other");
    expect((await of({ pattern: "on[e]" })).outcome).to.equal("ok");
    expect((await of({ json: { path: "items[0].up", is: "true" } })).outcome).to.equal("ok");
    expect((await of({ json: { path: "items[1].up" } })).note).to.equal("the JSON body has no items[1].up");
    expect((await ask({ url })).samples[0]!.note).to.equal("status 404");
  });
});
