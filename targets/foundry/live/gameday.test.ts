/** Game days at a foundation that is up: played to the end, judged and played again; aborted in each phase, whatever the runner and the page's server do. */
import type { ChildProcess } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Ended, ended, startFlounder } from "../../../harness/cli/testing/program.js";
import { until } from "../../../harness/clock.js";
import type { Event, Plan, Verdict } from "../../../harness/core.js";
import { joiner, type Tab } from "../../../harness/gameday/testing/client.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { connect } from "../../../harness/keeper/start.js";
import { openHome } from "../testing/live-foundation.js";

const name = "stage";
/** Planned: the firewall's config; left to the facilitator: the routing table. */
const scenario = `
import { act, type Scenario } from "flounder";
import edgeWipe from "flounder/faults/edge-wipe";
import routerFlush from "flounder/faults/router-flush";

export default {
  name: "two-hands",
  says: "the firewall is wiped, and the rest is the facilitator's",
  foundation: { profile: "micro", timeFactor: 20 },
  acts: [
    act(edgeWipe, { of: "firewall-*", pick: "all" }, { id: "wiped", forS: 60, endedBy: "playbook" }),
    act(routerFlush, { of: "router", pick: 1 }, { id: "table", forS: 1, unplanned: true }, { hold: true }),
  ],
  playbook: "as-it-was",
  must: [{ plane: "data", from: "outside", lostS: { min: 0.3 } }],
  giveUpS: 240,
} satisfies Scenario;
`;

describe("a game day", function () {
  this.timeout(180_000);
  let home: ReturnType<typeof openHome>;
  let client: KeeperClient;
  let fingerprint: Readonly<Record<string, string>>;
  const games: Game[] = [];

  interface Game {
    readonly child: ChildProcess;
    readonly end: Promise<Ended>;
    readonly facilitator: Tab;
    readonly player: Tab;
    readonly room: Tab;
  }
  /** Processes of the command, by the entry that they run. */
  const pidsOf = ({ child }: Game, entry: string): number[] =>
    readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid))
      .filter((pid) => {
        try {
          return (
            readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[1] === String(child.pid) &&
            readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(entry)
          );
        } catch {
          return false;
        }
      })
      .map(Number);
  async function begin(): Promise<Game> {
    const child = startFlounder(["gameday", "./two-hands.ts", "--blind", "--foundation", name, "--seed", "3", "--patience", "1", "--playbook", "as-it-was"], {
      cwd: home.dir,
    });
    const end = ended(child);
    let out = "";
    child.stdout!.on("data", (chunk) => {
      out += chunk;
    });
    const links = () => [...out.matchAll(/http:\S+/g)].map(([link]) => link);
    await until("the links", () => links().length >= 3 || child.exitCode !== null, 60_000, 50);
    if (child.exitCode !== null) throw new Error((await end).says);
    const [facilitator, player, room] = await Promise.all(links().map((link, i) => joiner(link, ["ann", "bob", "the room"][i]!)));
    const game = { child, end, facilitator: facilitator!, player: player!, room: room! };
    games.push(game);
    await game.facilitator.until("it is ready", () => ["ready", "failed"].includes(game.facilitator.state()!.stage), 60_000);
    expect(game.facilitator.state()!.stage, game.facilitator.state()!.why).to.equal("ready");
    return game;
  }
  const phase = (game: Game, is: string) =>
    game.facilitator.until(`phase ${is}`, () => game.facilitator.events().some((event) => event.kind === "phase" && event.phase === is), 90_000);
  const results = () => join(home.dir, "results", "latest");
  const verdictIn = (dir: string) => JSON.parse(readFileSync(join(dir, "verdict.json"), "utf8")) as Verdict;
  const eventsIn = (dir: string) =>
    readFileSync(join(dir, "timeline.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Event);
  async function asBefore(): Promise<void> {
    const { up, injections, stopped, writer } = await client.status();
    expect([up, stopped, writer]).to.deep.equal([true, null, null]);
    expect(injections).to.deep.equal([]);
    await until("the fingerprint to be as before", async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(fingerprint), 15_000, 200);
  }

  before(async function () {
    this.timeout(180_000);
    home = openHome("gameday");
    writeFileSync(join(home.dir, "two-hands.ts"), scenario);
    const { code, says } = await ended(startFlounder(["up", "--profile", "micro", "--name", name], { cwd: home.dir }));
    expect(code, says).to.equal(0);
    client = await connect(name);
    fingerprint = await client.fingerprint();
  });
  afterEach(async () => {
    for (const { child, end, facilitator, player, room } of games.splice(0)) {
      for (const tab of [facilitator, player, room]) tab.leave();
      if (child.exitCode === null) child.kill("SIGINT");
      if (child.exitCode === null) child.kill("SIGINT");
      await end;
    }
  });
  after(async function () {
    this.timeout(60_000);
    await client?.down();
    home?.close();
  });

  it("is played, told, judged again to the same bytes, and played again without people", async () => {
    const game = await begin();
    const { facilitator, player, room } = game;
    expect((await facilitator.post("inject", { act: "table" })).status, "not before the acts").to.equal(409);
    expect((await facilitator.post("go", {})).status).to.equal(200);
    await phase(game, "turbulence");
    await player.until("users suffer", () => player.bins("data-outside").some((lost) => (lost ?? 0) > 0.5), 60_000);
    expect((await player.post("mark", { mark: "wrong", says: "nobody gets in" })).status).to.equal(200);
    // A server that dies in the middle is there again, and everybody comes back.
    process.kill(pidsOf(game, "serve.js")[0]!, "SIGKILL");
    await until("the page is there again", async () => (await player.get("session").catch(() => ({ status: 0 }))).status === 200, 30_000);
    expect((await player.get("logs?component=firewall-1")).body.lines).to.have.length.above(0);
    expect((await player.post("verb", { verb: "noSuch", args: [] })).status).to.equal(400);
    expect((await player.post("step", { procedure: "nobody gets in", step: 1, does: "tick" })).body).to.include({ ok: true });
    expect((await player.post("step", { procedure: "nobody gets in", step: 2, does: "run" })).body).to.include({ ok: true });
    await player.until(
      "users are served again",
      () =>
        player
          .bins("data-outside")
          .filter((lost) => lost !== null)
          .slice(-4)
          .every((lost) => lost === 0),
      60_000,
    );
    expect((await player.post("mark", { mark: "fixed", says: "" })).status).to.equal(200);
    await facilitator.until("the table may be flushed", () => facilitator.state()!.secret!.injects[0]?.blocked === null, 30_000);
    expect((await facilitator.post("inject", { act: "table" })).status).to.equal(200);
    await facilitator.until(
      "it was healed",
      () => facilitator.events().some((event) => event.kind === "healed" && event.injection === "table/router-1"),
      60_000,
    );
    const blind = player.text() + room.text();
    await player.until("it is over", () => player.state()!.stage === "over", 120_000);
    for (const secret of [
      "two-hands",
      "edge-wipe",
      "router-flush",
      "wiped",
      "the rest is the facilitator",
      "injec",
      "healed",
      "reading",
      "turbulence",
      '"seed"',
      "-inside",
      "digest",
    ])
      expect(blind, secret).to.not.contain(secret);

    const dir = results();
    const verdict = verdictIn(dir);
    expect(verdict.result, JSON.stringify(verdict.findings)).to.equal("pass");
    expect((await player.get("debrief")).body.verdict).to.deep.equal(verdict);
    expect(verdict.people!.marks.map(({ mark, who }) => [mark, who])).to.deep.equal([
      ["wrong", "bob"],
      ["fixed", "bob"],
    ]);
    expect(verdict.people!.verbs).to.deep.equal([{ verb: "restoreEdge", done: 1, refused: 0 }]);
    expect(eventsIn(dir).filter(({ kind }) => kind === "foreign")).to.deep.equal([]);
    const plan = JSON.parse(readFileSync(join(dir, "plan.json"), "utf8")) as Plan;
    expect(plan.acts.map(({ id }) => id)).to.deep.equal(["wiped", "table"]);
    expect(plan.acts[1]!.atS).to.be.above(1);

    const copy = join(home.dir, "copy");
    cpSync(dir, copy, { recursive: true, dereference: true });
    await ended(startFlounder(["judge", copy]));
    for (const file of ["verdict.json", "report.html", "report.md"])
      expect(readFileSync(join(copy, file), "utf8"), file).to.equal(readFileSync(join(dir, file), "utf8"));
    game.child.kill("SIGINT"); // the page need not linger
    expect((await game.end).code).to.equal(0);
    await asBefore();
    const again = await ended(startFlounder(["run", join(copy, "plan.json"), "--foundation", name, "--json"], { cwd: home.dir }));
    expect(again.code, again.says).to.equal(0);
    expect((JSON.parse(again.out) as Verdict).receipts).to.include({ bit: 2, of: 2 });
    await asBefore();
  });

  const phases = ["ready", "steady", "turbulence"] as const;
  const deeds = {
    "as it is": () => {},
    "with the runner stopped": (game: Game) => process.kill(pidsOf(game, "runner.js")[0]!, "SIGSTOP"),
    "with the runner killed": (game: Game) => process.kill(pidsOf(game, "runner.js")[0]!, "SIGKILL"),
    "with the page's server killed and started again": async (game: Game) => {
      process.kill(pidsOf(game, "serve.js")[0]!, "SIGKILL");
      await until("the page is there again", async () => (await game.room.get("session").catch(() => ({ status: 0 }))).status === 200, 30_000);
    },
  };
  for (const when of phases)
    for (const [how, deed] of Object.entries(deeds)) {
      if (when !== "turbulence" && how !== "as it is" && how !== "with the runner stopped") continue;
      it(`is aborted in ${when}, ${how}`, async () => {
        const game = await begin();
        if (when !== "ready") await game.facilitator.post("go", {});
        if (when !== "ready") await phase(game, when);
        if (when === "turbulence")
          await game.facilitator.until("it bites", () => game.facilitator.state()!.secret!.injections.some(({ reads }) => reads === "broken"), 30_000);
        await deed(game);
        const clickedMs = Date.now();
        expect((await game.room.post("abort", { reason: "enough" })).status).to.equal(202);
        await until("nothing is injected", async () => (await client.status()).injections.length === 0, 10_000, 20);
        const tookMs = Date.now() - clickedMs;
        console.log(`        healed after ${tookMs} ms`);
        expect(tookMs).to.be.below(1000);
        await until(
          "the page says that all is healed, or that it is over",
          () => game.facilitator.aborts().at(-1)?.done === true || game.child.exitCode !== null,
          30_000,
        );
        const { code } = await stopped(game);
        expect(code).to.equal(3);
        if (when !== "ready") {
          const verdict = verdictIn(results());
          expect(verdict.result).to.equal("aborted");
          expect(verdict.findings.some(({ says }) => says.includes("aborted by the room: enough"))).to.equal(true);
        }
        await asBefore();
      });
    }
  /** It ends by itself; the page need not linger. */
  async function stopped({ child, end, facilitator }: Game): Promise<Ended> {
    await until("it is over", () => child.exitCode !== null || ["over", "failed"].includes(facilitator.state()!.stage), 60_000);
    if (child.exitCode === null) child.kill("SIGINT");
    return end;
  }
});
