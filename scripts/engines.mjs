/**
 * Writes docs/engines.md from what the engines say that they can do: capability × role × way, on the profile that has every role. Run it after
 * changing an engine or the topology: node scripts/engines.mjs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const page = join(root, "docs", "engines.md");
const load = (path) => import(pathToFileURL(join(root, "dist", "harness", path)).href);

const [profile, timeFactor] = ["com", 10];
/** Each way by itself: an engine may have one and not the other. Those of config are the platform's, by role. */
const mountWays = ["detach", "hang", "read-only", "slow"];
const withoutFuse = "local, without FUSE";

/** What each engine does about it, in a few words; what the table has no row for. */
const means = {
  process: "killed (the agent alone, or its node with all that it spawned), paused, resumed, started; held dead until it is started",
  link: "refuses, resets, swallows, comes late, is narrow: Toxiproxy, one server per class of link",
  links: "all links of a component at once",
  mount: "a LUN as its component sees it: sshfs over Toxiproxy",
  power: "a supply flickers and goes away with what hangs on it",
  content: "blobs are not what their names say",
  room: "LUNs take no new bytes",
  table: "flushed, held empty, poisoned",
  config: "wiped, whole or in part; restored from the saved copy",
  rules: "a rule drops or rejects everybody",
  pool: "a balancer is drained",
  subjects: "nobody is heard on a subject of the bus",
  console: "an operator slips: on the wrong target, out of turn, in the wrong terminal",
};
/** Why one cannot do what another can, by column and row. */
const why = {
  [withoutFuse]: {
    "mount: hang": "a LUN is a link to the cabinet's folder then: nothing stands between that could keep silent",
    "mount: read-only": "there is no mount that could be made so",
    "mount: slow": "a local folder answers at once",
    room: "whoever writes to a link asks no cabinet, and has the room of this machine",
  },
};

/** By row, which roles have it, as this engine plans it. */
function rowsOf(targets) {
  const rows = new Map();
  const add = (row, role) => rows.set(row, (rows.get(row) ?? new Set()).add(role));
  for (const { role, can, ways, kind, class: of } of targets)
    for (const capability of can) {
      const words = ways[capability] ?? [];
      if (kind === "link") add(`link: ${of}`, role);
      else if (words.length === 0) add(capability, role);
      else for (const way of words) add(`${capability}: ${way}`, role);
    }
  return rows;
}

/** Every engine, and the local one where FUSE does not work, by the name of its column. */
async function columns() {
  const { listEngines, loadEngine, loadTarget } = await load("registry.js");
  const { localEngine } = await load("engines/local/engine.js");
  const system = await loadTarget("foundry");
  const topology = system.topology(profile, timeFactor, {});
  const verdict = (ways) => async () => ({ works: ways.length > 1, ways, why: "" });
  const all = [
    ["local", localEngine(loadTarget, verdict(mountWays))],
    [withoutFuse, localEngine(loadTarget, verdict(["detach"]))],
  ];
  for (const name of listEngines()) if (name !== "local") all.push([name, await loadEngine(name)]);
  return Promise.all(all.map(async ([name, engine]) => [name, rowsOf(await engine.targets(topology, system))]));
}

/** docs/engines.md as it must be. Throws where an engine cannot do what another can and nobody says why, or somebody says why it cannot what it can. */
export async function markdown() {
  const engines = await columns();
  const order = Object.keys(means);
  const rows = [...new Set(engines.flatMap(([, own]) => [...own.keys()]))];
  const at = (row) => order.indexOf(row.split(":")[0]);
  const unknown = rows.filter((row) => at(row) < 0);
  if (unknown.length > 0) throw new Error(`scripts/engines.mjs does not say what this means: ${unknown.join(", ")}`);
  rows.sort((a, b) => at(a) - at(b) || a.localeCompare(b));

  const notes = [];
  const cell = (name, own, row, roles) => {
    const has = own.get(row);
    const reason = why[name]?.[row];
    if (has && [...roles].every((role) => has.has(role))) {
      if (reason) throw new Error(`scripts/engines.mjs says why ${name} has no "${row}", and it has it`);
      return "yes";
    }
    if (!reason) throw new Error(`scripts/engines.mjs must say why ${name} has no "${row}" for ${[...roles].filter((role) => !has?.has(role)).join(", ")}`);
    notes.push(`${name}, ${row}: ${reason}.`);
    return `no <sup>${notes.length}</sup>`;
  };
  const lines = rows.map((row) => {
    const roles = new Set(engines.flatMap(([, own]) => [...(own.get(row) ?? [])]));
    return `| ${row} | ${[...roles].sort().join(", ")} | ${engines.map(([name, own]) => cell(name, own, row, roles)).join(" | ")} |`;
  });
  return `# Engines, and what each can do

Generated by \`node scripts/engines.mjs\` from what the engines say of profile \`${profile}\`; do not edit. One suite tries all of it on each engine: \`npm run conformance\`.

| Capability | Roles | ${engines.map(([name]) => name).join(" | ")} |
| --- | --- | ${engines.map(() => "---").join(" | ")} |
${lines.join("\n")}

${notes.map((note, i) => `${i + 1}. ${note}`).join("\n")}

What they mean:

${order.map((name) => `- \`${name}\`: ${means[name]}.`).join("\n")}
${measured()}`;
}

/** What was measured by hand is kept as it stands on the page, below this heading. */
const heading = "\n## Measured\n";
function measured() {
  let text = "";
  try {
    text = readFileSync(page, "utf8");
  } catch {
    return "";
  }
  const at = text.indexOf(heading);
  return at < 0 ? "" : text.slice(at);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await import("./build.mjs");
  writeFileSync(page, await markdown());
}
