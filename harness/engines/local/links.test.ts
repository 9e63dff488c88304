import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { until } from "../../clock.js";
import type { Capabilities } from "../../core.js";
import { type Tried, tryFoundation } from "./testing/foundation.js";

/** A client of the bus that is connected through the link and says nothing by itself. */
async function idleClient(port: number) {
  const socket = connect({ host: "127.0.0.1", port });
  let received = "";
  let gone = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    gone = error.code ?? "error";
  });
  socket.on("close", () => {
    gone ||= "closed";
  });
  await once(socket, "connect");
  await until("the server's greeting", () => received.includes("INFO"), 30_000, 10);
  return { socket, gone: () => gone, received: () => received };
}
const refused = (port: number) =>
  new Promise<string>((resolve) => {
    const socket: Socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve("connected")).once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    socket.once("connect", () => socket.destroy());
  });

describe("links of the local engine", function () {
  this.timeout(120_000);
  let tried: Tried;
  let link: Capabilities["link"];
  let port: number;
  before(async () => {
    tried = await tryFoundation("links");
    link = tried.running.target("cc-1>nats-1", ["link"]).can.link;
    const env = (await tried.running.call("cc-1", "/env")) as Record<string, string>;
    port = Number(env.LINK_NATS?.split(":")[1]);
  });
  after(() => tried?.end());
  afterEach(() => link.mend());

  it("carry until they are cut, and after they are mended", async () => {
    for (const how of ["refuse", "reset", "swallow"] as const) {
      expect(await link.carries(), `before ${how}`).to.equal(true);
      await link.cut(how);
      expect(await link.carries(), how).to.equal(false);
      await link.mend();
      expect(await link.carries(), `after ${how}`).to.equal(true);
    }
  });

  it("refuse: nobody listens, and who was connected is cut off", async () => {
    const client = await idleClient(port);
    await link.cut("refuse");
    await until("the idle client to be cut off", () => client.gone() !== "", 30_000, 10);
    expect(await refused(port)).to.equal("ECONNREFUSED");
  });

  it("reset: idle connections end too, new ones are reset as soon as anything flows", async () => {
    const client = await idleClient(port);
    await link.cut("reset");
    await until("the idle client to be cut off", () => client.gone() !== "", 30_000, 10);
    const fresh = connect({ host: "127.0.0.1", port });
    const [error] = (await once(fresh, "error")) as [NodeJS.ErrnoException];
    expect(error.code).to.equal("ECONNRESET");
  });

  it("swallow: connections stay, nothing comes through, on none of twenty that were there", async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => idleClient(port)));
    await link.cut("swallow");
    for (const { socket } of clients) socket.write("PING\r\n");
    expect(await link.carries()).to.equal(false); // a whole second went by
    expect(clients.filter((client) => client.gone() !== "")).to.have.length(0);
    expect(clients.filter((client) => client.received().includes("PONG"))).to.have.length(0);
    await link.mend();
    await until("Toxiproxy to end the swallowed connections", () => clients.every((client) => client.gone() !== ""), 30_000, 10);
  });

  it("shape: the round trip grows by what was asked, and shrinks again", async () => {
    const before = await link.rttMs();
    await link.shape({ latencyMs: 150 });
    expect(await link.rttMs()).to.be.within(150, 150 + before + 300);
    await link.mend();
    expect(await link.rttMs()).to.be.below(150);
  });

  it("a dead upstream refuses, its cut survives its restart, and mending it while it is dead does not bring it up", async () => {
    const nats = tried.running.target("nats-1", ["process"]).can.process;
    await nats.kill("agent");
    expect(await refused(port)).to.equal("ECONNREFUSED");
    await link.cut("swallow");
    await nats.start();
    expect(await refused(port)).to.equal("connected");
    expect(await link.carries()).to.equal(false);
    await nats.kill("agent");
    await link.mend();
    expect(await refused(port)).to.equal("ECONNREFUSED");
    await nats.start();
    expect(await link.carries()).to.equal(true);
  });

  it("escalation makes the proxy, its server and the component anew, and leaves every other link alone", async () => {
    const before = await tried.running.fingerprint();
    const other = tried.running.target("dea-1>nats-1", ["link"]).can.link;
    await other.cut("refuse");
    for (const { says, apply } of tried.running.remedies("cc-1>nats-1")) {
      await link.cut("swallow");
      await apply();
      if (says === "restart cc-1") await link.mend();
      expect(await link.carries(), says).to.equal(true);
      expect(await other.carries(), `the other link: ${says}`).to.equal(false);
    }
    await other.mend();
    expect(await tried.running.fingerprint()).to.deep.equal(before);
  });

  it("a Toxiproxy that dies comes back with its cuts", async () => {
    await link.cut("refuse");
    const { ProcessTable } = await import("../process-table.js");
    const table = new ProcessTable(tried.spec.id, () => [tried.spec.dir]);
    for (const one of table.of("toxiproxy-bus")) process.kill(one.pid, "SIGKILL");
    const other = tried.running.target("dea-1>nats-1", ["link"]).can.link;
    await until("the other link to carry again", () => other.carries(), 30_000);
    expect(await link.carries()).to.equal(false);
    expect(tried.troubles.some((line) => line.startsWith("toxiproxy-bus killed by SIGKILL"))).to.equal(true);
  });
});
