import { once } from "node:events";
import { expect } from "chai";
import type { KeeperClient } from "../keeper/socket/client.js";
import { startKeeper } from "../keeper/start.js";
import { cut, entry, home, link, specOf } from "../keeper/testing/spec.js";
import { ended, startFlounder } from "./testing/program.js";

const start = (...words: string[]) => startFlounder(words);

describe("safety switches", function () {
  this.timeout(60_000);
  home();
  let client: KeeperClient;
  let name: string;
  const flounder = (...words: string[]) => ended(start(...words, "-F", name));
  before(async () => {
    process.env.FLAWS = "{}";
    process.env.LIMITS = "{}";
    client = await startKeeper(specOf(), () => {}, { entry, stays: true });
    name = client.id;
  });
  after(async () => {
    await client.down();
  });

  it("a freeze needs an end that is not over, by the clock or from now on", async () => {
    for (const [words, says] of [
      [["--until", "2020-01-01T00:00:00Z"], /^flounder: --until 2020-01-01T00:00:00Z: that time is over\n {2}→ /],
      [["--until", "noon"], /^flounder: --until "noon" is not a valid time\n/],
      [["--for", "soon"], /^flounder: --for "soon" is not a duration\n/],
      [[], /^flounder: a freeze needs its end\n/],
      [["--for", "1m", "--until", "2036-01-01"], /cannot be used with option/],
    ] as const) {
      const { code, says: heard } = await flounder("freeze", ...words, "--reason", "x");
      expect(code, heard).to.equal(64);
      expect(heard).to.match(says);
    }
    expect((await client.status()).frozen).to.equal(null);
  });

  it("release on a frozen foundation says that it stays frozen, status says all that holds, unfreeze ends it", async () => {
    const frozen = await flounder("freeze", "--for", "20m", "--reason", "paper only");
    expect(frozen, frozen.says).to.include({ code: 0 });
    const untilMs = Date.parse((await client.status()).frozen!.untilIso);
    expect(untilMs - Date.now()).to.be.within(19 * 60_000, 20 * 60_000);
    await client.stop("customers call");
    const status = await flounder("status");
    expect(status.out)
      .to.contain("new injections are refused: customers call\n")
      .and.to.contain("  → flounder unfreeze --reason WHY")
      .and.to.contain(": paper only\n");
    const released = await flounder("release", "--reason", "call is over");
    expect(released.code).to.equal(0);
    expect(released.says).to.contain("the stop is over, but it stays frozen").and.to.contain("flounder unfreeze --reason WHY");
    const refused = await flounder("break", "link-cut", "--on", link, "--no-measure");
    expect(refused, refused.says).to.include({ code: 2 });
    expect(refused.says).to.contain("paper only");
    expect((await flounder("unfreeze", "--reason", "over")).says).to.contain("no longer frozen");
    expect((await flounder("unfreeze", "--reason", "over")).says).to.contain("it was not frozen");
    expect((await flounder("release", "--reason", "again")).says).to.contain("it was not stopped");
    expect((await client.status()).frozen).to.equal(null);
  });

  it("of two freezes at once the later end holds, and the other is told", async () => {
    const [long, short] = await Promise.all([flounder("freeze", "--for", "2h", "--reason", "long"), flounder("freeze", "--for", "1m", "--reason", "short")]);
    const { frozen } = await client.status();
    expect(frozen).to.include({ reason: "long" });
    expect([long.code, short.code]).to.deep.equal([0, 0]);
    // Whoever came second has been told of the other.
    expect(long.says + short.says).to.match(/it stays frozen until .*, which is later: long|\(before: until .*, short\)/);
    await client.unfreeze("tried");
  });

  it("of two breaks at once on one target one is done, and the other is told whose it is", async () => {
    const each = await Promise.all([1, 2].map(() => flounder("break", "link-cut", "--on", link, "--for", "2", "--no-measure")));
    expect(each.map(({ code }) => code).sort(), each.map(({ says }) => says).join()).to.deep.equal([0, 2]);
    expect(each.find(({ code }) => code === 2)!.says).to.match(/^flounder: cc-1>ccdb-1 is broken by break-\d+\/cc-1>ccdb-1 already/);
    expect(each.find(({ code }) => code === 0)!.out).to.match(/\nlink-cut on cc-1>ccdb-1: took effect after [\d.]+ s, restored after [\d.]+ s\n$/);
  });

  it("of two heals at once both say that it is healed", async () => {
    await client.inject(cut(link, { id: "both" }));
    const each = await Promise.all([flounder("heal"), flounder("heal")]);
    expect(
      each.map(({ code }) => code),
      each.map(({ says }) => says).join(),
    ).to.deep.equal([0, 0]);
    expect(each.map(({ out }) => out).join()).to.contain(`healed     ${link}`);
    expect((await client.status()).injections).to.deep.equal([]);
  });

  it("Ctrl-C in break says that it heals, heals at once, and ends with 3", async () => {
    const child = start("break", "link-cut", "--on", link, "--for", "60", "--no-measure", "-F", name);
    const end = ended(child);
    await once(child.stdout!, "data");
    const fromMs = performance.now();
    child.kill("SIGINT");
    const { code, says, out } = await end;
    expect(code, says).to.equal(3);
    expect(performance.now() - fromMs).to.be.below(10_000);
    expect(says).to.contain("SIGINT: healing; once more to leave at once (the keeper heals by itself)");
    expect(out).to.match(/restored after [\d.]+ s\n$/);
    expect((await client.status()).injections).to.deep.equal([]);
  });

  it("break that is given options that the fault does not have names those that it has", async () => {
    const { code, says } = await flounder("break", "link-latency", "--on", link, "--set", "ms=3");
    expect(code).to.equal(64);
    expect(says).to.match(/^flounder: link-latency has no option "ms"; it has latencyMs \(milliseconds/);
  });

  it("-f still names the foundation; --quiet says no progress", async () => {
    expect((await ended(start("status", "-f", name))).out).to.contain(name);
    const quiet = await flounder("stop", "--reason", "x", "--quiet");
    expect(quiet).to.deep.equal({ code: 0, out: "", says: "" });
    await client.release("tried");
  });

  it("status says who is connected, and whose the foundation is", async () => {
    const status = JSON.parse((await flounder("status", "--json")).out) as { protected: boolean; clients: { name: string; pid: number; lease: boolean }[] };
    expect(status.protected).to.equal(false);
    expect(status.clients.map(({ pid, lease }) => ({ pid, lease }))).to.deep.equal([{ pid: process.pid, lease: false }]);
    await client.claim("flounder run quiet");
    expect((await flounder("status")).out)
      .to.match(/connected: .* \(process \d+\)/)
      .and.to.contain("flounder run quiet");
    const spoiling = await flounder("break", "link-cut", "--on", link, "--for", "1", "--no-measure");
    expect(spoiling, spoiling.says).to.include({ code: 0 });
    expect(spoiling.says).to.contain(`flounder run quiet (process ${process.pid}) is under way on ${name}: this makes it inconclusive\n`);
    await client.unclaim();
    expect((await flounder("break", "link-cut", "--on", link, "--for", "1", "--no-measure")).says).to.not.contain("inconclusive");
  });

  it("of two downs at once both say that it is down", async () => {
    const other = await startKeeper(specOf(), () => {}, { entry, stays: true });
    const each = await Promise.all([1, 2].map(() => ended(start("down", "-F", other.id))));
    for (const { code, says } of each)
      expect(code === 0 ? says : says.replace(/^flounder: there is no foundation .*/s, `${other.id} is down`), says).to.contain(`${other.id} is down`);
    expect(each.some(({ code }) => code === 0)).to.equal(true);
  });
});
