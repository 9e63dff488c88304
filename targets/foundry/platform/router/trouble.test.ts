/** A router whose table, config or bus is not what it should be. */
import { expect } from "chai";
import { until } from "../base/until.js";
import { Rig, to } from "./testing/rig.js";

describe("router: trouble", function () {
  this.timeout(30_000);
  let rig: Rig;
  before(async () => {
    rig = await Rig.open();
  });
  after(() => rig?.close());

  it("answers falsely while poisoned: with what has moved away, or with somebody else; hears on, and is true again when cured", async () => {
    const [one, two] = [await rig.hello("one"), await rig.hello("two")];
    const register = () => {
      rig.lab.say("router.register", { host: "127.0.0.1", port: one, uris: ["one.flounder.test", "alias.flounder.test"] });
      rig.lab.say("router.register", { host: "127.0.0.1", port: two, uris: ["two.flounder.test"] });
    };
    register();
    const beat = setInterval(register, 300);
    try {
      await rig.routed("two.flounder.test");
      await until("the other tests' routes to be pruned", async () => (await rig.size()) === 3, 5000);
      const bodies = async () => [
        (await rig.get("one.flounder.test")).body,
        (await rig.get("alias.flounder.test")).body,
        (await rig.get("two.flounder.test")).body,
      ];
      await rig.router.ask("/table/poison", { kind: "wrong" });
      expect(await bodies()).to.deep.equal(["two", "two", "one"]);
      await rig.router.ask("/table/poison", { kind: "stale" });
      const stale = await rig.get("one.flounder.test");
      expect([stale.status, stale.headers["x-cf-routererror"]]).to.deep.equal([502, "endpoint_failure (dial tcp 127.0.0.1:1: connect: connection refused)"]);
      expect(await rig.router.ask("/table")).to.include({ poison: "stale", size: 3 });
      expect(await rig.router.ask("/routes")).to.have.nested.property("two\\.flounder\\.test[0].address", "127.0.0.1:1");
      await rig.router.ask("/table/cure", {});
      await rig.router.ask("/table/cure", {});
      expect(await bodies()).to.deep.equal(["one", "one", "two"]);
    } finally {
      clearInterval(beat);
    }
  });

  it("closes its door when its config is wiped, hears the bus on, and serves again when it is restored", async () => {
    await rig.router.ask("/config/wipe", {});
    const error = await rig.get("any.flounder.test").catch((failure: NodeJS.ErrnoException) => failure.code);
    expect(error).to.equal("ECONNREFUSED");
    rig.lab.say("router.register", { host: "127.0.0.1", port: await rig.hello("late"), uris: ["late.flounder.test"] });
    await until("the route to be heard", async () => "late.flounder.test" in ((await rig.router.ask("/routes")) as object), 1000, 10);
    await rig.router.ask("/config/restore", {});
    expect((await rig.get("late.flounder.test")).body).to.equal("late");
  });

  it("flushes once, stays empty while held, and counts each", async () => {
    const port = await rig.hello("back");
    const register = () => rig.lab.say("router.register", { host: "127.0.0.1", port, uris: ["back.flounder.test"] });
    register();
    await rig.routed("back.flounder.test");
    const table = async () => (await rig.router.ask("/table")) as { generation: number; held: boolean; size: number };
    const before = await table();
    await rig.router.ask("/table/flush", {});
    expect((await rig.get("back.flounder.test")).headers["x-cf-routererror"]).to.equal("unknown_route");
    expect(await table()).to.deep.equal({ generation: before.generation + 1, held: false, poison: null, size: 0 });
    register();
    await rig.routed("back.flounder.test");
    await rig.router.ask("/table/hold", { hold: true });
    await rig.router.ask("/table/hold", { hold: true });
    expect(await table()).to.deep.equal({ generation: before.generation + 2, held: true, poison: null, size: 0 });
    register();
    await rig.lab.bus.flush();
    await rig.lab.bus.request("router.greet", "{}", { timeout: 1000 }); // the router has heard the registration before this
    expect((await rig.get("back.flounder.test")).status).to.equal(404);
    await rig.router.ask("/table/hold", { hold: false });
    register();
    await rig.routed("back.flounder.test");
    expect((await table()).generation).to.equal(before.generation + 2);
  });

  // seed: message bus <- the bus ends while routers have routes, under both policies
  it("loses every route with the bus under prune, none under suspend; both announce themselves when it is back", async () => {
    const port = await rig.hello("kept");
    const careful = await rig.start("suspend", "router-3");
    rig.lab.say("router.register", { host: "127.0.0.1", port, uris: ["kept.flounder.test"] });
    await rig.routed("kept.flounder.test");
    await rig.routed("kept.flounder.test", careful);
    await rig.lab.killBus();
    await until("the pruning router to be empty", async () => (await rig.size()) === 0, 5000, 20);
    expect((await rig.get("kept.flounder.test")).status).to.equal(404);
    expect((await to(careful.port("http"), "kept.flounder.test")).body).to.equal("kept");
    expect(await rig.router.ask("/healthz")).to.equal("ok\n");
    await rig.lab.startBus();
    await until("the test's own connection", async () => await rig.lab.bus.flush().then(() => true), 3000);
    const ids = new Set<string>();
    const starts = rig.lab.bus.subscribe("router.start", { callback: (_, message) => ids.add(message.json<{ id: string }>().id) });
    // Whoever reconnected before this subscription has said it already; it answers a greeting instead.
    await until(
      "both routers on the bus",
      async () => {
        const replies = await rig.lab.bus.requestMany("router.greet", "{}", { maxWait: 100 });
        for await (const reply of replies) ids.add(reply.json<{ id: string }>().id);
        return ids.size === 2;
      },
      5000,
    );
    starts.unsubscribe();
    // Suspend grants every entry a whole new TTL from the reconnect, then prunes as ever.
    expect((await to(careful.port("http"), "kept.flounder.test")).body).to.equal("kept");
    await until("the stale route to be pruned at last", async () => (await to(careful.port("http"), "kept.flounder.test")).status === 404, 4000, 20);
    careful.signal("SIGTERM");
    await careful.ended;
  });

  it("is on the bus again soon after a bus that froze goes on, and stays there", async () => {
    const heard = (words: string) => rig.router.log().split(words).length - 1;
    const before = { lost: heard("bus lost"), back: heard("bus back") };
    rig.lab.server.signal("SIGSTOP");
    await until("the router to notice", () => heard("bus lost") > before.lost, 8000, 50);
    rig.lab.server.signal("SIGCONT");
    await until("the router to be back", () => heard("bus back") > before.back, 4000, 20);
    const losses = heard("bus lost");
    await until("the test's own connection", async () => await rig.lab.bus.flush().then(() => true), 4000);
    const port = await rig.hello("again");
    rig.lab.say("router.register", { host: "127.0.0.1", port, uris: ["again.flounder.test"] });
    await rig.routed("again.flounder.test");
    // Long enough for the server to drop connections that the router would have abandoned: three pings of its own.
    await until("the route to be pruned", async () => (await rig.get("again.flounder.test")).status === 404, 4000);
    expect(heard("bus lost")).to.equal(losses);
  });
});
