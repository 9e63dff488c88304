/**
 * Seeded rounds: a fault on an attached project, and SIGKILL to its keeper or to whoever injected it, at an instant that the seed chooses. Each time all is as its owner set it.
 * A small share here; npm run soak -- attached --rounds 20 has more.
 */
import { expect } from "chai";
import { ended, startFlounder } from "../../harness/cli/testing/program.js";
import { until } from "../../harness/clock.js";
import { ownTables } from "../../harness/engines/attached/netns.js";
import { ProcessTable } from "../../harness/engines/process-table.js";
import type { KeeperClient } from "../../harness/keeper/socket/client.js";
import { connect, takeOver } from "../../harness/keeper/start.js";
import { seeded } from "../../harness/random.js";
import { needsProject, TestProject } from "./testing/project.js";

const rounds = Number(process.env.FLOUNDER_ATTACHED_ROUNDS || 3);
const seed = Number(process.env.FLOUNDER_ATTACHED_SEED || 1);

const faults = [
  ["process-kill", "db-1"],
  ["process-pause", "web-1"],
  ["link-cut", "web-1>db-1", "how=swallow"],
  ["link-cut", "web-1>db-1", "how=reset"],
  ["link-latency", "web-1>db-1", "latencyMs=300"],
  ["link-bandwidth", "web-1>db-1", "rateKBps=8"],
  ["isolate", "db-1", "how=refuse"],
] as const;

describe("an attached project after SIGKILL", function () {
  this.timeout(60_000 + rounds * 60_000);
  const project = new TestProject();
  let asSet: unknown;

  before(async function () {
    await needsProject(this);
    await project.up();
    asSet = await project.set();
    await (await project.attach())[Symbol.asyncDispose]();
  });
  after(async () => {
    if (asSet === undefined) return;
    await (await takeOver(project.name)).down();
    await project.down();
  });

  const random = seeded(seed);
  const draw = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  for (let round = 1; round <= rounds; round++) {
    const [fault, target, option] = draw(faults);
    const victim = draw(["keeper", "runner"] as const);
    const at = draw(["injecting", "injected"] as const);
    it(`round ${round}: ${fault} on ${target}${option ? ` ${option}` : ""}, its ${victim} is killed when it is ${at}`, async () => {
      const words = ["break", fault, "--on", target, "--for", "60", "--no-measure", "-F", project.name, ...(option ? ["--set", option] : [])];
      const runner = startFlounder(words);
      const over = ended(runner);
      const watcher = await connect(project.name);
      const { pid } = watcher.keeper;
      await until(`${fault} to be ${at}`, async () => (await states(watcher)).some((state) => state === at || state === "injected"), 20_000, 5);
      if (victim === "runner") runner.kill("SIGKILL");
      else process.kill(pid, "SIGKILL");
      await over;
      watcher.hangUp();

      const client = await takeOver(project.name);
      await until("all to be healed", async () => (await client.status()).injections.length === 0, 60_000);
      await until("users to be served", async () => (await project.ask()).ok, 20_000);
      await client.heal();
      expect(await client.differences()).to.deep.equal([]);
      for (const service of ["web", "db", "worker"])
        expect(await ownTables((await project.inspect(service)).State.Pid, project.name), service).to.deep.equal([]);
      expect(await project.set()).to.deep.equal(asSet);
      client.hangUp();
    });
  }

  it("leaves no helper when it is let go of", async () => {
    await (await takeOver(project.name)).down();
    expect(new ProcessTable(project.name, () => []).all()).to.deep.equal([]);
    expect(await project.set()).to.deep.equal(asSet);
    await (await project.attach())[Symbol.asyncDispose]();
  });
});

const states = async (client: KeeperClient): Promise<readonly string[]> => (await client.status()).injections.map(({ state }) => state);
