/** What nats-server, configured by the real prepare step, lets each user say and hear: tried word by word, from outside. */

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { connect, type NatsConnection } from "nats";
import { busLabel } from "../../contract/secrets.js";
import { busOwner, Lab, type NatsServer, secretOf } from "../base/testing/lab.js";
import { until } from "../base/until.js";
import { answersTo, inboxOf } from "./rights.js";

/** Subject: who may say it > who may hear it. Whoever changes the table in rights.ts decides anew here. */
const law = `
vcap.component.discover: monitor-1 > cc-1 dea-1 dea-2 hm-1 router-1 monitor-1 gorouter
vcap.component.announce: cc-1 dea-1 dea-2 hm-1 router-1 monitor-1 gorouter >
router.start: router-1 gorouter > cc-1 dea-1 dea-2 gorouter
router.greet: cc-1 dea-1 dea-2 > router-1 gorouter
router.register: cc-1 dea-1 dea-2 > router-1 gorouter
router.unregister: cc-1 dea-1 dea-2 > router-1 gorouter
router.active_apps: gorouter > gorouter
dea.discover: cc-1 > dea-1 dea-2
dea.status: cc-1 > dea-1 dea-2
dea.find.droplet: cc-1 > dea-1 dea-2
dea.stop: cc-1 > dea-1 dea-2
dea.update: cc-1 > dea-1 dea-2
dea.dea-1.start: cc-1 > dea-1
dea.dea-2.start: cc-1 > dea-2
dea.start: dea-1 dea-2 >
dea.heartbeat: dea-1 dea-2 > hm-1
dea.shutdown: dea-1 dea-2 >
dea.dea-1.farewell: dea-1 >
droplet.exited: dea-1 dea-2 > cc-1 hm-1
droplet.updated: cc-1 > hm-1
healthmanager.start: hm-1 > dea-1 dea-2
healthmanager.health: > hm-1
healthmanager.status: > hm-1
cloudcontrollers.hm.requests: hm-1 > cc-1 monitor-1
hm.alerts: hm-1 > monitor-1
monitor.alarms: monitor-1 >
_INBOX.cc-1.answers: > cc-1
_INBOX.cc-1.dea.discover.nonce: dea-1 dea-2 > cc-1
_INBOX.cc-1.dea.find.droplet.nonce: dea-1 dea-2 > cc-1
_INBOX.cc-1.router.greet.nonce: router-1 gorouter > cc-1
_INBOX.cc-1.dea.discover.nonce.more: > cc-1
_INBOX.dea-1.router.greet.nonce: router-1 gorouter > dea-1
_INBOX.dea-1.router.start.nonce: > dea-1
_INBOX.monitor-1.vcap.component.discover.nonce: cc-1 dea-1 dea-2 hm-1 router-1 monitor-1 gorouter > monitor-1
_INBOX.owner.nonce: cc-1 dea-1 dea-2 hm-1 router-1 monitor-1 gorouter >
nobody.knows.this: >
$SYS.REQ.SERVER.PING: >
`
  .trim()
  .split("\n")
  .map((line) => {
    const [, subject = "", says = "", hears = ""] = /^(\S+): ?(.*?) ?> ?(.*)$/.exec(line) ?? [];
    const names = (text: string) => text.split(" ").filter((name) => name !== "");
    return { subject, says: names(says), hears: names(hears) };
  });
const members = ["cc-1", "dea-1", "dea-2", "hm-1", "router-1", "monitor-1", "gorouter"];

describe("rights on the bus", () => {
  let lab: Lab;
  let server: NatsServer;
  const open: NatsConnection[] = [];
  const as = async (user: string, pass = secretOf(busLabel(user))) => {
    const bus = await connect({ servers: `127.0.0.1:${server.client}`, user, pass, reconnect: false, timeout: 2000, inboxPrefix: inboxOf(user) });
    open.push(bus);
    return bus;
  };
  before(async () => {
    lab = new Lab();
    server = await lab.nats();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((bus) => bus.close()));
  });
  after(() => lab.close());

  it("nobody comes in without a user, with a wrong password, or as somebody else", async () => {
    const why = (options: object) =>
      connect({ servers: `127.0.0.1:${server.client}`, reconnect: false, timeout: 2000, ...options }).then(
        async (bus) => {
          await bus.close();
          return "came in";
        },
        (error: { code?: string }) => error.code,
      );
    expect(await why({})).to.equal("AUTHORIZATION_VIOLATION");
    expect(await why({ user: "owner", pass: "owner" })).to.equal("AUTHORIZATION_VIOLATION");
    expect(await why({ user: "cc-1", pass: secretOf(busLabel("dea-1")) })).to.equal("AUTHORIZATION_VIOLATION");
    expect(await why({ user: "app", pass: "" })).to.equal("AUTHORIZATION_VIOLATION");
  });

  // What carries the subject to whom is seen by the owner's ears and voice, not by what the server says of itself.
  it("each may say what it must say, and nothing else", async () => {
    const owner = await as(busOwner.user);
    let heard = new Set<string>();
    owner.subscribe(">", { callback: (_, { subject }) => void heard.add(subject) });
    await owner.flush();
    for (const member of members) {
      heard = new Set();
      const bus = await as(member);
      for (const { subject } of law) bus.publish(subject);
      await bus.flush();
      await owner.flush();
      const may = law.filter(({ says }) => says.includes(member)).map(({ subject }) => subject);
      expect([...heard].sort(), member).to.deep.equal(may.sort());
    }
  });

  it("each may hear what it must hear, and nothing else", async () => {
    const owner = await as(busOwner.user);
    for (const member of members) {
      const bus = await as(member);
      const heard = new Set<string>();
      for (const { subject } of law) bus.subscribe(subject, { callback: (error, message) => void (error || heard.add(message.subject)) });
      if (member === "gorouter") bus.subscribe("router.*", { callback: (error, message) => void (error || heard.add(message.subject)) });
      for (const all of [">", "*.*", "_INBOX.>", "dea.*.start"]) bus.subscribe(all, { callback: (error, { subject }) => void (error || heard.add(subject)) });
      await bus.flush();
      for (const { subject } of law) owner.publish(subject);
      await owner.flush();
      await bus.flush();
      const may = law.filter(({ hears }) => hears.includes(member)).map(({ subject }) => subject);
      expect([...heard].sort(), member).to.deep.equal(may.sort());
    }
  });

  it("whoever is asked may answer, as often as it likes, and nowhere else", async () => {
    const [cc, dea] = await Promise.all([as("cc-1"), as("dea-1")]);
    const answers: string[] = [];
    const inbox = `${answersTo("cc-1", "dea.find.droplet")}.1`;
    cc.subscribe(`${inboxOf("cc-1")}.>`, { callback: (_, message) => void answers.push(message.string()) });
    for (const unasked of [`${inboxOf("cc-1")}.1`, `${answersTo("cc-1", "router.greet")}.1`]) dea.publish(unasked, "unasked");
    await dea.flush();
    dea.subscribe("dea.find.droplet", {
      callback: (_, message) => {
        for (const word of ["one", "two", "three"]) message.respond(word);
      },
    });
    await Promise.all([dea.flush(), cc.flush()]);
    cc.publish("dea.find.droplet", "{}", { reply: inbox });
    await until("three answers", () => answers.length >= 3, 2000, 5);
    expect(answers).to.deep.equal(["one", "two", "three"]);
  });

  // seed: message bus <- a member names a subject that it has no right to as the place for answers, and is its own asker
  it("nobody comes to a right by asking itself, or by a friend", async () => {
    const owner = await as(busOwner.user);
    const started: string[] = [];
    owner.subscribe("dea.*.start", { callback: (_, message) => void started.push(message.string()) });
    await owner.flush();
    const [gorouter, monitor, dea] = await Promise.all([as("gorouter"), as("monitor-1"), as("dea-2")]);
    const command = "dea.dea-1.start";
    const asked = new Set<string>();
    for (const [name, bus, subject] of [
      ["gorouter", gorouter, "router.*"],
      ["monitor-1", monitor, "vcap.component.discover"],
      ["dea-2", dea, "vcap.component.discover"],
    ] as const)
      bus.subscribe(subject, {
        callback: (_, message) => {
          if (message.reply !== command) return;
          asked.add(name);
          message.respond(name);
        },
      });
    await Promise.all([gorouter, monitor, dea].map((bus) => bus.flush()));
    gorouter.publish("router.start", "{}", { reply: command });
    monitor.publish("vcap.component.discover", "{}", { reply: command });
    await until("all to be asked", () => asked.size === 3, 2000, 5);
    await Promise.all([gorouter, monitor, dea].map((bus) => bus.flush()));
    await owner.flush();
    expect(started).to.deep.equal([]);
  });

  it("what is muted nobody may say, whoever it is, until it is not", async () => {
    const owner = await as(busOwner.user);
    const [cc, dea] = await Promise.all([as("cc-1"), as("dea-1")]);
    const heard: string[] = [];
    owner.subscribe("router.register", { callback: (_, message) => void heard.push(message.string()) });
    await owner.flush();
    const carried = async () => {
      heard.length = 0;
      for (const [name, bus] of [
        ["cc-1", cc],
        ["dea-1", dea],
        ["owner", owner],
      ] as const)
        bus.publish("router.register", name);
      for (const bus of [cc, dea, owner]) await bus.flush();
      return heard.sort().join(" ");
    };
    const mute = (subjects: readonly string[]) => {
      writeFileSync(join(dirname(server.config), "muted.conf"), `deny: ${JSON.stringify(subjects)}\n`);
      server.signal("SIGHUP");
    };
    expect(await carried()).to.equal("cc-1 dea-1 owner");
    mute(["router.register"]);
    await until("silence", async () => (await carried()) === "", 3000, 20);
    mute([]);
    await until("voices", async () => (await carried()) === "cc-1 dea-1 owner", 3000, 20);
    for (const bus of [cc, dea, owner]) expect(bus.isClosed()).to.equal(false);
  });
});
