/**
 * Everything that the docs say, as somebody new would type it: in an empty folder, with a home of its own, through a shell, on one micro foundation. What is refused is
 * refused in words; nothing ends with 70.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type { FoundationFacts } from "../../../harness/core.js";
import { keepersOf } from "../../../harness/keeper/socket/door.js";
import { root } from "../../../harness/paths.js";
import type { Entrances } from "../front-door.js";

interface Ended {
  readonly line: string;
  readonly code: number | null;
  readonly out: string;
  readonly says: string;
}
/** A line for the shell, its exit code, and what stands in what it prints, progress and errors included. */
type Step = readonly [line: string, code: number, ...says: readonly (string | RegExp)[]];

/** Fenced blocks of a language on a page of the docs, in order. */
const blocks = (page: string, language: string): string[] =>
  [...readFileSync(join(root, page), "utf8").matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1]!);
const lists = ["scenarios", "playbooks", "faults", "targets", "engines", "profiles", "policies", "alarms", "verbs"];
const playbook = (step: string) => `export default { name: "mine", says: "s", procedures: [{ name: "p", detect: { alarm: "supply" }, steps: [${step}] }] };\n`;

describe("as a new user would", function () {
  this.timeout(180_000);
  let dir: string;
  let steps = 0;
  const env = () => {
    const { XDG_STATE_HOME: _, FLOUNDER_FAULTS: __, ...rest } = process.env;
    return {
      ...rest,
      PATH: `${join(dir, "bin")}${delimiter}${process.env.PATH}`,
      HOME: join(dir, "home"),
      // What was fetched and built once is not fetched again.
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
      NO_COLOR: "1",
    };
  };
  function started(line: string) {
    steps++;
    const child = spawn("sh", ["-c", `exec ${line}`], { cwd: join(dir, "work"), stdio: ["ignore", "pipe", "pipe"], env: env() });
    const heard = { out: "", says: "" };
    child.stdout.on("data", (chunk) => {
      heard.out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      heard.says += chunk;
    });
    const ended = once(child, "close").then(([code]): Ended => ({ line, code: code as number | null, ...heard }));
    return { child, heard, ended };
  }
  async function does([line, code, ...says]: Step): Promise<Ended> {
    const ended = await started(line.includes("$") || line.includes("=") || line.includes(">") ? `sh -c '${line.replaceAll("'", `'\\''`)}'` : line).ended;
    const whole = `${ended.out}${ended.says}`;
    expect(ended.code, `$ ${line}\n${whole}`).to.equal(code);
    expect(whole, line).to.not.match(/\n {4}at |a defect in the harness/);
    for (const one of says) typeof one === "string" ? expect(whole, line).to.contain(one) : expect(whole, line).to.match(one);
    return ended;
  }
  /** Those that change nothing: some at a time. */
  async function all(...given: readonly Step[]): Promise<void> {
    const left = [...given];
    const work = async () => {
      for (let next = left.shift(); next; next = left.shift()) await does(next);
    };
    await Promise.all([work(), work(), work()]);
  }

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-user-"));
    for (const name of ["bin", "home", "work", "work/my-faults"]) mkdirSync(join(dir, name), { recursive: true });
    symlinkSync(join(root, "bin", "flounder.mjs"), join(dir, "bin", "flounder"));
    const write = (name: string, text: string) => writeFileSync(join(dir, "work", name), text);
    write("empty-table.ts", blocks("docs/scenarios.md", "ts")[0]!);
    write("front-door-first.ts", blocks("docs/playbooks.md", "ts")[0]!);
    write("my-faults/link-freeze.ts", blocks("docs/faults.md", "ts")[0]!);
    write("watch.yaml", blocks("docs/watch.md", "yaml")[0]!);
    write("my-faults/half.ts", "export default {\n");
    write("fix.ts", playbook('{ say: "x", does: "fix", limitS: 9 }'));
    write("verb.ts", playbook('{ say: "x", does: "verify", limitS: 9, run: (operator) => operator.verfy() }'));
  });
  after(async () => {
    await started("flounder down -F demo").ended; // whatever became of the steps
    rmSync(dir, { recursive: true, force: true });
  });

  it("looks round before anything is up", async () => {
    await all(
      ["flounder --version", 0, /^\d+\.\d+\.\d+\n$/],
      ["flounder --help", 0, "Commands:", "describe", "completion"],
      ["flounder", 64, "Commands:"],
      ["flounder rum", 64, "(Did you mean run?)"],
      ["flounder status", 0, "no foundation is up; flounder up makes one"],
      ["flounder doctor", 0, "engine local: ready"],
      ...lists.map((what): Step => [`flounder list ${what}`, 0, /\S {2}\S/]),
      ["flounder list nonsense", 64, 'there is nothing to list called "nonsense"', "verbs"],
      ["flounder describe link-latency", 0, /latencyMs +milliseconds/, "flounder break link-latency --on"],
      ["flounder describe four-cuts", 0, "must hold:"],
      ["flounder describe as-it-was", 0, "flounder paper as-it-was"],
      ["flounder describe nonsense", 64, "there is no fault, scenario or playbook", "link-cut"],
      ...["bash", "zsh", "fish"].map((shell): Step => [`flounder completion ${shell}`, 0, "complete -- "]),
      ["flounder completion tcsh", 64, "bash, zsh, fish"],
      ["flounder paper as-it-was", 0, "# Playbook as-it-was"],
      ["flounder heal", 64, "there is no foundation\n  → flounder up makes one"],
      ["flounder watch", 64, "there is nothing to watch"],
      ["flounder watch -F nobody --for 1", 64, /there is no foundation "nobody"/],
      ["flounder open", 64, "there is no report"],
      ["flounder judge", 64, "plan.json"],
      ["DOCKER_HOST=unix:///nowhere flounder images", 2, "Docker cannot be asked for images"],
      ["FLOUNDER_FAULTS=/nowhere flounder list faults", 64, "FLOUNDER_FAULTS is /nowhere, which cannot be read"],
      ["flounder list faults --nonsense", 64, "unknown option", "flounder list has --profile"],
    );
  });

  it("writes a scenario, a playbook and a fault, and asks whether they are all right", async () => {
    await does(["flounder plan ./empty-table.ts --seed 7 > plan.json", 0, /plan [0-9a-f]{16}: 1 act/]);
    await all(
      [
        "flounder validate ./empty-table.ts ./front-door-first.ts ./my-faults/link-freeze.ts",
        0,
        "scenario empty-table, 1 act",
        "playbook front-door-first",
        "fault link-freeze",
      ],
      ["flounder validate ./watch.yaml ./plan.json", 0, "watch config 5 endpoints", "plan of empty-table"],
      ["flounder validate ./my-faults/half.ts", 64, /half\.ts:\d+:\d+: /],
      ["flounder validate ./fix.ts", 64, "steps.0.does"],
      ["flounder validate ./verb.ts", 64, 'asks for the verb "verfy", which the console does not have', "there are restorePower"],
      ["flounder validate ./nowhere.ts", 64, "does not exist"],
      ["flounder paper ./front-door-first.ts", 0, "# Playbook front-door-first"],
      ["FLOUNDER_FAULTS=$PWD/my-faults flounder list faults", 0, "link-freeze", "link-cut", /left out: .*half\.ts/],
      ["FLOUNDER_FAULTS=$PWD/my-faults flounder describe link-freeze", 0, "It has no options."],
      ["FLOUNDER_FAULTS=$PWD/my-faults flounder describe half", 64, /half\.ts:\d+:\d+/],
      ["flounder run ./nowhere.ts", 64, "does not exist"],
    );
  });

  it("brings up a foundation, and pastes what it is told to try", async () => {
    await all(
      ["flounder up --profile huge", 64, 'profile "huge" is unknown; there are micro'],
      ["flounder up --policy cc.onLunLoss", 64, '--policy "cc.onLunLoss": expected name=value'],
      ["flounder up --policy hm.freshness=maybe", 64, "expected one of none, guard"],
      ["flounder up --name No", 64, "expected lower-case"],
    );
    const up = await does(["FLOUNDER_FAULTS=$PWD/my-faults flounder up --profile micro --name demo", 0, "platform timers ÷20", "next:"]);
    const pasted = [...up.says.slice(up.says.indexOf("next:")).matchAll(/^ {4}(\S.*)$/gm)].map((match) => match[1]!);
    expect(pasted).to.have.length(3);
    const [curl, fault, watch] = pasted;
    await does([curl!, 0, /"app":"app-1"/]);
    await does([
      fault!,
      0,
      /took effect after [\d.]+ s, restored after [\d.]+ s; users who wanted to get an answer from the app lost [\d.]+ to [\d.]+ s outside and nothing inside/,
    ]);
    await does([watch!, 0, /measuring \d+ probes from now on, \d+ more as soon as/]);
    await does(["flounder up --profile micro --name demo", 2, "exists already"]);
  });

  it("asks, and is told", async () => {
    const { out } = await does(["flounder status --json", 0]);
    const { router, domain, components, ...status } = JSON.parse(out) as FoundationFacts & Entrances & { readonly protected: boolean };
    expect(status.protected).to.equal(false);
    const door = `--url ${router}/ -H 'Host: app-1.${domain}'`;
    await all(
      ["flounder status", 0, "demo", `router  ${router}`],
      [`flounder watch ${door} --for 1 --json out.json`, 0, "watched 1 endpoint"],
      ["flounder logs", 0, ...components.map(({ name }) => name)],
      ["flounder logs router-1", 0, /\S/],
      ["flounder logs nothing", 64, "there is no component", "router-1"],
      ["flounder logs demo", 64, "demo is the foundation: -F demo"],
      ["flounder env", 0, "export CF_API="],
      ["flounder recover", 0, "nothing to recover from"],
      ["flounder break nonsense --on router", 64, 'fault "nonsense" is unknown'],
      ["flounder break router-flush --on dea", 64, "none has what router-flush needs"],
      ["flounder break link-latency --on 'cc-1>ccdb-1' --set ms=3", 64, 'link-latency has no option "ms"; it has latencyMs (milliseconds'],
      ["flounder break noop --on router --pick half", 64, '--pick "half" is not a choice of targets'],
      ["flounder break noop --on cell", 64, 'selector "cell" matches none'],
      ["flounder break noop", 64, "--on"],
    );
    expect(JSON.parse(readFileSync(join(dir, "work", "out.json"), "utf8"))).to.have.nested.property("endpoints[0].kind", "http");
    // Two watches at once: one writes, the other is told, and counts nothing of it as an outage.
    const two = await Promise.all([1, 2].map(() => started("flounder watch --for 6").ended));
    expect(
      two.map(({ says }) => says.includes("is at work on demo: only what changes nothing is measured")).sort(),
      two.map(({ says }) => says).join("\n"),
    ).to.deep.equal([false, true]);
    const following = started("flounder logs router-1 -f");
    await until("the log", () => following.heard.out !== "", 10_000, 20);
    following.child.kill("SIGINT");
    await following.ended;
  });

  it("stops, freezes, releases, breaks and heals", async () => {
    for (const step of [
      [
        "FLOUNDER_FAULTS=$PWD/my-faults flounder break link-freeze --on 'cc-1>ccdb-1' --for 2",
        0,
        /link-freeze on cc-1>ccdb-1: took effect/,
        "who wanted to log in lost",
      ],
      ["flounder freeze --until 2011-04-26T17:00:00Z --reason late", 64, "that time is over"],
      ["flounder freeze --for 20m --reason 'paper only'", 0, "frozen until"],
      ["flounder status", 0, ": paper only", "flounder unfreeze --reason WHY"],
      ["flounder break noop --on router --no-measure", 2, "paper only"],
      ["flounder release --reason x", 0, "it stays frozen"],
      ["flounder unfreeze --reason 'the review is over'", 0, "no longer frozen"],
      ["flounder stop --reason 'customers call'", 0, "new injections are blocked"],
      ["flounder break noop --on router --no-measure", 2, "stopped (customers call)"],
      ["flounder release --reason 'call is over'", 0, "injections are allowed again"],
      ["flounder heal", 0, "nothing is injected, and all is as it was made"],
    ] satisfies readonly Step[])
      await does(step);
  });

  // the keeper dies: kill -9 of the keeper under a break
  it("is told at once that the keeper died under a break, and the next command heals", async () => {
    const breaking = started("flounder break link-cut --on 'cc-1>ccdb-1' --for 100");
    await until("it to take effect", () => /reads broken/.test(breaking.heard.out), 30_000, 20);
    const [keeper] = keepersOf(join(dir, "home", ".local", "state", "flounder", "foundations", "demo"));
    const fromMs = performance.now();
    process.kill(keeper!, "SIGKILL");
    const { code, says } = await breaking.ended;
    expect(performance.now() - fromMs, "ms").to.be.below(10_000);
    expect(code, says).to.equal(2);
    expect(says).to.contain("flounder: the keeper of demo is gone\n  → flounder heal --foundation demo takes over and heals from its journal\n");
    await does(["flounder heal", 0, "the keeper of demo is dead: taking over, healing from its journal", /healed +cc-1>ccdb-1/]);
    await does(["flounder heal", 0, "nothing is injected, and all is as it was made"]);
  });

  it("ends it, and nothing is left", async () => {
    await does(["flounder down", 0, "demo is down"]);
    await all(["flounder down", 64, "there is no foundation"], ["flounder status", 0, "no foundation is up"]);
    expect(existsSync(join(dir, "work", "results")), "nothing was run").to.equal(false);
    expect(steps).to.be.above(60);
  });
});
