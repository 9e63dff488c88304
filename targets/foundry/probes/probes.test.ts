import { expect } from "chai";
import { nowUs, until } from "../../../harness/clock.js";
import { type Probe, ProbeFailure } from "../../../harness/core.js";
import { probes } from "./index.js";
import type { Session } from "./session.js";
import { contextOf, type FakeCloud, fakeCloud, type Mood } from "./testing/fake-cloud.js";

const named = (name: string): Probe => probes.find((probe) => probe.name === name)!;
const control = probes.filter((probe) => probe.plane === "control").map((probe) => probe.name);
const writing = ["create", "start", "stop", "scale", "push", "delete"];

describe("the foundry's probes", () => {
  let cloud: FakeCloud;
  let shared: Map<string, unknown>;
  let acked: string[];
  let seq = 0;
  beforeEach(async () => {
    cloud = await fakeCloud();
    shared = new Map();
    acked = [];
  });
  afterEach(() => cloud.close());

  const context = (target = "api", port = cloud.port) => contextOf(port, target, shared, seq++, acked, cloud.mood === "hang" ? 300 : 5000);
  const outcome = async (name: string, target = "api", port = cloud.port): Promise<string> => {
    try {
      await named(name).ask(context(target, port));
      return "ok";
    } catch (error) {
      if (error instanceof ProbeFailure) return error.outcome;
      throw error;
    }
  };
  const ready = async (target = "api") => {
    for (const name of control) await named(name).setUp?.(context(target));
    cloud.asked.length = 0;
  };

  it("are ok when the API is", async () => {
    await ready();
    for (const name of control) expect(await outcome(name), name).to.equal("ok");
  });
  it("share one log-in for set-up (and one token to be revoked), and none inside of a sample but login's own", async () => {
    for (const name of control) await named(name).setUp?.(context());
    expect(cloud.asked.filter((line) => line === "POST /oauth/token")).to.have.length(2);
    cloud.asked.length = 0;
    for (const name of control) await outcome(name);
    expect(cloud.asked.filter((line) => line === "POST /oauth/token")).to.have.length(1);
  });
  it("renew their token where the route leads now: whoever was started again may be at another address", async () => {
    await ready();
    const moved = await fakeCloud();
    try {
      (shared.get("session:api") as Session).renewedUs = nowUs() - 61e6;
      expect(await outcome("scale", "api", moved.port)).to.equal("ok");
      await until("a log-in there", () => moved.asked.includes("POST /oauth/token"), 5000);
      expect(cloud.asked).to.deep.equal([]);
    } finally {
      await moved.close();
    }
  });
  it("ask once: what fails is not tried again", async () => {
    await ready();
    cloud.mood = "bad-gateway";
    for (const name of control) await outcome(name);
    expect(cloud.asked).to.have.length(control.length);
  });

  const expected: readonly [Mood, string, string][] = [
    ["read-only", "http-5xx", "http-5xx"],
    ["no-route", "no-route", "no-route"],
    ["bad-gateway", "http-5xx", "http-5xx"],
    ["hang", "timeout", "unknown"],
    ["reset", "reset", "unknown"],
  ];
  for (const [mood, ofReads, ofWrites] of expected)
    it(`call it ${ofReads === ofWrites ? ofReads : `${ofReads}, or ${ofWrites} where they write,`} when the API is in the mood "${mood}"`, async () => {
      await ready();
      cloud.mood = mood;
      const seen = await Promise.all(control.map(async (name) => [name, await outcome(name)]));
      expect(Object.fromEntries(seen)).to.deep.equal(Object.fromEntries(control.map((name) => [name, writing.includes(name) ? ofWrites : ofReads])));
    });
  it("call it refused when nobody listens, also for writes", async () => {
    await ready();
    await cloud.close();
    for (const name of control) expect(await outcome(name), name).to.equal("refused");
    cloud = await fakeCloud();
  });
  it("do not attempt anything without a session", async () => {
    for (const name of control.filter((one) => one !== "login")) expect(await outcome(name), name).to.equal("not-attempted");
  });

  it("remember what was acknowledged, and what may have happened", async () => {
    await ready();
    await outcome("create");
    await outcome("start");
    cloud.mood = "hang";
    await Promise.all(["stop", "delete", "scale"].map((name) => outcome(name)));
    cloud.mood = "read-only";
    await Promise.all(["stop", "delete", "scale"].map((name) => outcome(name)));
    expect(acked.map((write) => write.replace(/made-\d+/, "made"))).to.have.members([
      "app made exists",
      "app guid-of-probe-api-a is STARTED",
      "app guid-of-probe-api-a may be STOPPED",
      "app made may be gone",
      acked.find((write) => write.includes("may have"))!,
    ]);
  });
  it("start and stop different apps when both are under way", async () => {
    await ready();
    await outcome("start");
    await Promise.all([outcome("stop"), outcome("start")]);
    expect(acked).to.have.members(["app guid-of-probe-api-a is STARTED", "app guid-of-probe-api-a is STOPPED", "app guid-of-probe-api-b is STARTED"]);
  });
  it("delete only what create made, and try again what was surely refused", async () => {
    await ready();
    for (let i = 0; i < 5; i++) expect(await outcome("delete")).to.equal("ok");
    expect(await outcome("delete")).to.equal("not-attempted");
    await outcome("create");
    cloud.mood = "read-only";
    expect(await outcome("delete")).to.equal("http-5xx");
    cloud.mood = "well";
    expect(await outcome("delete")).to.equal("ok");
  });

  it("count an app as deleted that is gone after a deletion of which nobody knows, and only then", async () => {
    await ready();
    cloud.mood = "not-found";
    expect(await outcome("delete")).to.equal("wrong-answer");
    cloud.mood = "hang";
    await Promise.all(Array.from({ length: 5 }, () => outcome("delete")));
    cloud.mood = "not-found";
    expect(await outcome("delete")).to.equal("ok");
  });

  it("tell an app's own answer from another's", async () => {
    expect(await outcome("app", "app-1")).to.equal("ok");
    expect(await outcome("app", "app-1/2")).to.equal("ok");
    expect(await outcome("app", "app-1/0")).to.equal("wrong-answer");
    expect(await outcome("app", "app-2")).to.equal("wrong-answer");
    cloud.mood = "hang";
    expect(await outcome("app", "app-1")).to.equal("timeout");
  });
});
