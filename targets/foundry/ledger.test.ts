import { createServer, type Server } from "node:http";
import { expect } from "chai";
import type { FoundationFacts } from "../../harness/core.js";
import { missing } from "./ledger.js";

/** A CC's admin port that knows these apps. */
const serve = (apps: readonly { guid: string; state: string; instances: number }[]) =>
  new Promise<{ server: Server; facts: FoundationFacts }>((resolve) => {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const wanted = (JSON.parse(body) as { apps: string[] }).apps;
        response.end(JSON.stringify({ existing: apps.filter((app) => wanted.includes(app.guid)) }));
      });
    }).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const cc = (name: string, admin: number) => ({ name, role: "cc", host: "127.0.0.1", ports: { admin } });
      resolve({ server, facts: { components: [cc("cc-1", 1), cc("cc-2", port)] } as unknown as FoundationFacts });
    });
  });

describe("the ledger", () => {
  let server: Server;
  let facts: FoundationFacts;
  before(async () => {
    ({ server, facts } = await serve([
      { guid: "a", state: "STARTED", instances: 2 },
      { guid: "b", state: "STOPPED", instances: 1 },
    ]));
  });
  after(() => server.close());
  const lost = (...writes: string[]) => missing(writes, facts);

  it("finds what is there, at any CC that answers", async () => {
    expect(await lost("app a exists", "app a is STARTED", "app a has 2 instances", "app c is gone")).to.deep.equal([]);
  });
  it("names each write that is gone", async () => {
    expect(await lost("app c exists", "app b is STARTED", "app b has 3 instances", "app a is gone")).to.deep.equal([
      "app c exists",
      "app b is STARTED",
      "app b has 3 instances",
      "app a is gone",
    ]);
  });
  it("takes the last word", async () => {
    expect(await lost("app b is STARTED", "app b is STOPPED", "app c exists", "app c is gone", "app a has 1 instances", "app a has 2 instances")).to.deep.equal(
      [],
    );
    expect(await lost("app b is STOPPED", "app b is STARTED")).to.deep.equal(["app b is STARTED"]);
  });
  it("claims nothing more of a fact once a write may have happened: it may happen late", async () => {
    expect(await lost("app b is STARTED", "app b may be STOPPED", "app b is STARTED", "app c exists", "app c may be gone")).to.deep.equal([]);
    expect(await lost("app b may be STOPPED", "app b has 7 instances")).to.deep.equal(["app b has 7 instances"]);
  });
  it("refuses a sentence that it does not know", async () => {
    expect(await lost("route x exists").catch((error: Error) => error.message)).to.equal('the ledger cannot read "route x exists"');
  });
});
