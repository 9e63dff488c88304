/** The whole foundation under the target's hands: a real micro, prepared, probed at both vantages, fingerprinted, tidied and recovered. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { nowUs, until } from "../../harness/clock.js";
import type { FoundationFacts, PlannedProbe, Running, Sample } from "../../harness/core.js";
import { newFoundation, passingName } from "../../harness/foundation.js";
import { factsOf } from "../../harness/keeper/facts.js";
import { Sampler } from "../../harness/probes/sampler.js";
import { loadEngine } from "../../harness/registry.js";
import { asked } from "./fingerprint.js";
import { prober } from "./prepare.js";
import target from "./target.js";

describe("a micro foundation", function () {
  this.timeout(60_000);
  const state = mkdtempSync(join(tmpdir(), "flounder-target-"));
  const before_ = process.env.XDG_STATE_HOME;
  let running: Running;
  let facts: FoundationFacts;
  const said: string[] = [];
  const fingerprint = () => target.fingerprint(running.topology, running.call, running);

  before(async function () {
    this.timeout(120_000);
    process.env.XDG_STATE_HOME = state;
    const spec = await newFoundation({ id: passingName("target"), system: target, profile: "micro", timeFactor: 20, policy: {}, engine: "local" });
    const engine = await loadEngine("local");
    running = await engine.start(spec, (line) => said.push(line), new AbortController().signal);
    facts = factsOf(spec, running, target);
    await target.prepare(facts, (line) => said.push(line));
  });
  after(async function () {
    this.timeout(60_000);
    await running?.reap();
    rmSync(state, { recursive: true, force: true });
    if (before_ === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before_;
  });

  it("is prepared once: a second time nothing is pushed", async () => {
    const generation = await running.call("router-1", "/table");
    const fromUs = nowUs();
    await target.prepare(facts, () => {});
    expect((nowUs() - fromUs) / 1e6).to.be.below(2);
    expect(await running.call("router-1", "/table")).to.deep.equal(generation);
  });

  it("answers every probe at both vantages, and loses no acknowledged write", async () => {
    const samples: Sample[] = [];
    const acked: string[] = [];
    const planned = target.plannedProbes(running.topology);
    const sampler = new Sampler(planned, target.probes, facts, nowUs(), {
      sample: (sample) => samples.push(sample),
      acked: (write) => acked.push(write),
    });
    sampler.routes(await target.routes(running.topology, running.call, running, facts));
    await sampler.setUp();
    await sampler.start(500);
    const key = ({ probe, from, target: at }: { probe: string; from: string; target: string }) => `${probe} ${from} ${at}`;
    const answered = (one: PlannedProbe) => samples.some((sample) => key(sample) === key(one) && sample.outcome === "ok");
    await until("every probe to be answered", () => planned.every(answered), 30_000, 200).catch(() => {});
    await sampler.end();
    expect(planned.filter((one) => !answered(one)).map(key)).to.deep.equal([]);
    // A busy machine may be too slow for a deadline; anything else would be the foundation's fault.
    const wrong = samples.filter(({ outcome }) => !["ok", "observer", "timeout", "dns"].includes(outcome));
    expect(wrong.map((sample) => `${key(sample)}: ${sample.outcome} ${sample.note}`)).to.deep.equal([]);
    expect(acked.length).to.be.above(5);
    expect(await target.missing(acked, facts)).to.deep.equal([]);
  });

  it("loses no word of its fingerprint to the probes, and is tidied", async () => {
    const first = await fingerprint();
    await target.tidy(facts);
    const { client, spaceGuid } = await prober(facts);
    expect((await client.apps(spaceGuid)).every((app) => app.state === "STOPPED" && /-(a|b|push|scale)$/.test(app.name))).to.equal(true);
    expect(await fingerprint()).to.deep.equal(first);
    expect(first["app-1/0"]).to.equal("RUNNING");
    expect(first["router-1 knows app-1.flounder.test"]).to.equal("yes");
  });

  it("names a write that is gone", async () => {
    const { client, spaceGuid } = await prober(facts);
    const guid = await client.createApp(spaceGuid, "probe-gone");
    await client.remove(guid);
    expect(await target.missing([`app ${guid} exists`], facts)).to.deep.equal([`app ${guid} exists`]);
  });

  it("shows in its fingerprint that somebody changed it", async () => {
    const first = await fingerprint();
    const differs = async () => {
      const now = await fingerprint();
      return [...new Set([...Object.keys(first), ...Object.keys(now)])].filter((word) => first[word] !== now[word]).sort();
    };
    await running.call("router-1", "/table/hold", { hold: true });
    await running.call("router-1", "/table/flush", {});
    expect(await differs())
      .to.include("router-1 table")
      .and.include("router-1 knows app-2.flounder.test");
    await running.call("router-1", "/table/hold", { hold: false });
    await until("the table to be full again", async () => (await differs()).length === 0, 10_000, 200);
  });

  it("sees the bus link of every component that is on the bus carry, and no other", async () => {
    const carries = (from: string) => target.carries?.({ from, to: "nats-1", class: "bus" }, running, new AbortController().signal);
    for (const { name, links } of running.topology.components) if (links.nats) expect(await carries(name), name).to.equal(true);
    expect(await carries("lb-1")).to.equal(false);
    expect(target.carries?.({ from: "cc-1", to: "ccdb-1", class: "state" }, running, new AbortController().signal)).to.equal(undefined);
  });

  it("is not touched by recover() while it is writable, and released by it when it is not", async () => {
    const before = await running.call("cc-1", "/state");
    await target.recover(running.call, running.topology, (line) => said.push(line));
    expect(await running.call("cc-1", "/state")).to.deep.equal(before);
    const mount = running.target("cc-1:lun-1", ["mount"]);
    await mount.can.mount.cut("detach");
    const readOnly = async () => (await asked<{ readOnly: boolean }>(running.call, "cc-1", "/state"))?.readOnly === true;
    await until("the CC to be read-only", readOnly, 20_000, 100);
    const { client } = await prober(facts).catch((error: Error) => ({ client: error }));
    expect(String(client)).to.include("CF-ServiceUnavailable");
    await mount.can.mount.mend();
    await target.recover(running.call, running.topology, (line) => said.push(line));
    expect(await readOnly()).to.equal(false);
    expect(said.at(-1)).to.match(/^released: \d+ blobs verified, 1 CCs writable$/);
  });
});
