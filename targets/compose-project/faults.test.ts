/** Every fault that can be had on a project that is not ours: broken, seen from elsewhere, healed, and all as its owner set it. */
import { expect } from "chai";
import { until } from "../../harness/clock.js";
import type { KeeperClient } from "../../harness/keeper/socket/client.js";
import { broken, injection, needsProject, TestProject } from "./testing/project.js";

/** Node in the container of a service; prints what came of an HTTP request: the status, or the error's code, and the ms that it took. */
const request = (host: string) =>
  `const t = Date.now(); const say = (what) => { console.log(what, Date.now() - t); process.exit(); };
   require("http").get({ host: "${host}", port: 8080, agent: false, timeout: 1500 }, (a) => say(a.statusCode)).on("timeout", () => say("TIMEOUT")).on("error", (e) => say(e.code));`;

describe("faults on an attached Compose project", function () {
  this.timeout(120_000);
  const project = new TestProject();
  let client: KeeperClient;
  let asSet: unknown;
  let fingerprint: unknown;

  before(async function () {
    await needsProject(this);
    await project.up();
    asSet = await project.set();
    client = await project.attach();
    fingerprint = await client.fingerprint();
  });
  after(async () => {
    if (!client) return;
    await client.down();
    expect(await project.set()).to.deep.equal(asSet);
    expect((await project.ask()).ok, "the project goes on").to.equal(true);
    await project.down();
  });

  afterEach(async () => {
    await client?.heal();
  });

  /** From a container that is no end of it, or by the way that users take. */
  const asks = async (service: string, host: string) => project.inside(service, "node", "-e", request(host));
  const cases: readonly { fault: string; target: string; options?: object; seen: () => Promise<boolean> }[] = [
    { fault: "process-kill", target: "db-1", seen: async () => /^(EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|TIMEOUT)/.test(await asks("worker", "db")) },
    { fault: "process-kill", target: "worker-1", seen: async () => !(await project.inspect("worker")).State.Running },
    { fault: "process-pause", target: "db-1", seen: async () => (await asks("worker", "db")).startsWith("TIMEOUT") },
    { fault: "process-pause", target: "worker-1", seen: async () => (await project.inspect("worker")).State.Paused },
    { fault: "link-cut", target: "web-1>db-1", options: { how: "refuse" }, seen: async () => (await project.ask()).says.includes("ECONNREFUSED") },
    { fault: "link-cut", target: "web-1>db-1", options: { how: "reset" }, seen: async () => (await project.ask()).says.includes("ECONNRESET") },
    { fault: "link-cut", target: "web-1>db-1", options: { how: "swallow" }, seen: async () => (await project.ask()).says.includes("db is silent") },
    { fault: "link-latency", target: "web-1>db-1", options: { latencyMs: 250 }, seen: async () => (await project.ask()).ms >= 250 },
    { fault: "link-bandwidth", target: "web-1>db-1", options: { rateKBps: 8 }, seen: async () => (await project.ask()).ok },
    { fault: "isolate", target: "db-1", options: { how: "swallow" }, seen: async () => (await asks("worker", "db")).startsWith("TIMEOUT") },
    { fault: "isolate", target: "db-1", options: { how: "refuse" }, seen: async () => (await asks("worker", "db")).startsWith("ECONNREFUSED") },
    { fault: "isolate", target: "db-1", options: { how: "reset" }, seen: async () => (await asks("worker", "db")).startsWith("ECONNRESET") },
    { fault: "isolate", target: "web-1", options: { how: "swallow" }, seen: async () => (await asks("web", "db")).match(/^(TIMEOUT|EAI_AGAIN)/) !== null },
  ];
  for (const { fault, target, options = {}, seen } of cases)
    it(`${fault} on ${target}${Object.keys(options).length > 0 ? ` ${JSON.stringify(options)}` : ""}`, async () => {
      const one = injection(fault, target, options);
      await broken(client, one);
      expect(await seen(), "seen from elsewhere").to.equal(true);
      const [report] = await client.heal(one.id);
      expect(report, report?.says).to.include({ proved: true });
      await until("users to be served", async () => (await project.ask()).ok, 10_000);
      expect(await client.fingerprint()).to.deep.equal(fingerprint);
      expect(await client.differences()).to.deep.equal([]);
      expect(await project.set()).to.deep.equal(asSet);
    });

  it("a link is one way to one of them: others go on", async () => {
    const one = injection("link-cut", "web-1>db-1", { how: "refuse" });
    await broken(client, one);
    expect(await asks("worker", "db")).to.match(/^200/);
    await client.heal(one.id);
  });
});
