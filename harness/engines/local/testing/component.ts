/** A component of the fixture platform; the role is its argument. Asked over its admin port, it does the things that tests want to see broken. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";

const [, , role] = process.argv;
const { env } = process;
const data = env.DATA_DIR ?? "";

const secrets = () => JSON.parse(readFileSync(env.SECRETS_FILE ?? "", "utf8")) as Record<string, string>;

/** One sftp-server per connection that the proxy introduces, as the protocol over a bare TCP port wants it. */
function serveLun(port: number, dir: string): void {
  createTcpServer(async (socket) => {
    socket.on("error", () => undefined);
    const introduction = `FLOUNDER ${secrets()[`sftp:${env.FLOUNDER_COMPONENT}`]}\n`;
    while (socket.readableLength < introduction.length && !socket.destroyed)
      await new Promise((resolve) => socket.once("readable", resolve).once("close", resolve));
    if (String(socket.read(introduction.length)) !== introduction) return void socket.destroy();
    const child = spawn(env.SFTP_SERVER ?? "", { cwd: dir, stdio: ["pipe", "pipe", "inherit"] });
    socket.setNoDelay(true).pipe(child.stdin);
    child.stdout.pipe(socket);
    for (const stream of [socket, child.stdin]) stream.on("error", () => undefined);
    child.on("exit", () => socket.destroy());
    socket.on("close", () => child.kill());
  }).listen(port, env.BIND_HOST);
}

if (role === "prepare") writeFileSync(join(data, "prepared"), `${process.getuid?.()}`);
else if (role === "app") createServer((_, answer) => answer.end("app")).listen(Number(env.PORT), env.BIND_HOST);
else {
  const routes: Record<string, () => unknown> = {
    "/healthz": () => "ok",
    "/env": () => env,
    "/pid": () => process.pid,
    "/secrets": () => ({ mode: statSync(env.SECRETS_FILE ?? "").mode & 0o777, granted: secrets() }),
    "/prepared": () => readFileSync(join(data, "prepared"), "utf8"),
    "/exit": () => setTimeout(() => process.exit(3), 10) && "leaving",
    // An app outlives its agent: a session of its own, and the marks.
    "/app": () => {
      const slot = (env.SLOTS ?? "").split(",")[0]?.split(":")[0];
      return spawn(process.execPath, [process.argv[1]!, "app"], { env: { ...env, PORT: slot }, detached: true, stdio: "ignore" }).pid;
    },
    // A holder of a file on the LUN: a process of its own that keeps writing.
    "/write": () => {
      const script = `const f=require("fs");const d=f.openSync(process.argv[1],"w");for(;;){f.writeSync(d,"x",0);f.fsyncSync(d);Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,20)}`;
      return spawn(process.execPath, ["-e", script, join(env.MOUNT_LUN_1 ?? "", "held")], { detached: true, stdio: "ignore" }).pid;
    },
    "/blob": async () => writeFile(join(env.MOUNT_LUN_1 ?? "", "blob"), "whole"),
  };
  if (role === "cabinet") {
    const dir = join(data, "luns", "lun-1");
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, ".lun"), "lun-1");
    serveLun(Number(env.PORT_LUN_1), dir);
  }
  if (role === "cc") createServer((_, answer) => answer.end("api")).listen(Number(env.PORT_API), env.BIND_HOST);
  createServer(async (request, answer) => {
    const act = routes[request.url ?? ""];
    try {
      answer.end(JSON.stringify((await act?.()) ?? null));
    } catch (error) {
      answer.writeHead(500).end(JSON.stringify({ error: String(error) }));
    }
  }).listen(Number(env.PORT_ADMIN), env.BIND_HOST);
  process.on("SIGTERM", () => process.exit(0));
}
