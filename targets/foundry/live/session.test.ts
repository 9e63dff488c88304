/** What else happens to a foundation while a run is under way on it: a run by somebody else, a deed by hand, an abort, the death of its keeper. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { nowUs } from "../../../harness/clock.js";
import type { Event, Scenario } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { connect, listFoundations, takeOver } from "../../../harness/keeper/start.js";
import { attachTo, raise } from "../../../harness/session/foundation.js";
import { runSession } from "../../../harness/session/session.js";
import { passingName } from "../../../harness/state/foundation.js";
import foundry from "../target.js";
import { openHome } from "../testing/live-foundation.js";
import { prober } from "../workload/prepare.js";
import { controlTargets, standingApps } from "../workload/sample-apps.js";

const scenario = (forS: number): Scenario => ({
  name: "nothing",
  says: "nothing is broken",
  giveUpS: 120,
  foundation: { profile: "micro", timeFactor: 20 },
  acts: [{ id: "nothing", fault: "noop", options: {}, on: { of: "router", pick: "one" }, forS }],
  must: [],
});

describe("a run on a foundation that stays", function () {
  this.timeout(120_000);
  let home: ReturnType<typeof openHome>;
  let client: KeeperClient;
  const name = passingName("stays");
  before(async () => {
    home = openHome("session");
    client = await raise({ id: name, system: foundry, profile: "micro", timeFactor: 20, policy: {}, engine: "local" }, () => {}, { stays: true });
  });
  after(async () => {
    await (await takeOver(name)).down();
    home.close();
  });
  /** Does something as soon as turbulence begins; resolves with the outcome and with what was done. */
  async function run<T>(forS: number, meanwhile: () => Promise<T>, signal?: AbortSignal) {
    let doing: Promise<T> | undefined;
    const begin = (event: Event) => {
      if (event.kind === "act" && event.state === "begins") doing ??= meanwhile();
    };
    const outcome = await runSession({
      work: { scenario: scenario(forS), seed: 1 },
      foundation: attachTo(name),
      resultsDir: join(home.dir, "results"),
      observers: [{ event: begin }],
      signal,
    });
    if (!doing) throw new Error(`turbulence never began: ${outcome.invalid.join("; ")}`);
    return { outcome, done: await doing };
  }

  // two of anything at once: a second run, and a break by hand, while a run is under way
  it("refuses a second one, and names what was injected by hand: nobody's verdict is wrong", async () => {
    const { outcome, done } = await run(1, async () => {
      await using other = await connect(name, { lease: true });
      await other.call("router-1", "/table/hold", { hold: false }); // as an operator's verb does
      await other.inject({ id: "by hand", act: "break", fault: "noop", options: {}, target: "cc-1", atS: 0, maxS: 1 });
      return run(1, async () => {}).catch((error: unknown) => error);
    });
    expect(done).to.be.instanceOf(FlounderError);
    expect((done as FlounderError).code).to.equal("owned");
    expect((done as FlounderError).message).to.match(
      new RegExp(`^flounder run nothing is refused: flounder run nothing \\(process ${process.pid}\\) has this`),
    );
    expect(outcome.verdict.result).to.equal("inconclusive");
    expect(outcome.invalid, outcome.invalid.join("\n")).to.have.length(2);
    const by = `by .* \\(process ${process.pid}\\), not by the plan$`;
    expect(outcome.invalid[0]).to.match(new RegExp(`^/table/hold was sent to router-1 ${by}`));
    expect(outcome.invalid[1]).to.match(new RegExp(`^noop on cc-1 was injected ${by}`));
    expect(outcome.about.foundation).to.deep.equal({ id: name, attached: true });
    expect(outcome.about.versions["nats-server"]).to.match(/^2\.\d+\.\d+$/);
    expect(outcome.about.versions.postgres).to.match(/^1\d\.\d+$/);
    expect(outcome.about.versions.toxiproxy).to.match(/^2\.\d+\.\d+$/);
    expect((await client.status()).writer, "it has let go").to.equal(null);
  });

  it("that is aborted leaves none of the probes' apps, and ends at once", async () => {
    const abort = new AbortController();
    let fromUs = 0;
    const { outcome } = await run(
      60,
      async () => {
        fromUs = nowUs();
        abort.abort(new Error("enough"));
      },
      abort.signal,
    );
    expect([outcome.verdict.result, outcome.aborted]).to.deep.equal(["aborted", "enough"]);
    expect((nowUs() - fromUs) / 1e6, "seconds").to.be.below(25);
    const facts = await client.facts();
    const { client: developer, spaceGuid } = await prober(facts);
    const apps = await developer.apps(spaceGuid);
    expect(apps.map((app) => app.name).sort()).to.deep.equal([...standingApps(controlTargets(facts.components))].sort());
    expect(apps.filter((app) => app.state === "STARTED")).to.deep.equal([]);
  });

  // the keeper dies: kill -9 of the keeper while a run waits for its act to be over
  it("whose keeper is killed ends at once, and the foundation has a keeper again", async () => {
    let fromUs = 0;
    const { outcome } = await run(60, async () => {
      fromUs = nowUs();
      process.kill(client.keeper.pid, "SIGKILL");
    });
    expect(outcome.brokenOff).to.match(new RegExp(`^the keeper of ${name} is gone`));
    expect(outcome.defect).to.equal(undefined);
    expect(outcome.verdict.result).to.equal("inconclusive");
    expect((nowUs() - fromUs) / 1e6, "seconds").to.be.below(25);
    expect((await listFoundations()).find(({ id }) => id === name)).to.include({ alive: true });
    await using next = await connect(name);
    expect((await next.status()).injections).to.deep.equal([]);
    rmSync(join(home.dir, "results"), { recursive: true, force: true });
  });
});
