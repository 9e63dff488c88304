/** Whoever dies, and whenever: what was injected is healed. Runner and keeper are real processes, killed by their ids. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../clock.js";
import type { Event } from "../core.js";
import { dist } from "../paths.js";
import { folderOf } from "./folder.js";
import { Journal } from "./injections/journal.js";
import type { KeeperClient } from "./socket/client.js";
import { leaseMs } from "./socket/server.js";
import { clearAway, connect, listFoundations, startKeeper, takeOver } from "./start.js";
import { type Flaws, readFake, writeFake } from "./testing/engine.js";
import { cut, entry, home, link, specOf } from "./testing/spec.js";

const mounts = ["cc-1:lun-1", "cc-2:lun-1", "cc-3:lun-1"];
const storage = (target: string) => cut(target, { fault: "storage-hang", options: {} });

describe("keeper: deaths", () => {
  const clients: KeeperClient[] = [];
  const runners: ChildProcess[] = [];
  home();
  beforeEach(() => {
    process.env.FLAWS = "{}";
    process.env.LIMITS = JSON.stringify({ intactMs: 2000 });
  });
  afterEach(async () => {
    for (const runner of runners.splice(0)) runner.kill("SIGKILL");
    for (const client of clients.splice(0)) await client.down().catch(() => client.hangUp());
    for (const { id } of await listFoundations()) await (await takeOver(id, () => {}, { entry })).down();
  });

  const keep = (client: KeeperClient) => {
    clients.push(client);
    return client;
  };
  const flaws = (planted: Flaws) => {
    process.env.FLAWS = JSON.stringify(planted);
  };
  const staying = async () => keep(await startKeeper(specOf(), () => {}, { entry, stays: true }));
  /** Starts a runner; resolves when it has said the word. */
  async function runner(orders: object, word = "injected"): Promise<ChildProcess> {
    const child = spawn(process.execPath, [join(dist, "harness", "keeper", "testing", "runner.js"), JSON.stringify(orders)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    runners.push(child);
    let heard = "";
    child.stdout.on("data", (chunk) => {
      heard += chunk;
    });
    await until(`the runner to say ${word}`, () => heard.includes(word), 10_000, 10);
    return child;
  }
  const whole = (id: string, targets: readonly string[]) =>
    targets.every((target) => existsSync(folderOf(id)) && readFake(folderOf(id), target).cut === undefined);
  const gone = (pid: number) => !existsSync(`/proc/${pid}`);
  async function killKeeper(client: KeeperClient): Promise<void> {
    process.kill(client.keeper.pid, "SIGKILL");
    await until("the keeper to be gone", () => gone(client.keeper.pid), 5000);
    clients.splice(clients.indexOf(client), 1);
  }

  it("a runner killed on a foundation that it attached to: healed at once, the foundation stays", async () => {
    const client = await staying();
    const events: Event[] = [];
    void (async () => {
      for await (const event of client.events()) events.push(event);
    })().catch(() => {});
    const child = await runner({ attach: client.id, lease: true, inject: mounts.map(storage) });
    for (const target of mounts) expect(readFake(folderOf(client.id), target).cut).to.equal("hang");
    await client.inject(cut(link));
    child.kill("SIGKILL");
    await until("healed mounts", () => whole(client.id, mounts), 5000);
    await until(
      "healed events",
      () => events.filter((event) => event.kind === "healed" && event.why === "lease" && event.proved).length === mounts.length,
      5000,
    );
    expect(readFake(folderOf(client.id), link).cut, "another client's injection is not touched").to.equal("refuse");
    expect((await client.status()).up).to.equal(true);
  });

  it("a runner killed on a foundation that it started: nothing is left, no keeper either", async () => {
    const spec = specOf();
    const child = await runner({ start: spec, lease: true, inject: [cut(link)] });
    const client = await connect(spec.id);
    child.kill("SIGKILL");
    await until("the keeper to be gone", () => gone(client.keeper.pid), 10_000);
    expect(existsSync(spec.dir)).to.equal(false);
  });

  // A run that is ended by hand: Ctrl-C while its foundation comes up
  it("calls a start off that is aborted, with why, and leaves nothing", async () => {
    flaws({ bootMs: 60_000 });
    const abort = new AbortController();
    const starting = startKeeper(specOf("called-off"), () => abort.abort(new Error("stopped by SIGINT")), { entry, signal: abort.signal });
    expect(await starting.catch((error: Error) => error.message)).to.equal("stopped by SIGINT");
    expect(existsSync(folderOf("called-off"))).to.equal(false);
  });

  it("a starter killed while the foundation boots: nothing is left", async () => {
    flaws({ bootMs: 60_000 });
    const spec = specOf();
    const child = spawn(
      process.execPath,
      [join(dist, "harness", "keeper", "testing", "runner.js"), JSON.stringify({ start: spec, lease: false, inject: [] })],
      {
        stdio: "ignore",
      },
    );
    runners.push(child);
    const log = join(spec.dir, "logs", "keeper.log");
    await until("the boot to begin", () => existsSync(log) && readFileSync(log, "utf8").includes("starting nothing"), 10_000);
    child.kill("SIGKILL");
    await until("the folder to be gone", () => !existsSync(spec.dir), 10_000);
    expect(await listFoundations()).to.deep.equal([]);
  });

  it("a runner that is stopped loses its lease, and is told so when it goes on", async () => {
    const client = await staying();
    const child = await runner({ attach: client.id, lease: true, inject: [cut(link)] });
    const stoppedMs = performance.now();
    child.kill("SIGSTOP");
    await until("healing", () => whole(client.id, [link]), leaseMs + 3000);
    expect(performance.now() - stoppedMs).to.be.above(leaseMs - 600);
    child.kill("SIGCONT");
  });

  it("a runner that lives keeps its lease for longer than it lasts", async () => {
    const client = await staying();
    await runner({ attach: client.id, lease: true, inject: [cut(link)] });
    await until("more than a lease to pass", async () => performance.now() > 0 && (await client.status()).injections.length === 0, leaseMs + 1500, 500).then(
      () => expect.fail("it was healed"),
      () => {},
    );
    expect(readFake(folderOf(client.id), link).cut).to.equal("refuse");
  });

  it("what a client without a lease injected stays until its deadline", async () => {
    const client = await staying();
    const child = await runner({ attach: client.id, lease: false, inject: [cut(link, { maxS: 2 })] });
    child.kill("SIGKILL");
    await once(child, "close");
    expect((await client.status()).injections).to.have.length(1);
    expect(readFake(folderOf(client.id), link).cut).to.equal("refuse");
    await until("the deadline's healing", () => whole(client.id, [link]), 5000);
  });

  it("a keeper killed in the middle: its clients are told, and the next one heals from the journal", async () => {
    const client = await staying();
    await client.inject(storage(mounts[0]!));
    await client.inject(cut(link));
    let error: Error & { code?: string } = new Error("not told");
    const told = client
      .events()
      [Symbol.asyncIterator]()
      .next()
      .catch((caught) => {
        error = caught;
      });
    await killKeeper(client);
    await told;
    expect(error.code).to.equal("unreachable");
    expect(readFake(folderOf(client.id), link).cut, "still broken: nobody healed it").to.equal("refuse");
    expect((await listFoundations())[0]).to.include({ id: client.id, alive: false });
    const says: string[] = [];
    const next = keep(await takeOver(client.id, (line) => says.push(line), { entry }));
    expect(whole(client.id, [link, mounts[0]!])).to.equal(true);
    expect(says.join("\n")).to.include(`act/${link}`);
    expect((await next.status()).injections).to.deep.equal([]);
    expect(await next.fingerprint()).to.include({ [link]: "whole" });
  });

  for (const when of ["inject", "heal"] as const)
    it(`a keeper killed during ${when} leaves nothing that the next one does not heal`, async () => {
      flaws({ slowMs: 800 });
      const client = await staying();
      const events: string[] = [];
      void (async () => {
        for await (const event of client.events()) events.push(event.kind);
      })().catch(() => {});
      const inject = client.inject(cut(link));
      inject.catch(() => {});
      if (when === "heal") {
        await inject;
        client.heal().catch(() => {});
      }
      await until("the deed to begin", () => events.includes(when === "inject" ? "injecting" : "healing"), 5000, 5);
      await killKeeper(client);
      flaws({});
      keep(await takeOver(client.id, () => {}, { entry }));
      expect(whole(client.id, [link])).to.equal(true);
    });

  it("an intent without its deed is healed, and so is a journal that ends in half a line", async () => {
    const client = await staying();
    await killKeeper(client);
    const dir = folderOf(client.id);
    const journal = new Journal(dir);
    journal.write({ kind: "injecting", injection: cut(link) });
    journal.write({ kind: "injecting", injection: storage(mounts[1]!) });
    journal.close();
    writeFake(dir, mounts[1]!, { cut: "hang" });
    const { appendFileSync } = await import("node:fs");
    appendFileSync(join(dir, "journal.jsonl"), '{"kind":"inj');
    const next = keep(await takeOver(client.id, () => {}, { entry }));
    expect(whole(client.id, [link, mounts[1]!])).to.equal(true);
    expect((await next.status()).injections).to.deep.equal([]);
    const entries = readFileSync(join(dir, "journal.jsonl"), "utf8");
    expect(entries.match(/"kind":"healed".*"proved":true/g)).to.have.length(2);
  });

  it("keeper and runner both killed: the next command heals", async () => {
    const spec = specOf();
    const child = await runner({ start: spec, lease: true, inject: [cut(link)] });
    const watcher = await connect(spec.id);
    process.kill(watcher.keeper.pid, "SIGKILL");
    child.kill("SIGKILL");
    await until("the keeper to be gone", () => gone(watcher.keeper.pid), 5000);
    expect((await listFoundations())[0]).to.include({ alive: false, ownedByRun: true });
    keep(await takeOver(spec.id, () => {}, { entry }));
    expect(whole(spec.id, [link])).to.equal(true);
  });

  it("a keeper killed while it boots: what it began is cleared away, not taken over", async () => {
    flaws({ bootMs: 60_000 });
    const spec = specOf();
    const start = startKeeper(spec, () => {}, { entry });
    start.catch(() => {});
    const log = join(spec.dir, "logs", "keeper.log");
    await until("the boot to begin", () => existsSync(log) && readFileSync(log, "utf8").includes("starting nothing"), 10_000);
    const pid = Number(/"pid":(\d+)/.exec(readFileSync(join(spec.dir, "journal.jsonl"), "utf8"))![1]);
    process.kill(pid, "SIGKILL");
    expect(await start.catch((error: Error) => error)).to.include({ code: "unreachable" });
    const error = await takeOver(spec.id, () => {}, { entry }).catch((caught: Error) => caught);
    expect((error as Error).message).to.include("never finished");
    expect(existsSync(spec.dir)).to.equal(false);
  });

  it("what no keeper can attach to stays as it is, and can be cleared away", async () => {
    const client = await staying();
    await killKeeper(client);
    flaws({ attachError: "engine.json is damaged" });
    const error = await takeOver(client.id, () => {}, { entry }).catch((caught: Error) => caught);
    expect((error as Error).message).to.equal("engine.json is damaged");
    expect(await listFoundations()).to.have.length(1);
    await clearAway(client.id, () => {}, { entry });
    expect(await listFoundations()).to.deep.equal([]);
  });

  it("a stop outlives its keeper", async () => {
    const client = await staying();
    await client.stop("hands off");
    await killKeeper(client);
    const next = keep(await takeOver(client.id, () => {}, { entry }));
    expect((await next.status()).stopped).to.equal("hands off");
  });

  it("SIGTERM: the keeper heals before it ends, and the foundation stays for the next one", async () => {
    const client = await staying();
    await client.inject(cut(link));
    process.kill(client.keeper.pid, "SIGTERM");
    await until("the keeper to be gone", () => gone(client.keeper.pid), 5000);
    clients.length = 0;
    expect(whole(client.id, [link])).to.equal(true);
    keep(await takeOver(client.id, () => {}, { entry }));
  });

  it("a defect in the keeper: logged, healed, exit 70", async () => {
    const client = await staying();
    await client.inject(cut(link));
    await client.call("crash", "/now");
    await until("the keeper to be gone", () => gone(client.keeper.pid), 5000);
    clients.length = 0;
    expect(whole(client.id, [link])).to.equal(true);
    expect(readFileSync(join(folderOf(client.id), "logs", "keeper.log"), "utf8")).to.include("planted defect");
  });

  it("a process with nothing but a client waits for the end that it asked for", async () => {
    const child = await runner({ start: specOf(), lease: true, inject: [], down: true }, "down");
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).to.equal(0);
    expect(await listFoundations()).to.deep.equal([]);
  });

  it("and ends when it was refused, which is said: the end can be asked for again", async () => {
    flaws({ reapFailures: 1 });
    const client = await staying();
    const child = await runner({ attach: client.id, lease: false, inject: [], down: true }, "not down: something withstands");
    await until("it to be gone", () => child.exitCode !== null, 2000);
    await client.down();
    expect(await listFoundations()).to.deep.equal([]);
  });

  it("leaving in good order heals what a lease was held for", async () => {
    const client = await staying();
    {
      await using run = await connect(client.id, { lease: true });
      await run.inject(cut(link));
    }
    expect(whole(client.id, [link])).to.equal(true);
  });
});
