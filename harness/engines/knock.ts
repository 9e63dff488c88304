/** Knocks: the smallest exchange of each protocol that only a living server behind an address can answer. */
import { connect } from "node:net";
import { nowUs } from "../clock.js";
import type { PortProtocol } from "../core.js";

interface Dialogue {
  /** Bytes to send once connected, or after the server's greeting. */
  readonly asks: Buffer;
  /** The server speaks first; nothing is sent before that. */
  readonly greeting?: boolean;
  readonly answered: (received: Buffer) => boolean;
}
const text = (received: Buffer) => received.toString("latin1");

const dialogues: Readonly<Record<Exclude<PortProtocol, "udp" | "tcp">, Dialogue>> = {
  // NATS client protocol: INFO comes first, PING is answered with PONG (or -ERR by a server that wants credentials).
  nats: { asks: Buffer.from('CONNECT {"verbose":false,"name":"knock"}\r\nPING\r\n'), greeting: true, answered: (got) => /\r\n(PONG|-ERR)/.test(text(got)) },
  // PostgreSQL protocol 3: SSLRequest (length 8, code 80877103) is answered with one byte, S or N.
  postgres: { asks: Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]), answered: (got) => /^[SN]/.test(text(got)) },
  http: { asks: Buffer.from("GET / HTTP/1.1\r\nHost: knock.invalid\r\nConnection: close\r\n\r\n"), answered: (got) => text(got).startsWith("HTTP/") },
  // SFTP draft 02: SSH_FXP_INIT (1) with version 3 is answered with SSH_FXP_VERSION (2).
  sftp: { asks: Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3]), answered: (got) => got.length >= 5 && got[4] === 2 },
};

/**
 * The round trip in ms, or Infinity if no answer came within the deadline, for whatever reason.
 * tcp: the time to connect, which a proxy answers for its upstream; an upstream that closes at once counts as no answer.
 */
export function knock(at: { readonly host: string; readonly port: number }, protocol: PortProtocol, deadlineMs = 1000, signal?: AbortSignal): Promise<number> {
  const dialogue = protocol === "tcp" || protocol === "udp" ? undefined : dialogues[protocol];
  return new Promise((resolve) => {
    let askedUs = nowUs();
    let received = Buffer.alloc(0);
    let asked = false;
    const socket = connect({ ...at, autoSelectFamily: false });
    const end = (ms: number) => {
      clearTimeout(late);
      signal?.removeEventListener("abort", stop);
      socket.destroy();
      resolve(ms);
    };
    const stop = () => end(Number.POSITIVE_INFINITY);
    const late = setTimeout(stop, deadlineMs);
    const roundTrip = () => (nowUs() - askedUs) / 1000;
    const ask = () => {
      if (asked || !dialogue) return;
      asked = true;
      askedUs = nowUs();
      socket.write(dialogue.asks);
    };
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop, { once: true });
    socket.on("error", stop).on("close", stop);
    socket.on("connect", () => {
      if (!dialogue) {
        const ms = roundTrip();
        setTimeout(() => end(socket.destroyed ? Number.POSITIVE_INFINITY : ms), Math.min(50, deadlineMs / 2));
      } else if (!dialogue.greeting) ask();
    });
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (dialogue?.greeting) ask();
      if (asked && dialogue?.answered(received)) end(roundTrip());
    });
  });
}
