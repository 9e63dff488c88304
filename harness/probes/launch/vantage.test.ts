/** Probers where their vantages are: on this machine, and in containers. The latter where Docker is; FLOUNDER_DOCKER=1 makes its absence a failure. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { nowUs, until } from "../../clock.js";
import type { FoundationFacts, PlannedProbe, Route, Sample, Vantage } from "../../core.js";
import { dist } from "../../paths.js";
import { unpackMembers } from "../../results/gzip-members.js";
import type { ProberReport } from "../protocol.js";
import { type ContainerSite, containerSite, docker, lacking } from "../testing/container-site.js";
import { startAtVantages } from "./child.js";
import { Combined, type ObserverHealth } from "./combined.js";

const vantages = ["outside", "inside"] as const;
const targets = { outside: "app-1", inside: "app-1/0" };
const probe = (from: Vantage): PlannedProbe => ({ probe: "app", plane: "data", from, target: targets[from], periodMs: 25, deadlineMs: 500, phaseMs: 0 });
/** Starting a container may take seconds on a busy machine. */
const longMs = 120_000;

/** Where a test's probers are, and whom they ask. */
interface Place {
  readonly facts: Pick<FoundationFacts, "id" | "vantages">;
  url(from: Vantage): string;
}

/** What every way of starting probers must do. */
function conforms(place: () => Place): void {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-vantage-, "));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("ask from both vantages, follow their routes, and keep all that they say in one file", async function () {
    this.timeout(longMs);
    const { facts } = place();
    const start = startOf(place(), dir);
    const heard: Sample[] = [];
    const healths: ObserverHealth[] = [];
    const troubles: string[] = [];
    const health = new Combined(facts.vantages ? 2 : 1, (all) => void healths.push(all));
    const listener = {
      samples: (batch: readonly Sample[]) => void heard.push(...batch),
      report: (report: ProberReport, index: number) => health.said(report, index),
      trouble: (says: string) => void troubles.push(says),
    };
    const prober = startAtVantages(start, listener, facts);
    try {
      await prober.ready;
      const ok = (from: Vantage) => heard.filter((sample) => sample.from === from && sample.outcome === "ok").length;
      await until("answers at both vantages", () => vantages.every((from) => ok(from) > 40), 60_000);
      prober.routes(start.ask.routes.map((route) => (route.from === "inside" ? { ...route, url: "" } : route)));
      const since = nowUs() - start.zeroUs;
      const refused = () => heard.filter((sample) => sample.dueUs > since && sample.outcome === "refused");
      await until("refusals", () => refused().length > 10, 30_000);
      expect(new Set(refused().map(({ from }) => from))).to.deep.equal(new Set(["inside"]));
    } finally {
      await prober.end();
      health.end();
    }
    const key = (sample: Sample) => `${sample.from} ${sample.seq}`;
    const stored = storedIn(start.samplesFile);
    expect(stored.map(key).sort()).to.deep.equal(heard.map(key).sort());
    expect(healths.at(-1)!.samples).to.equal(heard.length);
    expect(troubles).to.deep.equal([]);
  });
}

function startOf(place: Place, dir: string) {
  const route = (from: Vantage): Route => ({ from, target: targets[from], url: place.url(from), host: "app-1.test", resolvers: [] });
  const samplesFile = join(dir, "samples.jsonl.gz");
  const credentials = { user: "", password: "" };
  const ask = { system: "foundry", probes: vantages.map(probe), routes: vantages.map(route), credentials };
  return { zeroUs: nowUs(), ask, tell: "samples", samplesFile, warmUpMs: 200 } as const;
}
const storedIn = (file: string): Sample[] =>
  unpackMembers(readFileSync(file))
    .text.split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Sample);

describe("probers on this machine", () => {
  let server: Server;
  before(async () => {
    server = createServer((request, response) => {
      const nonce = new URL(request.url!, "http://app").searchParams.get("nonce");
      response.end(JSON.stringify({ nonce, app: "app-1", index: 0 }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());
  conforms(() => ({ facts: { id: "here" }, url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});

const missing = await lacking();
if (missing && process.env.FLOUNDER_DOCKER === "1")
  describe("probers in containers", () => {
    it("have what they need, since FLOUNDER_DOCKER=1 says so", () => expect(missing).to.equal(""));
  });
else if (missing) describe.skip(`probers in containers: ${missing}`, () => conforms(() => ({ facts: { id: "" }, url: () => "" })));
else
  describe("probers in containers", () => {
    let site: ContainerSite;
    let dir: string;
    const facts = () => ({ id: site.id, vantages: site.vantages });
    before(async function () {
      this.timeout(longMs);
      site = await containerSite(`vantage-${process.pid}`);
      dir = mkdtempSync(join(tmpdir(), "flounder-vantages-"));
    });
    after(async function () {
      this.timeout(longMs);
      await site?.close();
      if (dir) rmSync(dir, { recursive: true, force: true });
    });
    const gone = () => until("the probers' containers to be gone", async () => (await site.probers()).length === 0, 60_000, 200);

    conforms(() => ({ facts: facts(), url: site.url }));

    it("are each on its own network, and may do little there", async function () {
      this.timeout(longMs);
      await gone();
      const quiet = {};
      const prober = startAtVantages(startOf({ facts: facts(), url: site.url }, dir), quiet, facts());
      try {
        await prober.ready;
        const ids = await site.probers();
        const said = JSON.parse(await docker("inspect", ...ids)) as Inspected[];
        const addresses = said.flatMap(({ NetworkSettings: { Networks } }) => Object.entries(Networks).map(([name, { IPAddress }]) => ({ name, IPAddress })));
        expect(addresses.map(({ name }) => name).sort()).to.deep.equal(vantages.map((from) => site.vantages[from].network).sort());
        expect([...(await site.askers())]).to.include.members(addresses.map(({ IPAddress }) => IPAddress));
        for (const { HostConfig, Mounts } of said) {
          expect([HostConfig.Privileged, HostConfig.CapAdd, HostConfig.CapDrop]).to.deep.equal([false, null, ["ALL"]]);
          expect(Mounts.filter(({ RW }) => RW).map(({ Source }) => Source)).to.deep.equal([join(dir, "samples.jsonl.gz")]);
        }
      } finally {
        await prober.end();
      }
    });

    it("end by themselves after their last flush when the runner is killed", async function () {
      this.timeout(longMs);
      await gone();
      const start = startOf({ facts: facts(), url: site.url }, dir);
      const script = join(dist, "harness", "probes", "testing", "runner.js");
      const runner = spawn(process.execPath, [script, JSON.stringify({ start, facts: facts() })], { stdio: ["ignore", "pipe", "inherit"] });
      const exited = once(runner, "exit");
      await once(runner.stdout, "data");
      expect(await site.probers()).to.have.length(2);
      runner.kill("SIGKILL");
      const killedUs = nowUs() - start.zeroUs;
      await exited;
      await gone();
      const stored = storedIn(start.samplesFile);
      for (const from of vantages)
        expect(Math.max(...stored.filter((sample) => sample.from === from).map(({ dueUs }) => dueUs))).to.be.above(killedUs - 500_000);
    });

    it("that cannot be started say why in one error, and nothing is left", async function () {
      this.timeout(longMs);
      const outside = { ...site.vantages.outside, image: "flounder/none:none" };
      const troubles: string[] = [];
      const listener = { trouble: (says: string) => void troubles.push(says) };
      const prober = startAtVantages(startOf({ facts: facts(), url: site.url }, dir), listener, { id: site.id, vantages: { ...site.vantages, outside } });
      const error = await prober.ready.then(
        () => undefined,
        (reason: Error) => reason.message,
      );
      await prober.end();
      await gone();
      expect(error).to.match(/^the prober outside ended \(exit 125: .*No such image: flounder\/none:none\)$/);
      expect(troubles).to.deep.equal([error]);
    });

    it("are refused before anything is started where their samples cannot be written", async () => {
      const start = { ...startOf({ facts: facts(), url: site.url }, dir), samplesFile: join(dir, "none", "samples.jsonl.gz") };
      expect(() => startAtVantages(start, {}, facts())).to.throw("cannot be written: ENOENT");
      expect(existsSync(start.samplesFile)).to.equal(false);
      expect(await site.probers()).to.deep.equal([]);
    });
  });

interface Inspected {
  readonly HostConfig: { readonly Privileged: boolean; readonly CapAdd: readonly string[] | null; readonly CapDrop: readonly string[] };
  readonly Mounts: readonly { readonly Source: string; readonly RW: boolean }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}
