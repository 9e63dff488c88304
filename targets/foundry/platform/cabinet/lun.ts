/**
 * One LUN: a TCP listener with one sftp-server process per connection, the bytes between them go through this process.
 * So a paused cabinet hangs its clients, and a killed one ends its sftp-servers: they see the end of their input. Without power
 * the LUN stalls (held: bytes wait on both sides, and go on where they were) or is gone (refused).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Socket } from "node:net";
import { log } from "../base/log.js";

export interface ServedLun {
  readonly listening: Promise<void>;
  connections(): number;
  /** While held nothing is answered; connections stay open, new ones are taken and wait. */
  hold(held: boolean): void;
  /** Ends every connection and its sftp-server and refuses new ones, until back(). */
  drop(): void;
  /** Listens again after drop(). */
  back(): Promise<void>;
  /** Ends every connection and its sftp-server. */
  stop(): void;
}

export function serveLun(host: string, port: number, command: string, dir: string): ServedLun {
  const live = new Map<Socket, ChildProcess>();
  let held = false;
  const flow = (socket: Socket, { stdin, stdout }: ChildProcess) => {
    if (!stdin || !stdout) return;
    if (held) {
      socket.unpipe(stdin).pause();
      stdout.unpipe(socket).pause();
    } else {
      socket.pipe(stdin);
      stdout.pipe(socket);
    }
  };
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    const sftp = spawn(command, { cwd: dir, stdio: ["pipe", "pipe", "inherit"] });
    live.set(socket, sftp);
    flow(socket, sftp);
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
  const drop = () => {
    server.close();
    for (const [socket, sftp] of live) {
      sftp.kill("SIGKILL");
      socket.destroy();
    }
  };
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  return {
    listening: listen(),
    connections: () => live.size,
    hold(to) {
      if (held === to) return;
      held = to;
      for (const [socket, sftp] of live) flow(socket, sftp);
    },
    drop,
    back: async () => {
      if (!server.listening) await listen();
    },
    stop: drop,
  };
}
