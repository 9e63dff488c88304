/** What keeps a project that is not ours from harm: who is never broken, how much and how long, and what somebody else does in the middle. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../harness/clock.js";
import { ProcessTable } from "../../harness/engines/process-table.js";
import type { KeeperClient } from "../../harness/keeper/socket/client.js";
import { lookAt } from "../../harness/session/attach.js";
import { broken, injection, needsProject, TestProject } from "./testing/project.js";

const refused = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => expect.fail("it was not refused"),
    (error: Error) => error.message,
  );

describe("an attached project", function () {
  this.timeout(120_000);
  const project = new TestProject();
  let client: KeeperClient;
  const config = (text: string) => {
    const path = join(project.dir, "flounder.config.mjs");
    writeFileSync(path, `export default ${text};\n`);
    return path;
  };

  before(async function () {
    await needsProject(this);
    await project.up({ worker: { labels: { "flounder.protect": "true", "org.flounder.foundation": project.name } } });
    client = await project.attach(config('{ blastRadius: 1, longestS: 30, probes: [{ name: "shop", url: "http://web:8080/", from: "outside" }] }'));
  });
  after(async () => {
    if (!client) return;
    await client.down();
    await project.down();
  });
  afterEach(async () => {
    await client?.heal();
  });

  it("is described before it is attached, and is not touched", async () => {
    const { project: found, asks, targets } = await lookAt(`compose:${project.name}`);
    expect(found.members.map(({ name, ports }) => [name, ports])).to.deep.equal([
      ["db-1", { 8080: "http" }],
      ["web-1", { 8080: "http" }],
      ["worker-1", {}],
    ]);
    expect(asks.map(({ name, from }) => `${name} ${from}`)).to.deep.equal(["web:8080 outside", "web:8080 inside"]);
    expect(targets.filter(({ kind }) => kind === "link").map(({ name }) => name)).to.have.members(["web-1>db-1", "db-1>web-1"]);
  });
  it("says of a project that is not there which there are, and of services that it lacks which it has", async () => {
    expect(await refused(lookAt("compose:surely-not")))
      .to.contain("there is no Compose project")
      .and.to.contain(project.name);
    expect(await refused(lookAt("surely-not"))).to.contain("cannot be attached");
    expect(await refused(lookAt(`compose:${project.name}`, config('{ protect: ["wbe"] }')))).to.contain("wbe");
    expect(await refused(lookAt(`compose:${project.name}`, config("{ protects: [] }")))).to.contain("protects");
  });
  it("never breaks what is protected, nor what leads to it", async () => {
    expect(await refused(client.inject(injection("process-kill", "worker-1")))).to.contain("worker-1");
    expect((await client.targets()).filter(({ name }) => name.includes("worker")).map(({ name, can }) => [name, can])).to.deep.equal([["worker-1", []]]);
  });
  it("only what is allowed is offered, where the config says so", async () => {
    const { targets } = await lookAt(`compose:${project.name}`, config('{ allow: ["db"] }'));
    expect(targets.filter(({ can }) => can.length > 0).map(({ name }) => name)).to.deep.equal(["db-1"]);
  });
  it("takes no more injections at a time than its config allows, and none that is longer", async () => {
    expect(await refused(client.inject(injection("process-pause", "db-1", {}, 31)))).to.contain("longestS");
    await broken(client, injection("process-pause", "db-1", {}, 30));
    expect(await refused(client.inject(injection("process-pause", "web-1", {}, 30)))).to.contain("blastRadius");
  });
  it("is attached once", async () => {
    expect(await refused(project.attach())).to.contain("attached already");
  });

  it("a container that is started anew in the middle is healed with it", async () => {
    const one = injection("link-cut", "web-1>db-1", { how: "swallow" }, 30);
    await broken(client, one);
    await project.docker.getContainer(await project.id("db")).restart({ t: 0 });
    await until("users to be served", async () => (await project.ask()).ok, 20_000);
    const [report] = await client.heal(one.id);
    expect(report, report?.says).to.include({ proved: true });
    expect(await client.differences()).to.deep.equal([]);
  });
  it("a project that is taken down in the middle leaves nothing of ours, and can be let go of", async () => {
    const one = injection("link-latency", "web-1>db-1", { latencyMs: 300 }, 30);
    await broken(client, one);
    await project.compose("stop", "-t", "1");
    await project.compose("rm", "-f");
    const [report] = await client.heal(one.id);
    expect(report, report?.says).to.include({ proved: true });
    expect(await client.differences()).to.deep.equal([]);
    await client.down();
    expect(new ProcessTable(project.name, () => []).all()).to.deep.equal([]);
    await project.compose("up", "-d");
    await until("web to answer", async () => (await project.ask()).ok, 30_000);
    client = await project.attach();
  });
});
