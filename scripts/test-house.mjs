/**
 * A house of its own for a test run, with a room for each of its processes: their temp and state folders lie in one new folder,
 * so what is there at the end was left behind by this run and by nobody else.
 * Looks with nothing of the harness's own reaper: processes, mounts, files, and what carries our label in Docker.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What was just told to end may need so long for it. */
const graceMs = 5000;
const label = "org.flounder.foundation";

const attempt = (read) => {
  try {
    return read();
  } catch {
    return ""; // it ended meanwhile, or is somebody else's
  }
};
/** Fields of /proc/PID/stat behind the command's name: state, parent, group … */
const statOf = (pid) =>
  attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1"))
    .replace(/^.*\) /s, "")
    .split(" ");
/** Pids are used again: with its start time a process is itself. */
const identity = (pid) => `${pid}:${statOf(pid)[19]}`;
const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

const docker = (...words) => {
  const { status, stdout } = spawnSync("docker", [...words, "--filter", `label=${label}`], { encoding: "utf8", timeout: 10_000 });
  return status === 0 ? stdout.split("\n").filter((line) => line !== "") : []; // no Docker, or none that answers
};
/**
 * Containers of foundations whose folder lies in the house: each has a part of it mounted. Networks and volumes say only whose they are: those of
 * foundations that have containers elsewhere are not ours.
 */
function dockers(dir) {
  const named = `{{.Label "${label}"}}`;
  const containers = docker("ps", "--all", "--no-trunc", "--format", `${named}\t{{.Names}}\t{{.Mounts}}`).map((line) => line.split("\t"));
  const others = new Set(containers.filter(([, , mounts]) => !mounts.includes(dir)).map(([id]) => id));
  const rest = (kind, ...words) =>
    docker(...words)
      .map((line) => line.split("\t"))
      .flatMap(([id, name]) => (others.has(id) ? [] : [`${kind} ${name}`]));
  return [
    ...containers.flatMap(([id, name]) => (others.has(id) ? [] : [`container ${name}`])),
    ...rest("network", "network", "ls", "--format", `${named}\t{{.Name}}`),
    ...rest("volume", "volume", "ls", "--format", `${named}\t{{.Name}}`),
  ];
}

/**
 * `roomFor(name)` makes a room and gives the variables that lead there; `leftovers()` resolves with `{ line, of }` for each thing that is left,
 * `of` being the name of the room, where it shows; `close()` removes the house.
 */
export function openHouse() {
  const dir = mkdtempSync(join(tmpdir(), "flounder-tests-"));
  chmodSync(dir, 0o755);
  const rooms = [];
  const before = new Set([...pids().map(identity), ...dockers(dir)]);
  const group = statOf(process.pid)[2];

  const processes = () =>
    pids().flatMap((pid) => {
      const [state, , of] = statOf(pid);
      if (!state || state === "Z" || before.has(identity(pid))) return [];
      const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim());
      const texts = [
        command,
        attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8")),
        ...["cwd", "exe"].map((link) => attempt(() => readlinkSync(`/proc/${pid}/${link}`))),
      ];
      // Not everything that a test starts is told of the house; what was not detached is in our group.
      return of === group || texts.some((text) => text.includes(dir)) ? [`process ${pid}: ${command || `[${state}]`}`] : [];
    });
  const mounts = () =>
    readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter((path) => path.startsWith(`${dir}/`))
      .map((path) => `mount ${path}`);
  const files = () =>
    rooms.flatMap(({ temp, state, name: of }) => [
      ...readdirSync(temp).map((name) => ({ line: `in the temp folder: ${join(temp, name)}`, of })),
      ...[...attempt(() => readdirSync(join(state, "flounder", "foundations")))].map((name) => ({ line: `foundation ${name}`, of })),
    ]);
  const ofWhom = (line) => ({ line, of: rooms.find((room) => line.includes(`${room.at}/`))?.name });
  const look = () => [
    ...[...processes(), ...mounts()].map(ofWhom),
    ...files(),
    ...dockers(dir)
      .filter((line) => !before.has(line))
      .map(ofWhom),
  ];

  return {
    roomFor(name) {
      // Paths of sockets are short: a number is.
      const at = join(dir, String(rooms.length));
      const [temp, state] = [join(at, "tmp"), join(at, "state")];
      for (const folder of [at, temp, state]) mkdirSync(folder);
      // Unprivileged components live in temp folders too.
      for (const folder of [at, temp]) chmodSync(folder, 0o755);
      rooms.push({ name, at, temp, state });
      return { TMPDIR: temp, XDG_STATE_HOME: state };
    },
    async leftovers() {
      const endMs = Date.now() + graceMs;
      let left = look();
      while (left.length > 0 && Date.now() < endMs) {
        await sleep(500);
        left = look();
      }
      return left;
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
