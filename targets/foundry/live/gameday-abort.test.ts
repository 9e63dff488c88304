/** Game days aborted in each phase, whatever the runner and the page's server do: within a second of the click nothing is broken, and nothing more is. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ended, startFlounder } from "../../../harness/cli/testing/program.js";
import { until } from "../../../harness/clock.js";
import type { Verdict } from "../../../harness/core.js";
import type { Refused } from "../../../harness/gameday/protocol.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { connect } from "../../../harness/keeper/start.js";
import { foundationsDir } from "../../../harness/paths.js";
import { openHome } from "../testing/live-foundation.js";
import { inPhase, leaveGame, pidsOf, type StagedGame, stageGame } from "../testing/live-game.js";

const name = "stage";
/** Held until it is aborted, or over at once: phases that come after the acts are reached soon then. */
const scenario = (forS: number) => `
import { act, type Scenario } from "flounder";
import routerFlush from "flounder/faults/router-flush";

export default {
  name: "flushed",
  says: "a router's table is emptied",
  foundation: { profile: "micro", timeFactor: 20 },
  acts: [act(routerFlush, { of: "router", pick: 1 }, { id: "table", forS: ${forS} }, { hold: true })],
  must: [{ plane: "data", from: "outside", lostS: { max: 300 } }],
  giveUpS: 240,
} satisfies Scenario;
`;
const reach: Readonly<Record<string, (game: StagedGame) => Promise<unknown>>> = {
  raising: () => until("a keeper that brings one up", () => foundations().some(isStarting), 30_000, 10),
  ready: async () => {},
  boot: (game) => inPhase(game, "boot"),
  steady: (game) => inPhase(game, "steady"),
  turbulence: ({ facilitator }) => facilitator.until("it bites", () => facilitator.state()!.secret!.injections.some(({ reads }) => reads === "broken"), 90_000),
  watch: (game) => inPhase(game, "watch"),
  ending: ({ facilitator }) =>
    facilitator.until("the last look", () => facilitator.events().some((event) => event.kind === "fingerprint" && event.when === "after"), 90_000),
};
const deeds: Readonly<Record<string, (game: StagedGame) => unknown>> = {
  "as it is": () => {},
  "with the runner stopped": (game) => process.kill(pidsOf(game, "runner.js")[0]!, "SIGSTOP"),
  "with the runner killed": (game) => process.kill(pidsOf(game, "runner.js")[0]!, "SIGKILL"),
  "with the page's server killed and started again": async (game) => {
    process.kill(pidsOf(game, "serve.js")[0]!, "SIGKILL");
    await until("the page is there again", async () => (await game.room.get("session").catch(() => ({ status: 0 }))).status === 200, 30_000, 20);
  },
};
const foundations = () => readdirSync(foundationsDir());
const isStarting = (id: string) => {
  try {
    return (JSON.parse(readFileSync(join(foundationsDir(), id, "foundation.json"), "utf8")) as { readonly state: string }).state === "starting";
  } catch {
    return false; // it is just being made
  }
};

describe("a game day is aborted", function () {
  this.timeout(180_000);
  let home: ReturnType<typeof openHome>;
  let client: KeeperClient;
  let fingerprint: Readonly<Record<string, string>>;
  const games: StagedGame[] = [];

  before(async function () {
    this.timeout(180_000);
    home = openHome("gameday-abort");
    writeFileSync(join(home.dir, "held.ts"), scenario(60));
    writeFileSync(join(home.dir, "brief.ts"), scenario(1));
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

  async function begin(when: string): Promise<StagedGame> {
    const own = when === "raising";
    const file = when === "watch" || when === "ending" ? "./brief.ts" : "./held.ts";
    const game = await stageGame(home.dir, [file, "--blind", "--seed", "3", "--patience", "1", ...(own ? [] : ["--foundation", name])]);
    games.push(game);
    if (own) return game;
    const { facilitator } = game;
    await facilitator.until("it is ready", () => ["ready", "failed"].includes(facilitator.state()!.stage), 60_000);
    expect(facilitator.state()!.stage, facilitator.state()!.why).to.equal("ready");
    if (when !== "ready") expect((await facilitator.post("go", {})).status).to.equal(200);
    return game;
  }
  /** Nothing is broken, and the keeper lets nothing more be broken; or the game is over. */
  async function isSafe({ facilitator }: StagedGame): Promise<boolean> {
    const { injections, stopped } = await client.status();
    return injections.length === 0 && (stopped?.startsWith("game day: aborted by the room: enough") || isOver(facilitator.state()?.stage));
  }
  const isOver = (stage: string | undefined) => stage === "over" || stage === "failed";
  async function asBefore(): Promise<void> {
    const { up, injections, stopped, writer } = await client.status();
    expect([up, stopped, writer]).to.deep.equal([true, null, null]);
    expect(injections).to.deep.equal([]);
    await until("the fingerprint to be as before", async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(fingerprint), 15_000, 200);
    await until("nothing else to be up", () => foundations().length === 1, 60_000, 50);
  }

  for (const [when, reached] of Object.entries(reach))
    for (const [how, deed] of Object.entries(deeds))
      it(`in ${when}, ${how}`, async () => {
        const game = await begin(when);
        const { child, end, facilitator, room } = game;
        await reached(game);
        await deed(game);
        const clickedMs = Date.now();
        const { status, body } = await room.post("abort", { reason: "enough" });
        // A server that takes its time to come back may find that the run has ended meanwhile.
        if (status === 409 && when === "ending") expect((body as Refused).error.says).to.equal("the run is over");
        else expect(status).to.equal(202);
        if (when === "raising") await room.until("it is said", () => room.aborts().length > 0 || isOver(room.state()?.stage), 10_000);
        else await until("nothing is broken, and nothing more will be", () => isSafe(game), 10_000, 20);
        const tookMs = Date.now() - clickedMs;
        console.log(`        after ${tookMs} ms`);
        expect(tookMs).to.be.below(1000);
        await until("it is over", () => child.exitCode !== null || isOver(facilitator.state()!.stage), 60_000);
        if (child.exitCode === null) child.kill("SIGINT"); // the page need not linger
        const { code, says } = await end;
        // Nothing is left to be called off then: what was measured stands, where there is a runner to tell it.
        const stands = when === "ending" && !how.startsWith("with the runner");
        expect(code, says).to.equal(stands ? 0 : 3);
        if (when !== "raising" && when !== "ready") {
          const verdict = JSON.parse(readFileSync(join(home.dir, "results", "latest", "verdict.json"), "utf8")) as Verdict;
          expect(verdict.result).to.equal(stands ? "pass" : "aborted");
          if (!stands) expect(verdict.findings.map((finding) => finding.says).join("\n")).to.contain("aborted by the room: enough");
        }
        await asBefore();
      });
});
