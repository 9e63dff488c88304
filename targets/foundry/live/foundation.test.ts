/** The whole foundation under the target's hands: a real micro, prepared, probed at both vantages, fingerprinted, tidied and recovered. */
import { createHmac } from "node:crypto";
import { expect } from "chai";
import pg from "pg";
import { nowUs, until } from "../../../harness/clock.js";
import type { PlannedProbe, Sample } from "../../../harness/core.js";
import { plannedSource } from "../../../harness/probes/planned-source.js";
import { OpenLoop } from "../../../harness/probes/schedule/open-loop.js";
import { asked } from "../readings/fingerprint.js";
import target from "../target.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { prober } from "../workload/prepare.js";

describe("a micro foundation", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "target", prepared: true });
  const fingerprint = () => target.fingerprint(live.running.topology, live.running.call, live.running);

  it("is prepared once: a second time nothing is pushed", async () => {
    const generation = await live.running.call("router-1", "/table");
    const fromUs = nowUs();
    await target.prepare(live.facts, () => {});
    expect((nowUs() - fromUs) / 1e6).to.be.below(2);
    expect(await live.running.call("router-1", "/table")).to.deep.equal(generation);
  });

  it("answers every probe at both vantages, and loses no acknowledged write", async () => {
    const samples: Sample[] = [];
    const acked: string[] = [];
    const planned = target.plannedProbes(live.running.topology);
    const source = plannedSource({ planned, probes: target.probes, credentials: live.facts, zeroUs: nowUs(), acked: (write) => acked.push(write) });
    const loop = new OpenLoop(source.questions, (sample) => samples.push(JSON.parse(source.json(sample)) as Sample));
    source.routes(await target.routes(live.running.topology, live.running.call, live.running, live.facts));
    await source.setUp();
    await loop.start(500_000);
    const key = ({ probe, from, target: at }: { probe: string; from: string; target: string }) => `${probe} ${from} ${at}`;
    const answered = (one: PlannedProbe) => samples.some((sample) => key(sample) === key(one) && sample.outcome === "ok");
    await until("every probe to be answered", () => planned.every(answered), 30_000, 200).catch(() => {});
    await loop.end();
    expect(planned.filter((one) => !answered(one)).map(key)).to.deep.equal([]);
    // A busy machine may be too slow for a deadline; anything else would be the foundation's fault.
    const wrong = samples.filter(({ outcome }) => !["ok", "observer", "timeout", "dns"].includes(outcome));
    expect(wrong.map((sample) => `${key(sample)}: ${sample.outcome} ${sample.note}`)).to.deep.equal([]);
    expect(acked.length).to.be.above(5);
    expect(await target.missing(acked, live.facts, live.running.call)).to.deep.equal([]);
  });

  it("loses no word of its fingerprint to the probes, and is tidied", async () => {
    const first = await fingerprint();
    await target.tidy(live.facts);
    const { client, spaceGuid } = await prober(live.facts);
    expect((await client.apps(spaceGuid)).every((app) => app.state === "STOPPED" && /-(a|b|push|scale)$/.test(app.name))).to.equal(true);
    expect(await fingerprint()).to.deep.equal(first);
    expect(first["app-1/0"]).to.equal("RUNNING");
    expect(first["router-1 knows app-1.flounder.test"]).to.equal("yes");
  });

  it("names a write that is gone", async () => {
    const { client, spaceGuid } = await prober(live.facts);
    const guid = await client.createApp(spaceGuid, "probe-gone");
    await client.remove(guid);
    expect(await target.missing([`app ${guid} exists`], live.facts, live.running.call)).to.deep.equal([`app ${guid} exists`]);
  });

  // seed: CCDB and its backup <- one row is deleted by hand in SQL, and the CCDB is killed afterwards
  it("names exactly the one whose row was deleted by hand in SQL, also after the CCDB was restarted", async () => {
    const { client, spaceGuid } = await prober(live.facts);
    const guids = await Promise.all(["one", "two", "three"].map((name) => client.createApp(spaceGuid, `probe-row-${name}`)));
    const writes = guids.map((guid) => `app ${guid} exists`);
    expect(await target.missing(writes, live.facts, live.running.call)).to.deep.equal([]);
    const password = createHmac("sha256", live.spec.secret).update("ccdb-password").digest("hex");
    const sql = new pg.Client({ ...live.running.direct("ccdb-1", "pg"), user: "foundry", database: "ccdb", password });
    await sql.connect();
    try {
      expect((await sql.query("delete from apps where guid = $1", [guids[1]])).rowCount).to.equal(1);
    } finally {
      await sql.end();
    }
    expect(await target.missing(writes, live.facts, live.running.call)).to.deep.equal([writes[1]]);
    const { process: life } = live.running.target("ccdb-1", ["process"]).can;
    await life.kill("node");
    expect(await target.missing(writes, live.facts, live.running.call).catch((error: Error) => error.message)).to.match(/no CC could be asked/);
    await life.start();
    let missing: readonly string[] = [];
    await until(
      "the CC to read its database again",
      async () => {
        missing = await target.missing(writes, live.facts, live.running.call);
        return true;
      },
      15_000,
      200,
    );
    expect(missing).to.deep.equal([writes[1]]);
    await until("the API to go on", async () => (await client.apps(spaceGuid)).some(({ guid }) => guid === guids[0]), 15_000, 200);
    for (const guid of [guids[0], guids[2]]) await client.remove(guid!);
  });

  // seed: droplet and its start/stop scripts <- what the start script runs ends at once, again and again
  it("an app whose start script fails crashes, is started again, and is told to be FLAPPING", async () => {
    const { client, spaceGuid } = await prober(live.facts);
    const bus = await live.bus();
    try {
      const ended: { readonly reason: string; readonly exit_status: number }[] = [];
      const alerts: string[] = [];
      let app = "";
      bus.subscribe("droplet.exited", { callback: (_, message) => void (message.json<{ droplet: string }>().droplet === app && ended.push(message.json())) });
      bus.subscribe("hm.alerts", { callback: (_, message) => void alerts.push(message.json<{ says: string }>().says) });
      const files = [{ path: "package.json", mode: 0o644, content: Buffer.from("{}") }];
      const spec = { name: "probe-flapping", instances: 1, memoryMb: 16, buildpack: "nodejs_buildpack", command: "exit 3", route: false };
      app = await client.push(spaceGuid, spec, files);
      await client.start(app);
      await until("the alert", () => alerts.some((says) => says.includes("probe-flapping/0 is flapping after 4 crashes")), 30_000, 50);
      expect(ended.map(({ reason, exit_status }) => [reason, exit_status])).to.deep.equal([1, 2, 3, 4].map(() => ["CRASHED", 3]));
      const asked = JSON.stringify({ droplet: app, state: "FLAPPING" });
      const told = (await bus.request("healthmanager.status", asked, { timeout: 2000 })).json<{ indices: readonly { readonly index: number }[] }>();
      expect(told.indices.map(({ index }) => index)).to.deep.equal([0]);
      await client.remove(app);
    } finally {
      await bus.close();
    }
  });

  it("shows in its fingerprint that somebody changed it", async () => {
    const first = await fingerprint();
    const differs = async () => {
      const now = await fingerprint();
      return [...new Set([...Object.keys(first), ...Object.keys(now)])].filter((word) => first[word] !== now[word]).sort();
    };
    await live.running.call("router-1", "/table/hold", { hold: true });
    await live.running.call("router-1", "/table/flush", {});
    expect(await differs())
      .to.include("router-1 table")
      .and.include("router-1 knows app-2.flounder.test");
    await live.running.call("router-1", "/table/hold", { hold: false });
    await until("the table to be full again", async () => (await differs()).length === 0, 10_000, 200);
  });

  it("sees the bus link of every component that is on the bus carry, and no other", async () => {
    const carries = (from: string) => target.carries?.({ from, to: "nats-1", class: "bus" }, live.running, new AbortController().signal);
    for (const { name, links } of live.running.topology.components) if (links.nats) expect(await carries(name), name).to.equal(true);
    expect(await carries("lb-1")).to.equal(false);
    expect(target.carries?.({ from: "cc-1", to: "ccdb-1", class: "state" }, live.running, new AbortController().signal)).to.equal(undefined);
  });

  it("is not touched by recover() while it is writable, and released by it when it is not", async () => {
    const before = await live.running.call("cc-1", "/state");
    await target.recover(live.running.call, live.running.topology, live.say);
    expect(await live.running.call("cc-1", "/state")).to.deep.equal(before);
    const mount = live.running.target("cc-1:lun-1", ["mount"]);
    await mount.can.mount.cut("detach");
    const readOnly = async () => (await asked<{ readOnly: boolean }>(live.running.call, "cc-1", "/state"))?.readOnly === true;
    await until("the CC to be read-only", readOnly, 20_000, 100);
    const { client } = await prober(live.facts).catch((error: Error) => ({ client: error }));
    expect(String(client)).to.include("CF-ServiceUnavailable");
    await mount.can.mount.mend();
    await target.recover(live.running.call, live.running.topology, live.say);
    expect(await readOnly()).to.equal(false);
    expect(live.said.at(-1)).to.match(/^released: \d+ blobs verified, 1 CCs writable$/);
  });
});
