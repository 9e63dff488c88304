/**
 * Looks for what a foundation left behind, with nothing of the harness's own reaper: processes by mark, working folder or executable, threads in
 * state D, mounts, and listeners on its ports. Prints each, exit 1 if there is any.
 *
 *   node scripts/leftovers.mjs ID DIR [PORT_BASE]
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

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

for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
  const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim());
  const state = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0]);
  const hung =
    attempt(() =>
      readdirSync(`/proc/${pid}/task`).filter(
        (task) => attempt(() => readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8").replace(/^.*\) /s, "")[0]) === "D",
      ),
    ) || [];
  if (state === "Z" && hung.length === 0) continue; // its parent has not asked for its exit code yet
  const why = [];
  if (
    attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"))
      .split("\0")
      .includes(`FLOUNDER_FOUNDATION=${id}`)
  )
    why.push("mark");
  if (attempt(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(dir)) why.push("cwd");
  if (attempt(() => readlinkSync(`/proc/${pid}/exe`)).startsWith(dir)) why.push("executable");
  if (command.includes(dir)) why.push("command line");
  if (why.length > 0) found.push(`process ${pid} (${why.join(", ")}${hung.length ? `, ${hung.length} threads hang` : ""}): ${command}`);
}
for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) if (line.split(" ")[4]?.startsWith(dir)) found.push(`mount ${line.split(" ")[4]}`);
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
