/**
 * harness/ and faults/ know no platform: none of their code has a role, a component or a subject of a system in targets/ in a text, or a platform's word anywhere.
 * Comments and tests may. Roles and components are read from the targets' topologies, so a new target brings its own.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "chai";
import { root } from "../paths.js";
import { listTargets, loadTarget } from "../registry.js";

/** Words that are nobody's but a platform's, wherever they stand: in a text, a name or a part of one. */
const platformWords = ["foundry", "gorouter", "droplet", "postgres", "nats", "ccdb", "cabinet", "lun", "luns", "dea", "deas", "vcap", "uaa", "x-cf-", "cf_"];

/** Roles and other words that are common ones as well. What is meant by them there stands behind each. */
const common: Readonly<Record<string, string>> = {
  dns: "a kind of question, and of an outcome",
  service: "a part of a compose document",
  web: "a word of HTTP",
  store: "a verb",
};

/** Places that may, with the words that they may have, and why. A place that no longer has one must go from here. */
const allowed: readonly (readonly [file: string, words: readonly string[], why: string])[] = [
  ["harness/core/topology.ts", ["nats", "postgres"], "names of protocols, as http is one"],
  ["harness/engines/knock.ts", ["nats", "postgres"], "how each protocol is knocked at"],
  ["harness/cli/words/environment.ts", ["nats"], "PATH's help: which tools are looked for there"],
  ["harness/engines/compose/file.ts", ["nats", "postgres"], "where the programs of others come from, which targets name as tools"],
  ["harness/engines/compose/image/image-content.ts", ["nats", "postgres"], "where the programs of others come from, which targets name as tools"],
  ["harness/engines/local/engine.ts", ["postgres"], "where the programs of others come from, which targets name as tools"],
  ["harness/engines/local/mounts/open-folder.ts", ["postgres"], "where the programs of others come from, which targets name as tools"],
  ["harness/engines/local/toolbox.ts", ["postgres"], "where the programs of others come from, which targets name as tools"],
  ["harness/engines/tools/pins.ts", ["nats", "postgres"], "where the programs of others come from, which targets name as tools"],
  ["harness/engines/tools/postgres-template.ts", ["postgres"], "where the programs of others come from, which targets name as tools"],
  ["harness/engines/tools/versions.ts", ["nats", "postgres"], "where the programs of others come from, which targets name as tools"],
  ["faults/nats-mute.ts", ["router"], "its name and its default are what users have in their plans"],
  ["faults/storage-full.ts", ["luns"], "an option that users have in their plans"],
];

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      if (!["testing", "fixtures"].includes(entry.name)) yield* sources(path);
    } else if (entry.name.endsWith(".ts") && !entry.name.includes(".test.")) yield path;
  }
}
const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/(^|[\s;,{(])\/\/.*$/gm, "$1");

interface Banned {
  /** Roles: banned as a whole text, and as the beginning of a component's or a link's name. */
  readonly roles: readonly string[];
  readonly words: readonly string[];
}
/** What of it stands in that code. A fault's own name is its user's word for it. */
function found(code: string, { roles, words }: Banned, own = ""): string[] {
  const plain = withoutComments(code).replaceAll(`"${own}"`, '""');
  const texts = [...plain.matchAll(/"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
  const inText = roles.filter((role) =>
    texts.some(
      (text) =>
        new RegExp(`(^|[\\s'"(>:*=])${role}([-.>:][\\w*]|$)`).test(text) &&
        (text === role || !/\s/.test(text) || new RegExp(`\\b${role}-(\\d|\\*)`).test(text)),
    ),
  );
  // camelCase and kebab-case are taken apart: lunPath has the word lun.
  const parts = plain.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return [
    ...new Set([
      ...inText,
      ...words.filter((word) => new RegExp(`(?<![a-z0-9])${word}${word.endsWith("-") || word.endsWith("_") ? "" : "(?![a-z0-9])"}`).test(parts)),
    ]),
  ];
}

describe("the words of a platform", () => {
  let banned: Banned;
  before(async () => {
    const systems = await Promise.all(listTargets().map((name) => loadTarget(name)));
    const roles = systems.flatMap((system) =>
      system.profiles.flatMap((profile) => system.topology(profile, system.timeFactorOf(profile), {}).components.map(({ role }) => role)),
    );
    banned = { roles: [...new Set(roles)].filter((role) => !Object.hasOwn(common, role)), words: platformWords };
  });

  it("stand nowhere in harness/ and faults/", () => {
    const wrong = ["harness", "faults"].flatMap((top) =>
      [...sources(join(root, top))].flatMap((path) => {
        const name = relative(root, path);
        const may = allowed.find(([file]) => file === name)?.[1] ?? [];
        const own = top === "faults" ? name.slice("faults/".length, -".ts".length) : "";
        return found(readFileSync(path, "utf8"), banned, own)
          .filter((word) => !may.includes(word))
          .map((word) => `${name}: ${word}`);
      }),
    );
    expect(wrong, "the target supplies it: see docs/targets.md").to.deep.equal([]);
  });

  it("are seen when one is put in, as a role, in a component's name, in a name of ours, in a header", () => {
    const seen = (code: string) => found(code, banned);
    expect(seen('if (component.role === "router") return;')).to.deep.equal(["router"]);
    expect(seen("await call(`entries-1`);")).to.deep.equal(["entries"]);
    expect(seen('select({ of: "dea-*>nats-1" })')).to.include.members(["dea", "nats"]);
    expect(seen("const lunPath = 1;")).to.deep.equal(["lun"]);
    expect(seen('headers["x-cf-routererror"]')).to.deep.equal(["x-cf-"]);
    expect(seen("// a router\nconst asked = 1; /* nats-1 */")).to.deep.equal([]);
  });

  it("need no leave where they no longer are", () => {
    const idle = allowed
      .filter(([file, words]) => !words.every((word) => readFileSync(join(root, file), "utf8").toLowerCase().includes(word)))
      .map(([file]) => file);
    expect(idle).to.deep.equal([]);
  });
});
