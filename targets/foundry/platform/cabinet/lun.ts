/**
 * One LUN: a TCP listener with one sftp-server process per connection, the bytes between them go through this process and its gate (lun-gate.ts).
 * So a paused cabinet hangs its clients, and a killed one ends its sftp-servers: they see the end of their input. Without power
 * the LUN stalls (held: bytes wait on both sides, and go on where they were) or is gone (refused).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Socket } from "node:net";
import { log } from "../base/log.js";
import { introduced } from "./introduction.js";
import type { Gated, LunGate } from "./lun-gate.js";

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

interface Connection extends Gated {
  readonly sftp: ChildProcess;
}

export interface SftpServer {
  /** One process per connection, over stdio, started in the LUN's folder. */
  readonly command: string;
  /** The secret that a client's proxy says first. */
  readonly introduction: string;
}

export function serveLun(host: string, port: number, { command, introduction }: SftpServer, gate: LunGate): ServedLun {
  /** Connected, introduced or not. */
  const coming = new Set<Socket>();
  const live = new Map<Socket, Connection>();
  let held = false;
  /** What is under way while it is held waits in the gate. */
  const flow = (socket: Socket, { sftp, toServer, toClient }: Connection) => {
    if (!sftp.stdin) return;
    if (held) {
      toServer.unpipe(sftp.stdin);
      toClient.unpipe(socket);
    } else {
      toServer.pipe(sftp.stdin);
      toClient.pipe(socket);
    }
  };
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    // A connection that breaks ends in "close" as well; the sftp-server's own errors end it too.
    socket.on("error", () => {});
    coming.add(socket);
    socket.on("close", () => coming.delete(socket));
    introduced(socket, introduction, (rest) => begin(socket, rest));
  });
  const begin = (socket: Socket, rest: Buffer) => {
    const sftp = spawn(command, { cwd: gate.dir, stdio: ["pipe", "pipe", "inherit"] });
    const connection = { sftp, ...gate.connection() };
    const { toServer, toClient } = connection;
    live.set(socket, connection);
    if (rest.length > 0) toServer.write(rest);
    socket.pipe(toServer);
    sftp.stdout.pipe(toClient);
    flow(socket, connection);
    sftp.on("error", (error) => log.error({ err: error, port }, "sftp-server"));
    sftp.on("close", () => socket.destroy());
    for (const stream of [toServer, toClient]) stream.on("error", () => socket.destroy());
    sftp.stdin.on("error", () => {});
    socket.on("close", () => {
      live.delete(socket);
      toServer.destroy();
      toClient.destroy();
      sftp.kill("SIGKILL");
    });
  };
  const drop = () => {
    server.close();
    for (const { sftp } of live.values()) sftp.kill("SIGKILL");
    for (const socket of coming) socket.destroy();
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
      for (const [socket, connection] of live) flow(socket, connection);
    },
    drop,
    back: async () => {
      if (!server.listening) await listen();
    },
    stop: drop,
  };
}
