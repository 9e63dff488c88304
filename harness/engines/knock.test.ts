import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { knock, throughput } from "./knock.js";

describe("a knock at an HTTP server", () => {
  // What a balancer is like while the way behind it is slow: it takes every request, and answers none that it has to hand on.
  const server = createServer(() => {});
  before((done) => void server.listen(0, "127.0.0.1", done));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = () => ({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });

  it("is answered by the server itself, whatever it waits for", async () => {
    expect(await knock(at(), "http")).to.be.below(1000);
    expect(await throughput(at(), "http", 5000)).to.be.above(1);
  });
  it("is not answered where nobody listens", async () => {
    const { port } = at();
    await new Promise((resolve) => server.close(resolve));
    expect(await knock({ host: "127.0.0.1", port }, "http")).to.equal(Number.POSITIVE_INFINITY);
  });
});
