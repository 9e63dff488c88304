/** Every command line that code, docs and error hints advise is one that there is, with the flags that it names. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "chai";
import type { Command } from "commander";
import { root } from "../paths.js";
import { programFor } from "./program.js";

function* files(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && !["node_modules", "apps"].includes(entry.name)) yield* files(path);
    else if (/\.(ts|mjs|md)$/.test(entry.name) && !/\.test\.ts$/.test(entry.name)) yield path;
  }
}
const pages = ["harness", "faults", "targets", "docs", "bin", "compose"].flatMap((top) => [...files(join(root, top))]).concat(join(root, "README.md"));

/** What is wrong with "flounder WORDS"; undefined: nothing, or it is no command line but a sentence. */
function wrong(program: Command, text: string): string | undefined {
  // A quoted word is some other program's, blanks and flags included.
  const [name, ...words] = text.match(/"[^"]*"|\S+/g) ?? [];
  let command = program.commands.find((one) => one.name() === name);
  if (!command) return /^[a-z]+$/.test(name ?? "") ? `there is no command "${name}"` : undefined;
  const below = command.commands.find((one) => one.name() === words[0]);
  if (below) command = below;
  const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short]).concat("--help", "-h");
  const flag = words
    .slice(0, words.includes("--") ? words.indexOf("--") : undefined)
    .find((word) => /^--?[a-zA-Z]/.test(word) && !known.includes(word.split("=")[0]));
  return flag === undefined ? undefined : `flounder ${name} has no ${flag}`;
}
/** Behind a quote, a back-tick, an arrow, "Try it:" or "Example:" it is a command line; in a sentence it may be anything. */
const advised = /(?:[`"'“]|→ |Try it: |Example: |^\s*|: |then |, )(?:node bin\/)?flounder(?:\.mjs)? ([a-z][a-z-]*(?: (?:[^\s`"“”;#→]|\\"|"[^"\n`]*")+)*)/gm;

describe("advised command lines", () => {
  it("name commands and flags that there are", async () => {
    const program = await programFor();
    const names = new Set(program.commands.map((one) => one.name()));
    let looked = 0;
    const found = pages.flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(advised)].flatMap(([, text]) => {
        const words = text!.split(/, (?!-)/)[0]!.replace(/[.,)]+$/, "");
        // Prose goes on behind the name: only what begins like a command is held to its flags.
        if (!names.has(words.split(" ")[0]!) && !/ --?[a-z]/.test(words)) return [];
        looked++;
        const says = wrong(program, words);
        return says === undefined ? [] : [`${relative(root, path)}: flounder ${words}: ${says}`];
      }),
    );
    expect(looked).to.be.above(120);
    expect(found).to.deep.equal([]);
  });

  it("that do not exist are seen", async () => {
    const program = await programFor();
    expect(wrong(program, "stop --release")).to.equal("flounder stop has no --release");
    expect(wrong(program, "break link-cut --on 'cc-1>ccdb-1' --option how=reset")).to.equal("flounder break has no --option");
    expect(wrong(program, "brake link-cut")).to.equal('there is no command "brake"');
    expect(wrong(program, "watch --url http://x/ -- cf push --strategy rolling")).to.equal(undefined);
    expect(wrong(program, 'run day-2 --load "vegeta attack -rate 50" --fast')).to.equal("flounder run has no --fast");
    expect(wrong(program, 'run day-2 --load "vegeta attack -rate 50"')).to.equal(undefined);
  });
});
