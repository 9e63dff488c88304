/** `flounder run … --supervised` in a real terminal: somebody types what becomes of each step. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ended, startFlounder } from "../../../harness/cli/testing/program.js";
import { until } from "../../../harness/clock.js";
import type { Event, Verdict } from "../../../harness/core.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { connect } from "../../../harness/keeper/start.js";
import { root } from "../../../harness/paths.js";
import { openHome } from "../testing/live-foundation.js";

const name = "asked";
const questions = [/nobody gets in, step 1: .*\? \[Y\/n\]\r?\n/, /nobody gets in, step 2: .*\? \[Y\/n\]\r?\n/];
/** The same day with less patience: nobody restores anything before its time limit. */
const short = `
import { act, type Scenario } from "flounder";
import edgeWipe from "flounder/faults/edge-wipe";

export default {
  name: "short-day",
  says: "the front end is wiped",
  foundation: { profile: "micro", timeFactor: 20 },
  acts: [act(edgeWipe, { of: "{lb,router,firewall}-*", pick: "all" }, { id: "wiped", forS: 8, endedBy: "playbook" })],
  playbook: "as-it-was",
  must: [{ plane: "data", from: "outside", lostS: { min: 3 } }],
  giveUpS: 120,
} satisfies Scenario;
`;
/** Keys of a terminal. */
const [ctrlC, ctrlD] = ["\u0003", "\u0004"];

describe("a supervised run in a terminal", function () {
  this.timeout(180_000);
  let home: ReturnType<typeof openHome>;
  let client: KeeperClient;
  let fingerprint: Readonly<Record<string, string>>;
  const children: ChildProcess[] = [];

  before(async () => {
    home = openHome("supervised");
    writeFileSync(join(home.dir, "short-day.ts"), short);
    const { code, says } = await ended(startFlounder(["up", "--profile", "micro", "--name", name], { cwd: home.dir }));
    expect(code, says).to.equal(0);
    client = await connect(name);
    fingerprint = await client.fingerprint();
  });
  afterEach(async () => {
    for (const child of children.splice(0))
      if (child.exitCode === null) {
        child.stdin!.write(ctrlC);
        await once(child, "close");
      }
  });
  after(async () => {
    await client?.down();
    home?.close();
  });

  /** Types each key when its question stands there. */
  async function played(scenario: string, keys: readonly string[]) {
    const program = [process.execPath, join(root, "bin", "flounder.mjs"), "run", scenario, "--profile", "micro", "--foundation", name, "--supervised"];
    const child = spawn("script", ["--quiet", "--return", "--flush", "--command", `stty rows 40 cols 140; exec ${program.join(" ")}`, "/dev/null"], {
      cwd: home.dir,
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.push(child);
    let shown = "";
    child.stdout.on("data", (part) => {
      shown += part;
    });
    const closed = once(child, "close");
    for (const [i, key] of keys.entries()) {
      await until(`question ${i + 1}`, () => questions[i]!.test(shown) || child.exitCode !== null, 120_000, 20);
      expect(child.exitCode, shown).to.equal(null);
      child.stdin.write(key);
    }
    const [code] = (await closed) as [number];
    const dir = join(home.dir, "results", "latest");
    const events = readFileSync(join(dir, "timeline.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Event);
    const steps = events.flatMap((event) => (event.kind === "step" && event.state !== "due" ? [`${event.step} ${event.state} by ${event.by}`] : []));
    const healed = [...new Set(events.flatMap((event) => (event.kind === "healed" ? [event.why] : [])))];
    const verdict = JSON.parse(readFileSync(join(dir, "verdict.json"), "utf8")) as Verdict;
    await until("the fingerprint to be as before", async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(fingerprint), 15_000, 200);
    expect((await client.status()).injections).to.deep.equal([]);
    return { code, shown, steps, healed, verdict };
  }

  it("does what is wanted, and leaves out what is not", async () => {
    const { code, shown, steps, healed, verdict } = await played("day-2", ["n\n", "y\n"]);
    expect(steps).to.deep.equal(["1 refused by person", "2 acting by person", "2 done by person"]);
    expect(healed).to.deep.equal(["playbook"]);
    expect([code, verdict.result], shown).to.deep.equal([0, "pass"]);
  });
  it("leaves out everything once the terminal is closed: the time limit heals", async () => {
    const { steps, healed, verdict } = await played("./short-day.ts", [ctrlD]);
    expect(steps).to.deep.equal(["1 refused by person", "2 refused by person"]);
    expect(healed).to.deep.equal(["rail"]);
    expect(verdict.people ?? null, "nobody plays a game day").to.equal(null);
  });
  it("is aborted by Ctrl-C at a question, and heals", async () => {
    const { code, steps, verdict } = await played("./short-day.ts", [ctrlC]);
    expect([code, verdict.result]).to.deep.equal([3, "aborted"]);
    expect(steps).to.deep.equal([]);
  });
});
