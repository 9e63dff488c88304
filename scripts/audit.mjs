/**
 * Known vulnerabilities of what users install (`npm audit`: what they bundle is a development dependency), against scripts/audit-exceptions.json: each finding that stays has its reason there.
 * Exit status: 0 nothing else was found · 1 something was, or an exception is of no use any more · 2 the registry did not answer, so nothing is known.
 * Try it: node scripts/audit.mjs
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lastChars = 400;

/** id → { package, reason }; throws with what is wrong with the file. */
function exceptions(path) {
  const listed = JSON.parse(readFileSync(path, "utf8"));
  for (const [id, one] of Object.entries(listed))
    if (typeof one?.package !== "string" || typeof one.reason !== "string" || one.reason.trim().length < 20)
      throw new Error(`${id} needs the name of its package and a reason of at least 20 characters`);
  return listed;
}

/** Advisories by id (GHSA-…), or why there are none to be had. */
function findings(dir) {
  const { stdout, stderr, error } = spawnSync("npm", ["audit", "--json"], { cwd: dir, encoding: "utf8" });
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return { why: error?.message ?? (stderr.trim().slice(-lastChars) || "npm audit gave no JSON") };
  }
  if (report.auditReportVersion !== 2) return { why: report.message ?? report.error?.summary ?? JSON.stringify(report).slice(0, lastChars) };
  const found = new Map();
  for (const { via } of Object.values(report.vulnerabilities)) for (const one of via) if (typeof one !== "string") found.set(one.url.split("/").at(-1), one);
  return { found };
}

const [dir = root, path = join(root, "scripts", "audit-exceptions.json")] = process.argv.slice(2);
const listed = exceptions(path);
const { found, why } = findings(dir);
if (!found) {
  console.log(
    `audit: NOT DONE: ${why}\n  → nothing is known about vulnerabilities; ask a registry that answers audits: npm_config_registry=URL node scripts/audit.mjs`,
  );
  process.exit(2);
}
const covers = (id, { name }) => listed[id]?.package === name;
const open = [...found].filter(([id, one]) => !covers(id, one));
for (const [id, { name, severity, title, range, url }] of open)
  console.log(`audit: ${id}: ${name} ${range} (${severity}): ${title}\n  → update it, or list it with a reason in scripts/audit-exceptions.json; ${url}`);
for (const [id, one] of [...found].filter(([id, one]) => covers(id, one))) console.log(`audit: ${id}: ${one.name} stays: ${listed[id].reason}`);
const stale = Object.keys(listed).filter((id) => !found.has(id) || !covers(id, found.get(id)));
for (const id of stale) console.log(`audit: ${id}: not found any more\n  → remove it from scripts/audit-exceptions.json`);
if (open.length + stale.length > 0) process.exit(1);
console.log(`audit: clean${found.size > 0 ? `, but for ${found.size} with a reason` : ""}`);
