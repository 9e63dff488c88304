/**
 * Looks for what a foundation left behind, with nothing of the harness's own reaper: processes by mark, working folder, executable, command line or control group,
 * threads in state D, mounts, sockets, temp folders, control groups, packet rules, network namespaces, and listeners on its ports. Prints each, exit 1 if there is any.
 *
 *   node scripts/leftovers.mjs ID DIR [PORT_BASE]
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [id, dir, portBase] = process.argv.slice(2);
if (!id || !dir) {
  console.error("usage: node scripts/leftovers.mjs ID DIR [PORT_BASE]");
  process.exit(64);
}
const found = [];
const attempt = (read) => {
  try {
    return read();
  } catch {
    return ""; // it ended meanwhile
  }
};
const list = (path) => attempt(() => readdirSync(path)) || [];
/** Where its components live that are other users, beside the state folder. */
const openFolder = `/flounder-${id}-`;
const inside = (path) => path === dir || path.startsWith(`${dir}/`) || path.includes(openFolder);

for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
  const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim());
  const state = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0]);
  const hung = list(`/proc/${pid}/task`).filter(
    (task) => attempt(() => readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8").replace(/^.*\) /s, "")[0]) === "D",
  );
  if (state === "Z" && hung.length === 0) continue; // its parent has not asked for its exit code yet
  const why = [];
  if (
    attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"))
      .split("\0")
      .includes(`FLOUNDER_FOUNDATION=${id}`)
  )
    why.push("mark");
  if (inside(attempt(() => readlinkSync(`/proc/${pid}/cwd`)))) why.push("cwd");
  if (inside(attempt(() => readlinkSync(`/proc/${pid}/exe`)))) why.push("executable");
  if (command.includes(dir) || command.includes(openFolder)) why.push("command line");
  if (attempt(() => readFileSync(`/proc/${pid}/cgroup`, "utf8")).includes(id)) why.push("control group");
  if (why.length > 0) found.push(`process ${pid} (${why.join(", ")}${hung.length ? `, ${hung.length} threads hang` : ""}): ${command}`);
}
for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
  const path = line.split(" ")[4] ?? "";
  if (inside(path)) found.push(`mount ${path}`);
}
for (const line of attempt(() => readFileSync("/proc/net/unix", "utf8")).split("\n")) {
  const path = line.trim().split(/\s+/)[7] ?? "";
  if (inside(path) || (path.startsWith("@") && path.includes(id))) found.push(`socket ${path}`);
}
for (const place of new Set([tmpdir(), "/var/tmp", "/tmp"]))
  for (const name of list(place))
    if (`/${name}`.startsWith(openFolder) && /^[A-Za-z0-9]{6}$/.test(name.slice(openFolder.length - 1))) found.push(`folder ${join(place, name)}`);
const groups = (folder) => {
  for (const entry of attempt(() => readdirSync(folder, { withFileTypes: true })) || []) {
    if (!entry.isDirectory()) continue;
    if (entry.name.includes(id)) found.push(`control group ${join(folder, entry.name)}`);
    else groups(join(folder, entry.name));
  }
};
groups("/sys/fs/cgroup");
for (const name of list("/run/netns")) if (name.includes(id)) found.push(`network namespace ${name}`);
for (const line of (spawnSync("nft", ["list", "ruleset"], { encoding: "utf8" }).stdout ?? "").split("\n"))
  if (line.includes(id)) found.push(`packet rule ${line.trim()}`);
if (portBase) {
  const [from, to] = [Number(portBase), Number(portBase) + 600];
  for (const line of [...readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1), ...readFileSync("/proc/net/tcp6", "utf8").split("\n").slice(1)]) {
    const [, local, , state] = line.trim().split(/\s+/);
    const port = Number.parseInt(local?.split(":")[1] ?? "", 16);
    if (state === "0A" && port >= from && port < to) found.push(`listener on port ${port}`);
  }
}
for (const line of found) console.log(line);
if (found.length > 0) process.exit(1);
