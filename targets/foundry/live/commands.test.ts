/** The command line at a foundation that is up: what was not approved does not run on it, and a run heals it and leaves it up. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { connect as dialBus } from "nats";
import { ended, startFlounder } from "../../../harness/cli/testing/program.js";
import { until } from "../../../harness/clock.js";
import type { Event } from "../../../harness/core.js";
import type { FlounderError } from "../../../harness/errors.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { connect } from "../../../harness/keeper/start.js";
import { root } from "../../../harness/paths.js";
import { operator } from "../operator/operator.js";
import { openHome } from "../testing/live-foundation.js";
import { topology } from "../topology.js";

/** A scenario of somebody's own, as docs/scenarios.md has it. */
const scenario = (name: string, forS: number): string => `
import { act, type Scenario } from "flounder";
import routerFlush from "flounder/faults/router-flush";

export default {
  name: "${name}",
  says: "the routing table is held empty",
  foundation: { profile: "micro", timeFactor: 20 },
  acts: [act(routerFlush, { of: "router", pick: 1 }, { id: "table", forS: ${forS} }, { hold: true })],
  must: [{ plane: "data", from: "outside", lostS: { min: 0.3, max: 10 } }],
  giveUpS: 120,
} satisfies Scenario;
`;

describe("the command line at a foundation that is up", function () {
  this.timeout(90_000);
  let home: ReturnType<typeof openHome>;
  const name = "guarded";
  let client: KeeperClient;
  let fingerprint: Readonly<Record<string, string>>;
  const events: Event[] = [];

  const flounder = (...words: string[]) => startFlounder(words, { cwd: home.dir });
  const run = (path: string, ...more: string[]) => flounder("run", path, "--seed", "3", "--foundation", name, ...more);
  const digestOf = async (path: string) => (JSON.parse((await ended(flounder("plan", path, "--seed", "3"))).out) as { digest: string }).digest;
  const injected = () => events.filter((event) => event.kind === "injecting").length;
  /** Up, nothing broken, and configuration and desired state as they were. */
  async function asBefore(): Promise<void> {
    const { up, injections } = await client.status();
    expect(up).to.equal(true);
    expect(injections.filter((one) => one.state !== "healed")).to.deep.equal([]);
    await until("the fingerprint to be as before", async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(fingerprint), 10_000, 200);
  }

  before(async function () {
    this.timeout(120_000);
    home = openHome("commands");
    writeFileSync(join(home.dir, "blink.ts"), scenario("blink", 1));
    writeFileSync(join(home.dir, "stare.ts"), scenario("stare", 60));
    const { code, says } = await ended(flounder("up", "--profile", "micro", "--name", name, "--protect"));
    expect(code, says).to.equal(0);
    client = await connect(name);
    fingerprint = await client.fingerprint();
    void (async () => {
      for await (const event of client.events()) events.push(event);
    })().catch(() => {});
  });
  after(async function () {
    this.timeout(60_000);
    await client?.down();
    home?.close();
  });

  it("env gives a client the API, and a router of somebody else's the bus, as a shell reads it and as JSON", async () => {
    const { out, code } = await ended(flounder("env", "--foundation", name, "--json"));
    expect(code).to.equal(0);
    const env = JSON.parse(out) as Record<string, string>;
    for (const [variable] of readFileSync(join(root, "docs", "joining.md"), "utf8").matchAll(/\b(?:CF|NATS)_[A-Z]+\b/g)) expect(env).to.have.property(variable);
    const { out: lines } = await ended(flounder("env", "--foundation", name));
    const shell = spawn("sh", ["-c", 'eval "$LINES"; printf "%s|%s|%s" "$CF_API" "$CF_PASSWORD" "$NATS_PASSWORD"'], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, LINES: lines },
    });
    expect((await ended(shell)).out).to.equal(`${env.CF_API}|${env.CF_PASSWORD}|${env.NATS_PASSWORD}`);
    const { endpoints, password } = await client.facts();
    expect(env).to.include({ CF_API: endpoints.api, CF_PASSWORD: password, NATS_USER: "gorouter" });
    // As a gorouter does: it hears registrations, and is greeted like a router.
    const bus = await dialBus({ servers: `${env.NATS_HOST}:${env.NATS_PORT}`, user: env.NATS_USER!, pass: env.NATS_PASSWORD!, reconnect: false });
    const heard = new Set<string>();
    bus.subscribe("router.*", { callback: (error, { subject }) => void (error || heard.add(subject)) });
    bus.publish("router.start", JSON.stringify({ id: "0-a", hosts: ["127.0.0.1"], minimumRegisterIntervalInSeconds: 1, pruneThresholdInSeconds: 10 }));
    await until("registrations", () => heard.has("router.register"), 5000, 10);
    await bus.close();
  });

  it("a protected foundation takes no plan without its digest, none with another's, and no single fault", async () => {
    const digest = await digestOf("./blink.ts");
    const other = await digestOf("./stare.ts");
    expect(other).to.not.equal(digest);
    const bare = await ended(run("./blink.ts"));
    expect(bare).to.include({ code: 2 });
    expect(bare.says).to.contain(`the foundation "${name}" is protected, and nobody has approved this plan's digest ${digest}`);
    const wrong = await ended(run("./blink.ts", "--approve", other));
    expect(wrong).to.include({ code: 2 });
    expect(wrong.says).to.contain(`--approve ${other} is not this plan's digest ${digest}`);
    const single = await ended(flounder("break", "router-flush", "--on", "router", "--for", "1", "--foundation", name));
    expect(single).to.include({ code: 2 });
    expect(single.says).to.contain("is protected: it takes only a plan that was approved");
    expect(injected(), "nothing was injected").to.equal(0);
    expect(existsSync(join(home.dir, "results")), "no results folder").to.equal(false);
    await asBefore();
  });

  it("takes the plan that was approved; it is healed afterwards, and stays up", async () => {
    const pids = (await client.facts()).components.map(({ pid }) => pid);
    const child = run("./blink.ts", "--approve", await digestOf("./blink.ts"), "--json", "--metrics", "0");
    const end = ended(child);
    let said = "";
    child.stderr!.on("data", (chunk) => {
      said += chunk;
    });
    const address = () => /metrics at (http:\S+)/.exec(said)?.[1];
    await until("its metrics are served", () => address() !== undefined, 20_000, 20);
    const metrics = () =>
      fetch(address()!).then(
        (response) => response.text(),
        () => "",
      );
    const bit = async () => /flounder_act_state\{act="table",.*state="bit"\} 1/.test(await metrics());
    await until("its metrics show the act bite", async () => child.exitCode !== null || (await bit()), 60_000, 50);
    expect(child.exitCode, `it ended before: ${said}`).to.equal(null);
    expect(await metrics()).to.match(/flounder_samples_total\{probe="\w+",plane="data",vantage="outside",outcome="ok"\} [1-9]/);
    const { code, says, out } = await end;
    expect(code, says).to.equal(0);
    expect(await metrics(), "nobody serves them any more").to.equal("");
    const opened = await ended(flounder("open"));
    expect(opened.out).to.equal(`${realpathSync(join(home.dir, "results", "latest", "report.html"))}\n`);
    const verdict = JSON.parse(out) as { result: string; receipts: { bit: number; of: number } };
    expect(verdict).to.include({ result: "pass" });
    expect(verdict.receipts).to.include({ bit: 1, of: 1 });
    expect(injected()).to.equal(1);
    await asBefore();
    expect(
      (await client.facts()).components.map(({ pid }) => pid),
      "the same processes as before",
    ).to.deep.equal(pids);
  });

  it("interrupted, a run heals what it broke at once, and leaves the foundation up", async () => {
    const from = events.length;
    const fresh = () => events.slice(from);
    const child = run("./stare.ts", "--approve", await digestOf("./stare.ts"));
    const end = ended(child);
    await until("the table to be seen empty", () => fresh().some((event) => event.kind === "reading" && event.reading.state === "broken"), 30_000, 20);
    const fromMs = performance.now();
    child.kill("SIGINT");
    await until("it to be healed", () => fresh().some((event) => event.kind === "healed" && event.proved), 10_000, 20);
    expect(performance.now() - fromMs).to.be.below(5000);
    const { code, says } = await end;
    expect(code, says).to.equal(3);
    await asBefore();
    const results = readdirSync(join(home.dir, "results")).filter((one) => one.includes("stare"));
    expect(JSON.parse(readFileSync(join(home.dir, "results", results[0]!, "verdict.json"), "utf8"))).to.include({ result: "aborted" });
  });

  /** The newest results of a scenario. */
  function resultsOf(scenario: string): {
    readonly verdict: { readonly result: string; readonly findings: readonly { readonly result: string; readonly says: string }[] };
  } {
    const newest = readdirSync(join(home.dir, "results"))
      .filter((one) => one.includes(scenario))
      .sort()
      .at(-1)!;
    return { verdict: JSON.parse(readFileSync(join(home.dir, "results", newest, "verdict.json"), "utf8")) };
  }
  const proberOf = (runner: ChildProcess): number =>
    readFileSync(`/proc/${runner.pid}/task/${runner.pid}/children`, "utf8")
      .trim()
      .split(" ")
      .map(Number)
      .find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("prober.js"))!;

  it("a run ends as soon as its own prober dies: it heals, and is inconclusive with that reason", async () => {
    const from = events.length;
    const fresh = () => events.slice(from);
    const child = run("./stare.ts", "--approve", await digestOf("./stare.ts"));
    const end = ended(child);
    await until("the table to be seen empty", () => fresh().some((event) => event.kind === "reading" && event.reading.state === "broken"), 60_000, 20);
    const fromMs = performance.now();
    process.kill(proberOf(child), "SIGKILL");
    await until("it to be healed", () => fresh().some((event) => event.kind === "healed" && event.proved), 10_000, 20);
    expect(performance.now() - fromMs, "healed at once").to.be.below(5000);
    const { code, says } = await end;
    expect(code, says).to.equal(2);
    const { verdict } = resultsOf("stare");
    expect(verdict.result).to.equal("inconclusive");
    expect(verdict.findings).to.deep.include({
      ...verdict.findings.find((finding) => finding.says.startsWith("the run never got to its end"))!,
      result: "inconclusive",
      says: "the run never got to its end: the prober ended before its time (SIGKILL): nothing was measured after that",
    });
    await asBefore();
  });

  it("a run whose steady phase loses something begins it again, says so, and passes", async () => {
    const child = run("./blink.ts", "--approve", await digestOf("./blink.ts"));
    const end = ended(child);
    let said = "";
    child.stderr!.on("data", (chunk) => {
      said += chunk;
    });
    await until("its steady phase", () => said.includes("steady phase of"), 60_000, 20);
    // Nobody asks the keeper for it: that would be somebody else's deed, and the run inconclusive.
    const { pid } = (await client.facts()).components.find(({ name: component }) => component === "router-1")!;
    process.kill(pid!, "SIGSTOP");
    try {
      await until("it to begin again", () => said.includes("the steady phase begins again: "), 10_000, 20);
    } finally {
      process.kill(pid!, "SIGCONT");
    }
    const { code, says } = await end;
    expect(code, says).to.equal(0);
    const { verdict } = resultsOf("blink");
    expect(verdict.findings.map((finding) => finding.says).find((line) => line.startsWith("steady before"))).to.match(
      /^steady before: 0 of \d+ samples lost; begun again \d+ times?: \d+ of \d+ samples (was|were) lost \(.* outside .*\) before$/,
    );
    await asBefore();
  });

  it("watch ends as soon as its own prober dies: nobody can say that all went well", async () => {
    const json = join(home.dir, "watched.json");
    const child = flounder("watch", "--foundation", name, "--for", "60", "--json", json);
    const end = ended(child);
    const seconds = () => (existsSync(json) ? (JSON.parse(readFileSync(json, "utf8")) as { seconds: number }).seconds : 0);
    await until("two seconds are in", () => seconds() > 2, 30_000, 50);
    process.kill(proberOf(child), "SIGKILL");
    const { code, says } = await end;
    expect(code, says).to.equal(3);
    expect(says).to.contain("the prober ended before its time (SIGKILL): nothing was measured after that");
    const { verdict, endpoints } = JSON.parse(readFileSync(json, "utf8")) as { verdict: { result: string }; endpoints: { samples: number }[] };
    expect(verdict.result).to.equal("aborted");
    expect(endpoints[0]!.samples).to.be.above(5);
    await asBefore();
  });

  // seed: playbook and paper-only work <- a change freeze: the console's verbs are refused, healing is not, and the playbook can still be read
  it("frozen, it refuses the console's verbs; healing is never refused, and a playbook can be read on paper", async () => {
    const id = "before-the-freeze";
    await client.inject({ id, act: "freeze", fault: "router-flush", options: { hold: true }, target: "router-1", atS: 0, maxS: 60 });
    await client.call("dns-1", "/config/wipe", {});
    await client.freeze(new Date(Date.now() + 600_000).toISOString(), "paper only until the review");
    const lines: string[] = [];
    const hands = operator(client.call, topology("micro", 20, {}), "ann", ({ verb, ok }) => lines.push(`${verb} ${ok}`));
    const code = (act: Promise<unknown>) =>
      act.then(
        () => "done",
        (error: FlounderError) => error.code,
      );
    for (const verb of [() => hands.restoreEdge(), () => hands.restart("router", 1), () => hands.verify()]) expect(await code(verb())).to.equal("frozen");
    expect(lines).to.deep.equal(["restoreEdge false", "restart false", "verify false"]);
    expect(await client.call("dns-1", "/config"), "it is still as it was").to.include({ wiped: true });
    const another = { id: "another", act: "freeze", fault: "router-flush", options: { hold: true }, target: "router-1", atS: 0, maxS: 5 };
    expect(await code(client.inject(another))).to.equal("frozen");
    expect(await client.heal(id)).to.have.nested.property("[0].proved", true);
    const paper = await ended(flounder("paper", "as-it-was"));
    expect(paper, paper.says).to.include({ code: 0 });
    expect(paper.out).to.match(/^# /).and.contain("verify");
  });
});
