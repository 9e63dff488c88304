/**
 * Writes docs/seeds.md from the tests: what is broken on purpose, by which test. Run it after changing a tag: node scripts/seeds.mjs
 * A tag is a comment directly above it( or describe(: "// seed: NAME <- what breaks it", or "// seeds: NAME, NAME <- what breaks them".
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const page = join(root, "docs", "seeds.md");
const folders = ["faults", "harness", "targets"];
/** What is tried on every engine is defined in a folder of its own. */
const tests = /\.(test|chaos)\.ts$|\/conformance\/[^/]+\.ts$/;

/** All that can grow into an outage; each has a test that breaks it. */
export const required = [
  "Cloud Controller pool",
  "DEA",
  "DEA node",
  "Health Manager and its alerts",
  "message bus",
  "router pool",
  "load balancer",
  "firewall",
  "external and internal DNS",
  "services",
  "frameworks and runtimes",
  "resource matching",
  "droplet and its start/stop scripts",
  "storage cabinet",
  "power supply",
  "LUN",
  "mirroring",
  "CCDB and its backup",
  "monitoring",
  "automatic recovery",
  "playbook and paper-only work",
  "the three forms (micro, org, com)",
  "EC2-style re-mirroring storm",
];

/** Tags in a test's source, in order: seeds, what breaks them, and the title of the test below. Throws where a tag is not what it must be. */
export function tagsOf(source, name) {
  const lines = source.split("\n");
  return lines.flatMap((line, i) => {
    const tag = /^\s*\/\/ seeds?: (.*)$/.exec(line);
    if (!tag) return [];
    const at = `${name}:${i + 1}`;
    const [names, breaks] = tag[1].split(" <- ");
    if (!breaks) throw new Error(`${at}: expected "// seed: NAME <- what breaks it"`);
    // The formatter puts a comment above the loop that makes the tests.
    const below = lines.slice(i + 1).find((one) => !/^\s*for \(.*\)$/.test(one));
    const title = /^\s*(?:it|describe)\((["'`])(.*?)\1, /.exec(below ?? "")?.[2];
    if (title === undefined) throw new Error(`${at}: the line below must be it("…" or describe("…"`);
    // A comma within brackets is part of a name.
    return names.split(/, (?![^(]*\))/).map((seed) => {
      if (!required.includes(seed)) throw new Error(`${at}: there is no seed "${seed}"; there are ${required.join(" · ")}`);
      return { seed, breaks: breaks.trim(), title: title.replace(/\$\{[^}]*\}/g, "…"), file: name };
    });
  });
}

/** Every tag of every test, by seed in the order of the list, then by file. */
export function seeds() {
  const found = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => join(root, folder, name))
      .filter((path) => tests.test(path))
      .sort()
      .flatMap((path) => tagsOf(readFileSync(path, "utf8"), relative(root, path).split(sep).join("/"))),
  );
  return required.map((seed) => ({ seed, tests: found.filter((one) => one.seed === seed) }));
}

const cell = (text) => text.replaceAll("|", "\\|");

/** docs/seeds.md as it must be. */
export function markdown() {
  const rows = seeds().flatMap(({ seed, tests: all }) =>
    all.map(({ breaks, file, title }, i) => `| ${i === 0 ? `**${seed}**` : ""} | ${cell(breaks)} | [${file}](../${file}): ${cell(title)} |`),
  );
  return `# Seeds of an outage, and the tests that break each

Generated from the tests by \`node scripts/seeds.mjs\`; do not edit. Each test breaks the real thing, and looks from outside at what follows.

| Seed | What breaks it | Test |
| --- | --- | --- |
${rows.join("\n")}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, markdown());
