/** How a place looks to a stranger who dials it: sockets of our own, none of the engine's knocks. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { PortProtocol } from "../../../harness/core.js";
import { opening } from "../contract/sftp.js";

export interface At {
  readonly host: string;
  readonly port: number;
}
/** refused: nobody listens, or nobody is there; silence: connected, and nothing comes; closed: hung up on without a byte. */
export type Ring = "answers" | "refused" | "reset" | "closed" | "silence";

/** What makes a server of that protocol say its first byte; NATS greets by itself. */
const greetings: Readonly<Record<PortProtocol, Buffer>> = {
  http: Buffer.from("GET / HTTP/1.1\r\nHost: ring.invalid\r\nConnection: close\r\n\r\n"),
  nats: Buffer.alloc(0),
  // SSLRequest of PostgreSQL's protocol 3; SSH_FXP_INIT of SFTP 3.
  postgres: Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]),
  sftp: opening,
  tcp: Buffer.alloc(0),
  udp: Buffer.alloc(0),
};
const connectMs = 1000;

/** `first` goes out before what makes it answer: an SFTP server wants to be told who asks. */
export function ring(at: At, protocol: PortProtocol, answerMs = 500, first = ""): Promise<Ring> {
  return new Promise((resolve) => {
    const socket = connect({ ...at, autoSelectFamily: false });
    const end = (seen: Ring) => {
      clearTimeout(late);
      socket.destroy();
      resolve(seen);
    };
    let late = setTimeout(() => end("refused"), connectMs);
    socket.once("connect", () => {
      clearTimeout(late);
      late = setTimeout(() => end("silence"), answerMs);
      socket.write(Buffer.concat([Buffer.from(first), greetings[protocol]]));
    });
    socket.once("data", () => end("answers"));
    // A reset may come before we have heard that we were connected.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => end(code === "ECONNRESET" || code === "EPIPE" ? "reset" : "refused"));
    socket.once("end", () => end("closed"));
  });
}

/** A connection that was there before, and says nothing by itself. */
export class Idle {
  /** How it ended; undefined while it is there. */
  gone: string | undefined;

  private constructor(readonly socket: Socket) {
    socket.resume();
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.gone ??= error.code ?? error.message;
    });
    socket.on("close", () => {
      this.gone ??= "closed";
    });
  }
  static async at(at: At): Promise<Idle> {
    const socket = connect({ ...at, autoSelectFamily: false });
    const idle = new Idle(socket);
    await once(socket, "connect");
    return idle;
  }
  end(): void {
    this.socket.destroy();
  }
}
