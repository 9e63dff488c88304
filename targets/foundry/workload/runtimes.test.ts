/** Runtimes on a real foundation whose DEAs are configured differently: an app goes where its runtime is, and is told why when that is nowhere. */
import { join } from "node:path";
import { expect } from "chai";
import { request } from "undici";
import { until } from "../../../harness/clock.js";
import { root } from "../../../harness/paths.js";
import { entrancesOf } from "../front-door.js";
import type { Instance } from "../readings/fingerprint.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { topology } from "../topology.js";
import { type AppFile, appFiles } from "./app-bits.js";
import type { CfClient } from "./cf-client.js";
import { prober } from "./prepare.js";

const shape = {
  ...{ cc: 1, dea: 3, router: 1, lb: 1, dns: 1, cabinets: ["cabinet-a"], lunsPerCabinet: 1 },
  runtimes: [["node", "static"], ["node", "static", "python"], ["node"]],
} as const;
interface Stat {
  readonly index: number;
  readonly state: string;
  readonly details: string | null;
}

describe("runtimes of DEAs", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "runtimes", shape });
  let client: CfClient;
  let space: string;

  const filesOf = (app: string) => appFiles(join(root, "targets", "foundry", "apps", app));
  const started = async (name: string, files: readonly AppFile[], more: { buildpack: string; command?: string; instances?: number }) => {
    const guid = await client.push(space, { name, instances: more.instances ?? 1, memoryMb: 32, route: true, ...more }, files);
    await client.start(guid);
    return guid;
  };
  const stats = async (guid: string) => (await client.stats(guid)) as readonly Stat[];
  /** Which DEAs have RUNNING instances of it. */
  const where = async (name: string): Promise<readonly string[]> => {
    const deas = live.running.topology.components.filter(({ role }) => role === "dea").map((dea) => dea.name);
    const found = await Promise.all(
      deas.map(async (dea) =>
        ((await live.running.call(dea, "/instances")) as readonly Instance[]).filter((one) => one.name === name && one.state === "RUNNING").map(() => dea),
      ),
    );
    return found.flat();
  };

  before(async () => {
    ({ client, spaceGuid: space } = await prober(live.facts));
  });

  it("an app whose runtime one DEA alone has lands there, every instance", async function () {
    if (!((await live.running.call("dea-2", "/varz")) as { runtimes: readonly string[] }).runtimes.includes("python")) {
      console.log("      skipped: there is no python3 here");
      return this.skip();
    }
    await started("snake", await filesOf("python"), { buildpack: "python_buildpack", instances: 3 });
    await until("three to run", async () => (await where("snake")).length === 3, 20_000, 100);
    expect(await where("snake")).to.deep.equal(["dea-2", "dea-2", "dea-2"]);
    const said = async () => {
      const answer = await request(`${entrancesOf(live.facts).router}/?nonce=n1`, { headers: { host: `snake.${live.facts.domain}` } });
      return answer.statusCode === 200 ? ((await answer.body.json()) as Record<string, string>) : {};
    };
    await until("it to answer at the front door", async () => (await said()).nonce === "n1", 10_000, 100);
    expect(await said()).to.include({ app: "snake", dea: "dea-2" });
    expect((await said()).python, "a real Python").to.match(/^3\.\d+/);
  });

  // seed: frameworks and runtimes <- no DEA has the runtime that an app needs
  it("an app whose runtime no DEA has is placed nowhere, and its stats say why", async () => {
    const guid = await started("bare", await filesOf("echo"), { buildpack: "binary_buildpack", command: "node server.js" });
    await until("the reason to be told", async () => (await stats(guid))[0]!.details !== null, 15_000, 200);
    const [stat] = await stats(guid);
    expect(stat).to.include({ state: "DOWN" });
    expect(stat!.details).to.match(/^insufficient resources: no DEA has the runtime binary; there are node, (python, )?static$/);
    expect(await where("bare")).to.deep.equal([]);

    // The same bits for a runtime that is there: it runs, and the reason is gone.
    await client.stop(guid);
    await started("bare", await filesOf("echo"), { buildpack: "nodejs_buildpack" });
    await until("it to run", async () => (await where("bare")).length === 1, 20_000, 100);
    expect((await stats(guid))[0]).to.include({ state: "RUNNING", details: null });
  });

  it("an app that no DEA has memory for is told that instead", async () => {
    const guid = await client.push(
      space,
      { name: "huge", instances: 1, memoryMb: 8000, buildpack: "staticfile_buildpack", route: false },
      await filesOf("static"),
    );
    await client.start(guid);
    await until("the reason to be told", async () => (await stats(guid))[0]!.details !== null, 15_000, 200);
    expect((await stats(guid))[0]!.details).to.equal("insufficient resources: of 2 DEAs with the runtime static none has a slot and 8000 MB of memory");
  });

  // seed: frameworks and runtimes <- the buildpack is unknown, or is not told how to start
  it("a buildpack that is unknown, or that is not told how to start, fails the staging with its reason", async () => {
    const refused = async (name: string, buildpack: string, files: readonly AppFile[]) => {
      const pushed = client.push(space, { name, instances: 1, memoryMb: 16, buildpack, route: false }, files);
      expect(
        await pushed.then(
          () => "staged",
          () => "refused",
        ),
      ).to.equal("refused");
      const app = await client.app(space, name);
      return ((await client.call("GET", `/v3/builds?app_guids=${app!.guid}`)).json as { resources: { error: string }[] }).resources[0]!.error;
    };
    const python = (await filesOf("python")).filter(({ path }) => path !== "Procfile");
    expect(await refused("mute", "python_buildpack", python)).to.equal("python_buildpack: no start command: give one with -c, or in a Procfile");
    expect(await refused("odd", "cobol_buildpack", python)).to.match(/^Buildpack "cobol_buildpack" is unknown; there are nodejs_buildpack, /);
  });
});

describe("what profiles offer to apps", () => {
  const deasOf = (profile: string) => topology(profile, 20, {}).components.filter(({ role }) => role === "dea");
  it("com has DEAs that are configured differently, each runtime on more than one", () => {
    const runtimes = deasOf("com").map(({ env }) => env.RUNTIMES!.split(","));
    for (const has of runtimes) expect(has).to.include.members(["node", "static"]);
    for (const name of ["python", "binary"])
      expect(
        runtimes.filter((has) => has.includes(name)),
        name,
      ).to.have.length(2);
    // Not all on one LUN: a LUN that is lost must not take a runtime with it.
    for (const name of ["python", "binary"])
      expect(new Set(deasOf("com").flatMap(({ env, mounts }) => (env.RUNTIMES!.includes(name) ? Object.keys(mounts) : []))), name).to.have.property("size", 2);
  });
  it("all others have all of them everywhere, and only micro has no services", () => {
    for (const profile of ["micro", "org"]) for (const { env } of deasOf(profile)) expect(env).to.not.have.property("RUNTIMES");
    const gateways = (profile: string) =>
      topology(profile, 20, {})
        .components.filter(({ role }) => role === "service")
        .map(({ name }) => name);
    for (const profile of ["org", "com", "com-fixed"]) expect(gateways(profile), profile).to.deep.equal(["service-1"]);
    expect(gateways("micro")).to.deep.equal([]);
  });
});
