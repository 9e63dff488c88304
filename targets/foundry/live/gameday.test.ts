/** A game day at a foundation that is up: played to the end, judged and played again. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ended, startFlounder } from "../../../harness/cli/testing/program.js";
import { until } from "../../../harness/clock.js";
import type { Event, Plan, Verdict } from "../../../harness/core.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { connect } from "../../../harness/keeper/start.js";
import { openHome } from "../testing/live-foundation.js";
import { inPhase, leaveGame, pidsOf, type StagedGame, stageGame } from "../testing/live-game.js";

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
  const games: StagedGame[] = [];

  async function begin(): Promise<StagedGame> {
    const game = await stageGame(home.dir, ["./two-hands.ts", "--blind", "--foundation", name, "--seed", "3", "--patience", "1", "--playbook", "as-it-was"]);
    games.push(game);
    await game.facilitator.until("it is ready", () => ["ready", "failed"].includes(game.facilitator.state()!.stage), 60_000);
    expect(game.facilitator.state()!.stage, game.facilitator.state()!.why).to.equal("ready");
    return game;
  }
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
    for (const game of games.splice(0)) await leaveGame(game);
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
    await inPhase(game, "turbulence");
    await player.until("users suffer", () => player.bins("data-outside").some((lost) => (lost ?? 0) > 0.5), 60_000);
    expect((await player.post("mark", { mark: "wrong", says: "nobody gets in" })).status).to.equal(200);
    // A server that dies in the middle is there again, and everybody comes back.
    process.kill(pidsOf(game, "serve.js")[0]!, "SIGKILL");
    await until("the page is there again", async () => (await player.get("session").catch(() => ({ status: 0 }))).status === 200, 30_000);
    expect((await player.get("logs?component=firewall-1")).body)
      .to.have.property("lines")
      .with.length.above(0);
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
    expect((await player.get("debrief")).body).to.have.deep.property("verdict", verdict);
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
});
