/** The keeper as a process of its own, over a fake engine whose components are files: what is broken is seen in the files, not asked of the keeper. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../clock.js";
import type { Event } from "../core.js";
import { FlounderError } from "../errors.js";
import { folderOf, readToken } from "./folder.js";
import type { Limits } from "./injections/injection.js";
import { proof } from "./injections/proof.js";
import type { KeeperClient } from "./socket/client.js";
import { dialKeeper } from "./socket/door.js";
import { connect, listFoundations, startKeeper } from "./start.js";
import { type Flaws, readFake, writeFake } from "./testing/engine.js";
import { cut, entry, home, link, specOf } from "./testing/spec.js";

/** Rejects with a FlounderError of that code; returns it. */
async function refused(what: Promise<unknown>, code: string): Promise<FlounderError> {
  try {
    await what;
  } catch (error) {
    expect(error).to.be.instanceOf(FlounderError);
    expect((error as FlounderError).code, (error as Error).message).to.equal(code);
    return error as FlounderError;
  }
  throw new Error(`it was not refused, expected ${code}`);
}

describe("keeper", () => {
  const clients: KeeperClient[] = [];
  home();

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.down().catch(() => client.hangUp());
  });
  async function up(flaws: Flaws = {}, options: { stays?: boolean; limits?: Partial<Limits> } = {}): Promise<KeeperClient> {
    process.env.FLAWS = JSON.stringify(flaws);
    process.env.LIMITS = JSON.stringify(options.limits ?? {});
    const client = await startKeeper(specOf(), () => {}, { entry, stays: options.stays ?? false });
    clients.push(client);
    return client;
  }
  /** Collects events from now on. */
  function listen(client: KeeperClient): Event[] {
    const seen: Event[] = [];
    void (async () => {
      for await (const event of client.events()) seen.push(event);
    })().catch(() => {});
    return seen;
  }
  const kinds = (events: readonly Event[]) => events.filter((event) => event.kind !== "reading").map((event) => event.kind);
  const dirOf = (client: KeeperClient) => folderOf(client.id);

  it("starts, says facts, targets, routes and fingerprint, and is gone after down with its folder", async () => {
    const client = await up();
    const facts = await client.facts();
    expect(facts).to.include({ id: client.id, system: "fake", front: "http://127.0.0.1:1", user: "admin", domain: "fake.test" });
    expect(facts.endpoints).to.deep.equal({ front: "http://127.0.0.1:1" });
    expect((await client.targets()).map((target) => target.name)).to.include(link);
    expect((await client.routes())[0]).to.include({ target: "api" });
    expect(await client.fingerprint()).to.include({ [link]: "whole", desired: "nothing" });
    expect(await listFoundations()).to.deep.equal([{ id: client.id, alive: true, ownedByRun: true }]);
    const pid = client.keeper.pid;
    const dir = dirOf(client);
    await client.down();
    expect(existsSync(dir)).to.equal(false);
    await until("the keeper's process to end", () => !existsSync(`/proc/${pid}`), 5000);
    expect(await listFoundations()).to.deep.equal([]);
  });

  it("injects, reads broken, heals on the deadline and proves it, with the intent in the journal first", async () => {
    const client = await up();
    const events = listen(client);
    await client.inject(cut(link, { maxS: 0.6 }));
    expect(readFake(dirOf(client), link).cut).to.equal("refuse");
    await until("the healing", () => kinds(events).includes("healed"), 5000);
    expect(readFake(dirOf(client), link).cut).to.equal(undefined);
    expect(kinds(events)).to.deep.equal(["injecting", "injected", "healing", "healed"]);
    expect(events.find((event) => event.kind === "healed")).to.include({ proved: true, why: "time" });
    const states = events.flatMap((event) => (event.kind === "reading" ? [event.reading.state] : []));
    expect(states[0]).to.equal("intact");
    expect(states.at(-1)).to.equal("intact");
    expect(states).to.include("broken");
    for (const event of events) if (event.kind === "reading") expect(event.fromUs).to.be.at.most(event.atUs);
    const journal = readFileSync(join(dirOf(client), "journal.jsonl"), "utf8");
    expect(journal.indexOf('"injecting"')).to.be.within(0, journal.indexOf('"healed"'));
    expect((await client.status()).injections).to.deep.equal([]);
  });

  it("tells the last reading before a change, and between changes one a second", async () => {
    const client = await up();
    const events = listen(client);
    await client.inject(cut(link, { maxS: 2.5 }));
    await until("the healing", () => kinds(events).includes("healed"), 8000);
    const readings = events.flatMap((event) => (event.kind === "reading" ? [event] : []));
    const bite = readings.findIndex((event) => event.reading.state === "broken");
    const gapUs = readings[bite]!.fromUs - readings[bite - 1]!.atUs;
    expect(gapUs, "between the last intact answer and the question that read broken").to.be.within(0, 400_000);
    const healed = readings.findLastIndex((event) => event.reading.state === "broken");
    expect(readings[healed + 1]!.fromUs - readings[healed]!.atUs).to.be.within(0, 400_000);
    expect(readings.length, "2.5 s of polls every 200 ms").to.be.below(9);
  });

  it("a target whose app goes meanwhile is broken until it is healed, and healed though nobody is left to answer", async () => {
    const client = await up();
    const events = listen(client);
    const states = () => events.flatMap((event) => (event.kind === "reading" ? [event.reading.state] : []));
    await client.inject(cut(link));
    await until("it to bite", () => states().includes("broken"), 5000);
    writeFake(dirOf(client), link, { vacant: true }); // mended by somebody else, too: it is over when the keeper has healed, not before
    const told = states().length;
    await until("two more readings", () => states().length >= told + 2, 8000);
    expect(states()).to.not.include("vacant");
    expect((await client.heal())[0]).to.deep.include({ proved: true, says: `${link} is whole, with nobody behind it any more` });
    expect(readFake(dirOf(client), link).escalated).to.equal(undefined);
    await refused(client.inject({ ...cut(link), id: "again" }), "refused");
  });

  it("breaks eight mounts at once within a second", async () => {
    const client = await up({ slowMs: 300 });
    const mounts = Array.from({ length: 8 }, (_, i) => `cc-${i + 1}:lun-1`);
    const fromMs = performance.now();
    await Promise.all(mounts.map((target) => client.inject(cut(target, { fault: "storage-cut", options: {} }))));
    expect(performance.now() - fromMs).to.be.below(1000);
    for (const target of mounts) expect(readFake(dirOf(client), target).cut).to.equal("detach");
    const reports = await client.heal();
    expect(reports.map((one) => one.proved)).to.deep.equal(mounts.map(() => true));
    for (const target of mounts) expect(readFake(dirOf(client), target).cut).to.equal(undefined);
  });

  it("refuses what is not intact, unknown, not able, busy, or badly asked, and injects nothing", async () => {
    const client = await up({}, { limits: { beforeMs: 500 } });
    writeFake(dirOf(client), link, { cut: "reset" });
    const error = await refused(client.inject(cut(link)), "refused");
    expect(error.message).to.include("broken");
    writeFake(dirOf(client), link, {});
    await refused(client.inject(cut("nobody")), "refused");
    await refused(client.inject(cut(link, { fault: "moon-fall" })), "refused");
    await refused(client.inject(cut("cc-1")), "refused");
    await refused(client.inject(cut(link, { fault: "nats-sever" })), "refused");
    await refused(client.inject(cut(link, { options: { how: "gently" } })), "refused");
    await refused(client.inject(cut(link, { maxS: 0 })), "usage");
    await refused(client.heal("act/never"), "usage");
    await client.inject(cut(link));
    await refused(client.inject(cut(link)), "refused");
    await refused(client.inject(cut(link, { id: "other", fault: "link-latency", options: {} })), "refused");
    await client.heal();
    expect(await client.heal(`act/${link}`), "healing again is no error").to.deep.equal([]);
  });

  it("an injection that is called off while its witness is asked makes room for the next one at once", async () => {
    const client = await up({}, { limits: { beforeMs: 20_000 } });
    const events = listen(client);
    writeFake(dirOf(client), link, { cut: "refuse" });
    const first = cut(link);
    const waiting = refused(client.inject(first), "aborted");
    await until("its witness to be asked", () => events.some((event) => event.kind === "reading"), 5000);
    expect((await client.heal(first.id)).map(({ proved, says }) => [proved, says])).to.deep.equal([[true, "nothing was injected"]]);
    writeFake(dirOf(client), link, {});
    await client.inject(cut(link, { id: "next" }));
    await waiting;
    expect(events.flatMap((event) => (event.kind === "injecting" ? [event.injection] : []))).to.deep.equal(["next"]);
  });

  it("noop gets readings by fiat, marked as such", async () => {
    const client = await up();
    const events = listen(client);
    await client.inject(cut("cc-1", { fault: "noop", options: {}, maxS: 0.5 }));
    await until("the healing", () => kinds(events).includes("healed"), 5000);
    const readings = events.flatMap((event) => (event.kind === "reading" ? [event.reading] : []));
    expect(readings.map((reading) => reading.state)).to.include.members(["intact", "broken"]);
    for (const reading of readings) expect(reading.generation).to.equal("noop");
  });

  it("a deed without effect never reads broken", async () => {
    const client = await up({ decoy: true });
    const events = listen(client);
    await client.inject(cut(link, { maxS: 0.8 }));
    await until("the healing", () => kinds(events).includes("healed"), 5000);
    expect(events.flatMap((event) => (event.kind === "reading" ? [event.reading.state] : []))).to.not.include("broken");
  });

  it("escalates until the healing is proved", async () => {
    const client = await up({ healsAfterStep: 1 }, { limits: { intactMs: 1500 } });
    await client.inject(cut(link));
    const events = listen(client);
    const [report] = await client.heal();
    expect(report).to.include({ proved: true, target: link });
    expect(readFake(dirOf(client), link)).to.deep.include({ escalated: [0, 1] });
    const announced = events.flatMap((event) => (event.kind === "trouble" ? (/step \d$/.exec(event.says) ?? []) : []));
    expect(announced, "what was announced is what was done").to.deep.equal(["step 0", "step 1"]);
    expect(readFake(dirOf(client), link).cut).to.equal(undefined);
  });

  it("says what is still broken when nothing helps, and tries again when asked again", async () => {
    const client = await up({ healsAfterStep: 3 }, { limits: { intactMs: 1500 } });
    await client.inject(cut(link));
    const events = listen(client);
    const [report] = await client.heal();
    expect(report!.proved).to.equal(false);
    expect(report!.says).to.include(link).and.to.include("still broken");
    await until("the event", () => kinds(events).includes("healed"), 2000);
    expect(events.find((event) => event.kind === "healed")).to.include({ proved: false, why: "asked" });
    writeFake(dirOf(client), link, { escalated: [3] });
    expect((await client.heal())[0]).to.include({ proved: true });
  });

  it("a stop heals all and blocks injections until released, a freeze blocks operator verbs as well; both outlive nothing else", async () => {
    const client = await up();
    await client.inject(cut(link));
    await client.stop("smoke in the room");
    expect(readFake(dirOf(client), link).cut).to.equal(undefined);
    expect((await refused(client.inject(cut(link)), "frozen")).message).to.include("smoke in the room");
    await client.release("no smoke any more");
    await client.inject(cut(link, { id: "again" }));
    await client.freeze(new Date(Date.now() + 60_000).toISOString(), "month end");
    expect((await refused(client.inject(cut("dea-1>nats-1")), "frozen")).message).to.include("month end");
    await refused(client.call("cc-1", "/storage/release", { reason: "x" }), "frozen");
    expect(await client.call("cc-1", "/state")).to.deep.include({ path: "/state" });
    expect((await client.heal())[0], "healing is never blocked").to.include({ proved: true });
    await refused(client.freeze("tomorrow", "x"), "usage");
    await refused(client.freeze("2011-04-26T17:00:00Z", "that is over"), "usage");
    await client.freeze(new Date(Date.now() + 1000).toISOString(), "a shorter one");
    expect((await client.status()).frozen, "of two the later end holds").to.include({ reason: "month end" });
    await client.unfreeze("the month is over");
    expect((await client.status()).frozen).to.equal(null);
    await client.inject(cut("dea-1>nats-1"));
  });

  it("a line that is no JSON gets one clear error, a wrong token none of its answers; neither disturbs the keeper", async () => {
    const client = await up();
    const say = async (lines: string): Promise<string> => {
      const socket = dialKeeper(dirOf(client));
      let heard = "";
      socket.on("data", (chunk) => {
        heard += chunk;
      });
      socket.write(lines);
      await until("the keeper to hang up", () => socket.readableEnded || socket.destroyed, 3000);
      socket.destroy();
      return heard;
    };
    const errors = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { error: { code: string; message: string } }).error);
    expect(errors(await say('{"id":1,"verb":"inject","args":{oops\n'))).to.have.length(1);
    expect(errors(await say('{"id":1,"verb":"status"}\n'))[0]).to.include({ code: "refused" });
    const zeros = "0".repeat(64);
    const hello = `{"id":1,"verb":"hello","args":{"question":"${zeros}"}}\n`;
    const lines = (await say(`${hello}{"id":2,"verb":"prove","args":{"proof":"${zeros}","lease":false,"owner":false}}\n{"id":3,"verb":"status"}\n`))
      .trim()
      .split("\n");
    expect(lines).to.have.length(2);
    expect(errors(lines[1]!)[0]!.message).to.include("token");
    expect(errors(await say(`{"id":1,"verb":"hello","args":"${"x".repeat(2000)}`))[0]!.message).to.include("longer than 1024");
    const token = readToken(dirOf(client));
    const good = dialKeeper(dirOf(client));
    let heard = "";
    good.on("data", (chunk) => {
      heard += chunk;
    });
    good.write(hello);
    await until("its proof", () => heard.includes("\n"), 3000);
    const { question, proof: keepers } = (JSON.parse(heard) as { ok: { question: string; proof: string } }).ok;
    expect(keepers, "the keeper proves itself first").to.equal(proof(token, "keeper", client.id, question, zeros));
    heard = "";
    good.write(
      `{"id":1,"verb":"prove","args":{"proof":"${proof(token, "client", client.id, question, zeros)}","lease":false,"owner":false}}\nnot json\n[]\n{"id":2,"verb":"fly"}\n{"id":3,"verb":"status"}\n`,
    );
    await until("the answers", () => heard.includes('"id":3'), 3000);
    good.destroy();
    expect(
      heard
        .trim()
        .split("\n")
        .map((line) => Object.keys(JSON.parse(line) as object)[1]),
    ).to.deep.equal(["ok", "error", "error", "error", "ok"]);
    expect((await client.status()).up).to.equal(true);
  });

  it("a defect in an adapter is an answer, not the keeper's end", async () => {
    const client = await up();
    let error: Error | undefined;
    await client.call("boom", "/x").catch((caught: Error) => {
      error = caught;
    });
    expect(error).to.be.instanceOf(Error).and.not.instanceOf(FlounderError);
    expect((await client.status()).up).to.equal(true);
  });

  it("there is one keeper per foundation, and the second says so", async () => {
    const client = await up();
    await refused(
      startKeeper(specOf(client.id), () => {}, { entry }),
      "owned",
    );
    expect((await client.status()).pid).to.equal(client.keeper.pid);
  });

  it("a boot that fails says why, and leaves neither process nor folder", async () => {
    process.env.FLAWS = JSON.stringify({ bootError: "no ports left" });
    const spec = specOf();
    const lines: string[] = [];
    const error = await refused(
      startKeeper(spec, (line) => lines.push(line), { entry }),
      "environment",
    );
    expect(error.message).to.equal("no ports left");
    expect(existsSync(spec.dir)).to.equal(false);
    await refused(connect(spec.id), "unreachable");
  });

  it("two foundations do not touch each other", async () => {
    const [one, two] = [await up(), await up()];
    await one.inject(cut(link));
    expect(readFake(dirOf(two), link).cut).to.equal(undefined);
    await two.down();
    expect(readFake(dirOf(one), link).cut).to.equal("refuse");
    expect((await one.heal())[0]).to.include({ proved: true });
  });
});
