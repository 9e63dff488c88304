/**
 * One LUN: a TCP listener with one sftp-server process per connection, the bytes between them go through this process.
 * So a paused cabinet hangs its clients, and a killed one ends its sftp-servers: they see the end of their input.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Socket } from "node:net";
import { log } from "../base/log.js";

export interface ServedLun {
  readonly listening: Promise<void>;
  connections(): number;
  /** Ends every connection and its sftp-server. */
  stop(): void;
}

export function serveLun(host: string, port: number, [command = "", ...args]: readonly string[]): ServedLun {
  const live = new Map<Socket, ChildProcess>();
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    const sftp = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    live.set(socket, sftp);
    socket.pipe(sftp.stdin);
    sftp.stdout.pipe(socket);
    sftp.on("error", (error) => log.error({ err: error, port }, "sftp-server"));
    sftp.on("close", () => socket.destroy());
    // A connection that breaks ends in "close" as well; the sftp-server's own errors end it too.
    socket.on("error", () => {});
    sftp.stdin.on("error", () => {});
    socket.on("close", () => {
      live.delete(socket);
      sftp.kill("SIGKILL");
    });
  });
  const stop = () => {
    server.close();
    for (const [socket, sftp] of live) {
      sftp.kill("SIGKILL");
      socket.destroy();
    }
  };
  return {
    listening: new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    }),
    connections: () => live.size,
    stop,
  };
}
