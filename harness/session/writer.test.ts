/** One writer at a time, over the fake engine: who has the foundation is said, and it is free again when that one has gone. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../clock.js";
import type { Event } from "../core.js";
import { FlounderError } from "../errors.js";
import type { KeeperClient } from "../keeper/socket/client.js";
import { nameOf, self } from "../keeper/socket/who.js";
import { connect, startKeeper } from "../keeper/start.js";
import { cut, entry, home, link, specOf } from "../keeper/testing/spec.js";
import { attachTo } from "./foundation.js";
import { runSession } from "./session.js";

describe("a foundation's writer", function () {
  this.timeout(20_000);
  home();
  let owner: KeeperClient;
  let results: string;
  const others: KeeperClient[] = [];
  const other = async (lease = false) => {
    const client = await connect(owner.id, { lease });
    others.push(client);
    return client;
  };
  const refusal = async (what: Promise<unknown>): Promise<FlounderError> => {
    const error = await what.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(FlounderError);
    return error as FlounderError;
  };
  /** As `flounder run four-cuts --foundation ID` begins. */
  const run = () => runSession({ work: { scenario: "four-cuts" }, foundation: attachTo(owner.id), resultsDir: results });

  before(async () => {
    process.env.FLAWS = process.env.LIMITS = "{}";
    results = mkdtempSync(join(tmpdir(), "flounder-claims-"));
    owner = await startKeeper(specOf(), () => {}, { entry, stays: true });
  });
  after(async () => {
    rmSync(results, { recursive: true, force: true });
    await owner.down();
  });
  afterEach(() => {
    for (const client of others.splice(0)) client.hangUp();
  });

  it("is one: the second is refused, with who has it, and has it once the first lets go", async () => {
    const [first, second] = [await other(), await other()];
    await first.claim("flounder run four-cuts");
    const error = await refusal(second.claim("flounder run day-1"));
    expect(error.code).to.equal("owned");
    expect(error.message).to.match(
      new RegExp(`^flounder run day-1 is refused: flounder run four-cuts \\(process ${process.pid}\\) has this foundation, since \\d{4}-.*Z$`),
    );
    expect((await second.status()).writer).to.include({ command: "flounder run four-cuts", pid: process.pid });
    await second.unclaim(); // somebody else's: nothing happens
    expect((await refusal(second.claim("flounder run day-1"))).code).to.equal("owned");
    await first.unclaim();
    await second.claim("flounder run day-1");
    await second.unclaim();
    expect((await second.status()).writer).to.equal(null);
  });

  it("has gone when its process has, however that ended", async () => {
    const program = `const { connect } = await import(process.argv[1]);
      await (await connect(process.argv[2], { lease: true })).claim("flounder run x"); console.log("has it"); setInterval(() => {}, 1000);`;
    const start = new URL("../keeper/start.js", import.meta.url).href;
    const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", program, start, owner.id], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout!.on("data", (chunk) => {
      said += chunk;
    });
    await until("the other to have it", () => said.includes("has it"), 10_000, 10);
    const client = await other();
    expect((await client.status()).writer).to.include({ pid: child.pid });
    expect((await client.status()).clients?.map(({ pid, lease }) => ({ pid, lease }))).to.deep.include({ pid: child.pid, lease: true });
    child.kill("SIGKILL");
    await until("the keeper to see that it has gone", async () => (await client.status()).writer === null, 5000, 20);
    expect((await client.status()).clients?.some(({ pid }) => pid === child.pid)).to.equal(false);
    await client.claim("flounder run y");
  });

  it("is refused before anything is written where another run has it", async () => {
    await (await other()).claim("flounder run four-cuts");
    expect((await refusal(run())).code).to.equal("owned");
    expect(readdirSync(results)).to.deep.equal([]);
  });

  it("is refused before anything is written while it is stopped, or frozen", async () => {
    await owner.stop("customers call");
    const stopped = await refusal(run());
    expect([stopped.code, stopped.message]).to.deep.equal(["frozen", "flounder run four-cuts is refused: stopped (customers call)"]);
    await owner.release("they are content");
    const untilIso = new Date(Date.now() + 3000).toISOString();
    await owner.freeze(untilIso, "paper only");
    const frozen = await refusal(run());
    expect([frozen.code, frozen.message]).to.deep.equal(["frozen", `flounder run four-cuts is refused: frozen until ${untilIso} (paper only)`]);
    await until("the freeze to be over", async () => (await owner.status()).frozen === null, 5000);
    expect(readdirSync(results)).to.deep.equal([]);
    expect((await owner.status()).writer).to.equal(null);
  });

  it("is refused while something is injected already", async () => {
    await owner.inject(cut(link));
    expect((await refusal(run())).message).to.equal(`flounder run four-cuts is refused: link-cut is injected on ${link} already`);
    await owner.heal();
    expect(readdirSync(results)).to.deep.equal([]);
  });

  it("is told what others do meanwhile that is no injection: operators' verbs, a stop, a freeze; and of itself nothing", async () => {
    const [runner, stranger] = [await other(), await other()];
    const events: Event[] = [];
    const end = new AbortController();
    const listening = (async () => {
      for await (const event of runner.events(end.signal)) if (event.kind === "foreign") events.push(event);
    })();
    await stranger.call("router-1", "/before", {}); // nobody has the foundation yet
    await runner.claim("flounder run four-cuts");
    await runner.call("router-1", "/own", {});
    await stranger.call("router-1", "/asked");
    for (const path of ["/table/flush", "/table/flush", "/table/hold"]) await stranger.call("router-1", path, {});
    const untilIso = new Date(Date.now() + 60_000).toISOString();
    await stranger.freeze(untilIso, "paper only");
    await stranger.unfreeze("tried");
    await stranger.stop("customers call");
    await stranger.release("tried");
    await runner.unclaim();
    await stranger.call("router-1", "/after", {});
    await stranger.status();
    end.abort();
    await listening;
    const by = `by ${nameOf(self())}, not by the plan`;
    expect(events.map((event) => event.kind === "foreign" && `${event.by}: ${event.says}`)).to.deep.equal([
      `person: /table/flush was sent to router-1 ${by}`,
      `person: /table/hold was sent to router-1 ${by}`,
      `person: the foundation was frozen until ${untilIso} (paper only) ${by}`,
      `person: injections were stopped (customers call) ${by}`,
    ]);
  });

  it("is told who ended the foundation under it", async () => {
    const short = await startKeeper(specOf(), () => {}, { entry, stays: true });
    const runner = await connect(short.id, { lease: true });
    await runner.claim("flounder run four-cuts");
    const said: string[] = [];
    const listening = (async () => {
      for await (const event of runner.events()) if (event.kind === "foreign") said.push(event.says);
    })();
    await short.down();
    expect(((await listening.catch((error: unknown) => error)) as FlounderError).code).to.equal("unreachable");
    expect(said).to.deep.equal([`the foundation was ended by ${nameOf(self())}, not by the plan`]);
  });

  it("is refused in one sentence by a keeper that knows no writer", async () => {
    const old = Object.assign(await other(), {
      ask: (verb: string) => Promise.reject(new FlounderError("usage", `verb "${verb}" is unknown`, "there are boot, beat")),
    });
    const error = await refusal(old.claim("flounder run four-cuts"));
    expect(error.message).to.equal(
      `flounder run four-cuts is refused: the foundation ${owner.id} was brought up by an older Flounder, which cannot keep others from it`,
    );
    expect(error.hint).to.contain(`flounder down --foundation ${owner.id}`);
  });

  it("hears what others do to the foundation, and who they are", async () => {
    const events: Event[] = [];
    const end = new AbortController();
    const listening = (async () => {
      for await (const event of owner.events(end.signal)) events.push(event);
    })();
    const [breaker, healer] = [await other(), await other()];
    await breaker.inject(cut(link, { id: "by hand" }));
    await healer.heal("by hand");
    await until("the healing", () => events.some(({ kind }) => kind === "healed"), 5000, 10);
    end.abort();
    await listening; // and ends when it is told to
    const me = nameOf(self());
    expect(events.find(({ kind }) => kind === "injecting")).to.include({ fault: "link-cut", target: link, client: me });
    expect(events.find(({ kind }) => kind === "healing")).to.include({ injection: "by hand", client: me });
  });
});
