/** docs/reference.md is what the code has; what the code reads of the environment, and where it writes, is in it. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";
import { onPath } from "../engines/tools/find.js";
import { foundationsDir, root } from "../paths.js";
import { candidates } from "./flags/candidates.js";
import { programFor } from "./program.js";
import { variables } from "./words/environment.js";
import { reference } from "./words/reference.js";

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && !["platform", "suites", "conformance", "rounds", "pushes", "red-team", "apps", "testing"].includes(entry.name))
      yield* sources(path);
    else if (/\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name)) yield path;
  }
}

describe("docs/reference.md", () => {
  it("is what the code has; after a change run: node scripts/reference.mjs", async () => {
    expect(readFileSync(join(root, "docs", "reference.md"), "utf8")).to.equal(reference(await programFor()));
  });
  it("has every variable of the environment that is read", () => {
    const named = new Set(variables.flatMap(({ name }) => name.split(", ")));
    const read = ["harness", "faults", "targets"].flatMap((top) =>
      [...sources(join(root, top))].flatMap((path) =>
        [...readFileSync(path, "utf8").matchAll(/process\.env\.([A-Za-z_0-9]+)/g)].map(([, name]) => ({ name: name!, path: relative(root, path) })),
      ),
    );
    expect(read.length).to.be.above(5);
    expect(read.filter(({ name }) => !named.has(name) && !/^FLOUNDER_(LIVE|DOCKER)$/.test(name))).to.deep.equal([]);
  });
  it("every command has an example, a description, and words for each flag and argument", async () => {
    const text = readFileSync(join(root, "docs", "reference.md"), "utf8");
    for (const command of (await programFor()).commands.filter((one) => one.name() !== "complete")) {
      expect(text).to.contain(`\n### flounder ${command.name()}\n`);
      for (const option of command.options.filter(({ hidden }) => !hidden)) expect(option.description, `${command.name()} ${option.flags}`).to.not.equal("");
      for (const argument of command.registeredArguments) expect(argument.description, `${command.name()} ${argument.name()}`).to.not.equal("");
    }
  });
});

describe("completion", () => {
  const words = async (...line: string[]) => (await candidates(await programFor(), line)).map(({ word }) => word);
  it("offers commands, flags, choices, and the names that there are", async () => {
    expect(await words(""))
      .to.include.members(["up", "run", "break", "status", "watch"])
      .and.not.include("complete");
    expect(await words("break", "--o")).to.include.members(["--on", "--pick", "--foundation"]);
    expect(await words("break", "")).to.include.members(["link-cut", "router-flush"]);
    expect(await words("run", "")).to.include("four-cuts");
    expect(await words("run", "four-cuts", "--engine", "")).to.have.members(["local", "compose"]);
    expect(await words("run", "--playbook", "")).to.include("as-it-was");
    expect(await words("up", "--profile", "")).to.include.members(["micro", "org"]);
    expect(await words("images", "")).to.deep.equal(["build"]);
    expect(await words("describe", "")).to.include.members(["link-cut", "four-cuts", "none"]);
    expect(await words("completion", "")).to.deep.equal(["bash", "zsh", "fish"]);
    expect(await words("watch", "--", "cf", "")).to.deep.equal([]);
  });
  it("works in bash", () => {
    const script = `flounder() { node ${JSON.stringify(join(root, "bin", "flounder.mjs"))} "$@"; }
eval "$(flounder completion bash)"
COMP_WORDS=(flounder break router-f); COMP_CWORD=2; _flounder; printf '%s\\n' "\${COMPREPLY[@]}"
COMP_WORDS=(flounder sta); COMP_CWORD=1; _flounder; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync("bash", ["--norc", "-c", script], {
      encoding: "utf8",
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, XDG_STATE_HOME: dirname(foundationsDir()) },
    });
    expect(out).to.equal("router-flush\nstatus\n");
  });
  const inShell = (shell: string, words: readonly string[], script: string) =>
    execFileSync(shell, [...words, "-c", script.replaceAll("FLOUNDER", `node ${JSON.stringify(join(root, "bin", "flounder.mjs"))}`)], {
      encoding: "utf8",
      cwd: root,
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, XDG_STATE_HOME: dirname(foundationsDir()), HOME: "/nonexistent" },
      stdio: ["ignore", "pipe", "pipe"],
    });
  it("works in zsh", function () {
    if (!onPath("zsh")) {
      console.log("      skipped: there is no zsh (Debian: apt-get install zsh)");
      this.skip();
    }
    // What the widgets of a line editor would be given; the script itself is the shell's to read and to run.
    const script = `compdef() { print -r -- "$1 completes $2" }
_describe() { print -rl -- "$1:" "\${(@P)2}" }
_files() { print -r -- files }
eval "$(FLOUNDER completion zsh)"
words=(flounder break router-f); CURRENT=3; _flounder
words=(flounder run --engine ""); CURRENT=4; _flounder
words=(flounder validate x); CURRENT=3; _flounder`;
    expect(inShell("zsh", ["-f"], script)).to.equal("_flounder completes flounder\nflounder:\nrouter-flush\nflounder:\ncompose\nlocal\nfiles\n");
  });
  it("works in fish", function () {
    if (!onPath("fish")) {
      console.log("      skipped: there is no fish (Debian: apt-get install fish)");
      this.skip();
    }
    const script =
      'FLOUNDER completion fish | source; complete -C "flounder break router-f"; complete -C "flounder run --engine l"; complete -C "flounder sta"; complete -C "flounder validate READ"';
    expect(inShell("fish", ["--no-config"], script)).to.match(/^router-flush\nlocal\nstatus\t\S.*\nREADME\.md\n$/);
  });
});
