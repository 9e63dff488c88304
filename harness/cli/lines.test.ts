/** 500 command lines that nobody has written: none ends with 70 or prints a stack, whatever they are. Machine and home have nothing, so that nothing is started. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { expect } from "chai";
import type { Argument, Command, Option } from "commander";
import fc from "fast-check";
import { dist } from "../paths.js";
import { programFor } from "./program.js";

interface Ended {
  readonly code: number;
  readonly said: string;
}
/** Words that somebody may type anywhere; files of the folder that the lines are run in. */
const words = fc.constantFrom(
  ...["four-cuts", "micro", "org", "foundry", "local", "compose", "none", "as-it-was", "link-cut", "noop", "demo", "faults", "verbs", "bash"],
  ...[
    "1",
    "0",
    "-1",
    "0.5",
    "1e99",
    "NaN",
    "Infinity",
    "20m",
    "2020-01-01T00:00:00Z",
    "2036-01-01",
    "all",
    "half",
    "50%",
    "router",
    "cc-*",
    "a=b",
    "=",
    "a=",
    "__proto__=1",
  ],
  ...[
    "./scenario.ts",
    "./broken.ts",
    "./text.txt",
    "./plan.json",
    "./list.json",
    "./watch.yaml",
    "./folder",
    ".",
    "..",
    "/",
    "/dev/null",
    "/nowhere/at/all",
    "",
  ],
  ...["'", '"', "$(x)", "--", "-", "-x", "--nonsense", "--=", "ü\u0000", "x".repeat(5000), "http://127.0.0.1:1/", "127.0.0.1:1", "a@127.0.0.1:1", "exit 1"],
);
const anything = fc.oneof({ weight: 9, arbitrary: words }, { weight: 1, arbitrary: fc.string({ maxLength: 12 }) });

const ofArgument = (one: Argument): fc.Arbitrary<string[]> => {
  const word = one.argChoices ? fc.oneof(fc.constantFrom(...one.argChoices), anything) : anything;
  return one.variadic ? fc.array(word, { maxLength: 2 }) : fc.array(word, { maxLength: 1, minLength: one.required ? 1 : 0 });
};
const ofOption = ({ long, short, required, optional, argChoices, variadic }: Option): fc.Arbitrary<string[]> => {
  const flag = long ?? short!;
  if (!required && !optional) return fc.constant([flag]);
  const value = argChoices ? fc.oneof(fc.constantFrom(...argChoices), anything) : anything;
  const spaced = fc.array(value, { minLength: 1, maxLength: variadic ? 2 : 1 }).map((values) => [flag, ...values]);
  return fc.oneof<fc.Arbitrary<string[]>[]>(
    spaced,
    value.map((word) => [`${flag}=${word}`]),
    fc.constant([flag]),
  );
};
/** A command as it is meant, more or less: its own arguments and flags, with any values. */
function ofCommand(command: Command, path: readonly string[]): fc.Arbitrary<string[]> {
  const below = command.commands.map((one) => ofCommand(one, [...path, one.name()]));
  const flags = fc
    .subarray([...command.options], { maxLength: Math.min(4, command.options.length) })
    .chain((some) => fc.tuple(...some.map(ofOption)).map((each) => each.flat()));
  const given = fc.tuple(...command.registeredArguments.map(ofArgument)).map((each) => each.flat());
  const own = fc.tuple(given, flags, fc.array(anything, { maxLength: 1 })).map(([a, b, c]) => [...path, ...a, ...b, ...c]);
  return below.length === 0 ? own : fc.oneof(own, ...below);
}
/** What measures goes on until it is told to end: bounded, whatever else is asked. */
const bounded = (line: readonly string[]): string[] => {
  if (line[0] !== "watch") return [...line];
  const end = line.indexOf("--");
  const [before, after] = end < 0 ? [line, []] : [line.slice(0, end), line.slice(end)];
  return [...before, "--for=200ms", "--grace=1", ...after];
};
/** Longer than a test may take, whatever is asked; its own tests have it. */
const slow = new Set(["calibrate"]);

describe("any command line", function () {
  this.timeout(240_000);
  let dir: string;
  let child: ChildProcess | undefined;
  let answers: Interface;
  let died: Promise<Ended>;

  function start(): void {
    child = spawn(process.execPath, [join(dist, "harness", "cli", "testing", "lines.js")], {
      cwd: join(dir, "work"),
      stdio: ["pipe", "pipe", "ignore"],
      env: {
        PATH: join(dir, "nothing"),
        HOME: join(dir, "home"),
        XDG_STATE_HOME: join(dir, "state"),
        XDG_CACHE_HOME: join(dir, "cache"),
        DOCKER_HOST: `unix://${join(dir, "no-docker.sock")}`,
        FLOUNDER_RELEASES: "http://127.0.0.1:1",
        PIP_INDEX_URL: "http://127.0.0.1:1",
        GOPROXY: "off",
        NO_COLOR: "1",
        TMPDIR: dir,
      },
    });
    answers = createInterface({ input: child.stdout! });
    died = once(child, "exit").then(([code, signal]): Ended => ({ code: code ?? -1, said: `it ended by itself with ${signal ?? code}` }));
  }
  async function run(line: readonly string[]): Promise<Ended> {
    if (!child || child.exitCode !== null || child.signalCode !== null) start();
    const answer = once(answers, "line").then(([text]) => JSON.parse(text as string) as Ended);
    child!.stdin!.write(`${JSON.stringify(line)}\n`);
    return Promise.race([answer, died]);
  }
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-lines-"));
    const work = join(dir, "work");
    mkdirSync(join(work, "folder"), { recursive: true });
    writeFileSync(
      join(work, "scenario.ts"),
      'export default { name: "s", says: "s", giveUpS: 9, foundation: { profile: "micro", timeFactor: 20 }, must: [], acts: [] };',
    );
    writeFileSync(join(work, "broken.ts"), "export default {");
    writeFileSync(join(work, "text.txt"), "text");
    writeFileSync(join(work, "plan.json"), "{}");
    writeFileSync(join(work, "list.json"), "[1, 2");
    writeFileSync(join(work, "watch.yaml"), "endpoints: 3");
  });
  after(async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(dir, { recursive: true, force: true });
  });

  it("is done or refused in words: 500 of them, over all commands and flags that there are", async () => {
    const program = await programFor();
    const commands = program.commands.filter((one) => !slow.has(one.name()));
    const lines = fc.oneof(
      { weight: 9, arbitrary: fc.oneof(...commands.map((one) => ofCommand(one, [one.name()]))) },
      { weight: 1, arbitrary: fc.array(anything, { maxLength: 4 }) },
    );
    const codes = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(lines.map(bounded), async (line) => {
        const { code, said } = await run(line);
        codes.set(code, (codes.get(code) ?? 0) + 1);
        expect(code, said).to.be.oneOf([0, 1, 2, 3, 64]);
        expect(said).to.not.match(/\n {4}at |uncaughtException|unhandledRejection/);
      }),
      { numRuns: 500, seed: Number(process.env.FLOUNDER_LINES_SEED ?? 15), endOnFailure: true },
    );
    expect(codes.get(64), "some are refused").to.be.above(50);
    expect(codes.get(0), "some are done").to.be.above(10);
  });
});
