/** Requests and answers on their way through the router: retries, bodies, and who leaves early. */
import { once } from "node:events";
import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import { expect } from "chai";
import { freePort } from "../base/testing/lab.js";
import { until } from "../base/until.js";
import { Rig, to } from "./testing/rig.js";

describe("router: forwarding", function () {
  this.timeout(30_000);
  let rig: Rig;
  before(async () => {
    rig = await Rig.open();
  });
  after(() => rig?.close());

  it("tries another endpoint when one refuses, with the body untouched; one alone is 502", async () => {
    const dead = await freePort();
    const echo = await rig.app((request, response) => void request.pipe(response));
    rig.lab.say("router.register", { host: "127.0.0.1", port: dead, uris: ["half.flounder.test", "dead.flounder.test"] });
    rig.lab.say("router.register", { host: "127.0.0.1", port: echo, uris: ["half.flounder.test"] });
    await until("both", async () => ((await rig.router.ask("/routes")) as Record<string, unknown[]>)["half.flounder.test"]?.length === 2, 1000, 10);
    for (let i = 0; i < 3; i++) {
      const answer = await to(rig.router.port("http"), "half.flounder.test", { body: [Buffer.from("pay"), Buffer.from("load")] });
      expect([answer.status, answer.body]).to.deep.equal([200, "payload"]);
    }
    const alone = await rig.get("dead.flounder.test");
    expect([alone.status, alone.headers["x-cf-routererror"], alone.body]).to.deep.equal([
      502,
      `endpoint_failure (dial tcp 127.0.0.1:${dead}: connect: connection refused)`,
      "502 Bad Gateway: Registered endpoint failed to handle the request.\n",
    ]);
  });

  it("repeats a GET that a proxy cut off before the answer, never a POST", async () => {
    const cut = await rig.closing();
    const live = await rig.hello("live");
    rig.lab.say("router.register", { host: "127.0.0.1", port: cut.port, uris: ["cut.flounder.test", "both.flounder.test"] });
    rig.lab.say("router.register", { host: "127.0.0.1", port: live, uris: ["both.flounder.test"] });
    await until("both", async () => ((await rig.router.ask("/routes")) as Record<string, unknown[]>)["both.flounder.test"]?.length === 2, 1000, 10);
    for (let i = 0; i < 4; i++) expect((await rig.get("both.flounder.test")).body).to.equal("live");
    expect(cut.count).to.equal(1); // marked failed after the first time
    const posted = await to(rig.router.port("http"), "cut.flounder.test", { body: [Buffer.from("once")] });
    expect(posted.status).to.equal(502);
    expect(posted.headers["x-cf-routererror"]).to.match(/^endpoint_failure \((EOF|write: broken pipe|read tcp .*: connection reset by peer)\)$/);
    expect(cut.count).to.equal(2);
  });

  it("streams large and chunked bodies both ways without keeping them", async () => {
    const echo = await rig.app((request, response) => void request.pipe(response));
    const slow = await rig.app((_, response) => {
      response.write("first");
      setTimeout(() => response.end("last"), 300);
    });
    const register = () => {
      rig.lab.say("router.register", { host: "127.0.0.1", port: echo, uris: ["echo.flounder.test"] });
      rig.lab.say("router.register", { host: "127.0.0.1", port: slow, uris: ["slow.flounder.test"] });
    };
    register();
    const beat = setInterval(register, 300); // a busy machine may take longer than the time to live
    await rig.routed("slow.flounder.test");
    const chunk = Buffer.alloc(1 << 20, "x");
    const chunked = await to(rig.router.port("http"), "echo.flounder.test", { body: Array(8).fill(chunk) });
    expect([chunked.status, chunked.body.length]).to.deep.equal([200, 8 << 20]);
    const sized = await to(rig.router.port("http"), "echo.flounder.test", { body: [chunk], headers: { "Content-Length": String(1 << 20) } });
    expect(sized.body.length).to.equal(1 << 20);
    const request = ask({ host: "127.0.0.1", port: rig.router.port("http"), headers: { Host: "slow.flounder.test" }, agent: false }).end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const [head] = (await once(response, "data")) as [Buffer];
    expect(head.toString()).to.equal("first");
    response.resume();
    await once(response, "end");
    clearInterval(beat);
  });

  it("lets go of the endpoint when the client leaves, and cuts off the client when the endpoint does", async () => {
    let held: ServerResponse | undefined;
    const port = await rig.app((_, response) => {
      held = response;
      response.writeHead(200, { "Content-Length": "100" });
      response.write("part");
    });
    rig.lab.say("router.register", { host: "127.0.0.1", port, uris: ["part.flounder.test"] });
    await until("the route", async () => "part.flounder.test" in ((await rig.router.ask("/routes")) as object), 1000, 10);
    const open = async () => {
      held = undefined;
      const request = ask({ host: "127.0.0.1", port: rig.router.port("http"), headers: { Host: "part.flounder.test" }, agent: false }).end();
      request.on("error", () => {});
      const [response] = (await once(request, "response")) as [IncomingMessage];
      response.on("error", () => {});
      response.resume();
      return { request, response };
    };
    const first = await open();
    first.request.destroy();
    await until("the endpoint to be left", () => held?.destroyed === true, 2000, 10);
    const second = await open();
    held?.destroy();
    await until("the client to be cut off", () => second.response.destroyed && !second.response.complete, 2000, 10);
  });
});
