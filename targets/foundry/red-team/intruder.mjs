/** A tenant's app that looks around, hides, and tells what it found: pushed by apps.test.ts. Runs on Node alone. */
import { spawn } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, readlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const token = process.env.TOKEN;
const hoard = [];
const attempt = (what) => {
  try {
    return { got: what() };
  } catch (error) {
    return { refused: error.code ?? error.message };
  }
};
/** A shell that stands as long as it lives, with the token among its words. */
const stay = 'trap "" TERM HUP INT; while :; do sleep 1; done';
const away = (command, words, options = {}) =>
  spawn(command, words, { stdio: "ignore", detached: true, ...options })
    .on("error", () => {})
    .unref();

const hide = {
  "double fork and setsid": () => away("/bin/sh", ["-c", `(setsid /bin/sh -c '${stay}' ${token}-fork &) &`]),
  "no environment, folder / and another name": () => away("/bin/sh", ["-c", stay, `${token}-scrub`], { env: {}, cwd: "/", argv0: "kworker/0:0" }),
  "a deleted program": () => {
    const copy = join(tmpdir(), "passing");
    copyFileSync("/bin/sh", copy);
    const child = spawn(copy, ["-c", stay, `${token}-deleted`], { env: {}, cwd: "/", stdio: "ignore", detached: true });
    child.once("spawn", () => unlinkSync(copy));
    child.on("error", () => {});
    child.unref();
  },
  "nested namespaces": () => away("/bin/sh", ["-c", `unshare -Urpf --mount-proc /bin/sh -c '${stay}' ${token}-nested`], { env: {}, cwd: "/" }),
  "a port held by one that ignores signals": () =>
    away(
      process.execPath,
      [
        "-e",
        `for (const s of ["SIGTERM","SIGINT","SIGHUP"]) process.on(s, () => {}); require("net").createServer((s) => s.end("held")).listen(+process.argv[2], "127.0.0.1")`,
        `${token}-port`,
        process.env.HELD,
      ],
      { env: {}, cwd: "/" },
    ),
};

const look = {
  environment: () => process.env,
  processes: () =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map((pid) => ({
        pid: Number(pid),
        command: attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")).got,
        environment: attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8")),
        folder: attempt(() => readlinkSync(`/proc/${pid}/cwd`)),
      })),
  read: (path) => attempt(() => readFileSync(path, "utf8")),
  list: (path) => attempt(() => readdirSync(path)),
  write: (path) => attempt(() => writeFileSync(path, "intruder") ?? "written"),
  kill: (pid) => attempt(() => process.kill(Number(pid), "SIGKILL")),
  killEverybody: () => attempt(() => process.kill(-1, "SIGCONT")),
  limits: () => readFileSync("/proc/self/limits", "utf8"),
  status: () => readFileSync("/proc/self/status", "utf8"),
  namespace: () => new Promise((resolve) => spawn("unshare", ["-Ur", "true"], { stdio: "ignore" }).on("close", resolve)),
  socket: (path) =>
    new Promise((resolve) => {
      const socket = connect({ path }, () => resolve({ got: "connected" }));
      socket.once("error", (error) => resolve({ refused: error.code }));
    }),
  /** How many processes it can have: each sleeps until all are ended. */
  bomb: () =>
    new Promise((resolve) => {
      const all = "i=0; while [ $i -lt 2000 ]; do sleep 60 & i=$((i+1)); echo $i; done";
      let said = "";
      const child = spawn("/bin/sh", ["-c", all], { stdio: ["ignore", "pipe", "ignore"], detached: true });
      child.stdout.on("data", (text) => {
        said += text;
      });
      child.on("exit", () => {
        process.kill(-child.pid, "SIGKILL");
        resolve(Number(said.trim().split("\n").at(-1)));
      });
    }),
  /** More memory than it may have, in one of several ways; it goes on until it is ended. */
  grow: (how) => {
    const file = 'import os, time\nfile = os.memfd_create("x")\nwhile True:\n  os.write(file, b"x" * 4000000)\n  time.sleep(.01)';
    const ways = {
      heap: () => setInterval(() => hoard.push(Buffer.alloc(4e6, 1)), 10),
      children: () => {
        for (let i = 0; i < 8; i++) away(process.execPath, ["-e", "globalThis.held = Buffer.alloc(16e6, 1); setInterval(() => {}, 1e6)"]);
      },
      "a file without a name": () => away("python3", ["-c", file]),
    };
    return attempt(() => void ways[how]());
  },
  /** More of the processors than it may have. */
  burn: (count) => {
    for (let i = 0; i < Number(count); i++) away("/bin/sh", ["-c", "while :; do :; done", `${token}-burn`]);
    return count;
  },
  hide: () => Object.entries(hide).map(([how, now]) => [how, attempt(now).refused ?? "tried"]),
};

createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://here");
  const ask = look[pathname.slice(1)];
  const answer = ask ? await ask(searchParams.get("of")) : { got: "alive" };
  response.end(JSON.stringify(answer));
}).listen(Number(process.env.PORT), process.env.VCAP_APP_HOST);
