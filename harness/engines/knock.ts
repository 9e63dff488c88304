/** Knocks: the smallest exchange of each protocol that only a living server behind an address can answer. */
import { connect } from "node:net";
import { nowUs } from "../clock.js";
import type { PortProtocol } from "../core.js";

interface Dialogue {
  /** Bytes to send once connected, or after the server's greeting. */
  readonly asks: Buffer;
  /** The same with so many bytes more, or with fewer (`bytes`), that the server reads before it answers, and when it has. */
  readonly padded: (bytes: number) => Pick<Dialogue, "asks" | "answered"> & { readonly bytes?: number };
  /** The server speaks first; nothing is sent before that. */
  readonly greeting?: boolean;
  readonly answered: (received: Buffer) => boolean;
}
/** Shorter than a witness may take. */
const throughputMs = 2300;
const text = (received: Buffer) => received.toString("latin1");

/** Ends in a line that is no header: a balancer or router answers it by itself (400), whatever the way behind it is like. */
const http = (headers: string) => Buffer.from(`GET / HTTP/1.1\r\nHost: knock.invalid\r\n${headers}Connection: close\r\nno header\r\n\r\n`);
const isHttp = (got: Buffer) => text(got).startsWith("HTTP/");
const isVersion = (got: Buffer) => got.length >= 5 && got[4] === 2;
/** A length of 4 bytes, then the rest. */
const framed = (rest: Buffer, counted: number) => Buffer.concat([Buffer.from(new Uint32Array([counted]).buffer).swap32(), rest]);
const natsHello = (name: string) => `CONNECT {"verbose":false,"name":"${name}"}\r\nPING\r\n`;
const isPong = (got: Buffer) => /\r\n(PONG|-ERR)/.test(text(got));
const longestNatsName = 3900;

const dialogues: Readonly<Record<Exclude<PortProtocol, "udp" | "tcp">, Dialogue>> = {
  // NATS client protocol: INFO comes first, PING is answered with PONG (or -ERR by a server that wants credentials).
  nats: {
    asks: Buffer.from(natsHello("knock")),
    greeting: true,
    answered: isPong,
    // In the client's name, since a server that wants credentials answers CONNECT and reads no further; a line may have 4096 bytes.
    padded: (wanted) => {
      const bytes = Math.min(wanted, longestNatsName);
      return { bytes, asks: Buffer.from(natsHello("k".repeat(bytes))), answered: isPong };
    },
  },
  // PostgreSQL protocol 3: SSLRequest (length 8, code 80877103) is answered with one byte, S or N; a start-up message (3.0, parameters) with R or E.
  postgres: {
    asks: Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]),
    answered: (got) => /^[SN]/.test(text(got)),
    padded: (bytes) => {
      const message = Buffer.from(`\0\x03\0\0user\0knock\0application_name\0${"k".repeat(bytes)}\0\0`, "latin1");
      return { asks: framed(message, message.length + 4), answered: (got) => /^[RE]/.test(text(got)) };
    },
  },
  http: { asks: http(""), answered: isHttp, padded: (bytes) => ({ asks: http(`X-Padding: ${"k".repeat(bytes)}\r\n`), answered: isHttp }) },
  // SFTP draft 02: SSH_FXP_INIT (1) with version 3 is answered with SSH_FXP_VERSION (2); pairs of name and data behind the version are passed over.
  sftp: {
    asks: Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3]),
    answered: isVersion,
    padded: (bytes) => {
      const message = Buffer.concat([Buffer.from([1, 0, 0, 0, 3]), framed(Buffer.from("knock"), 5), framed(Buffer.alloc(bytes, "k"), bytes)]);
      return { asks: framed(message, message.length), answered: isVersion };
    },
  },
};

/** Protocols in which a server can be asked for an answer. */
export const knockable = ["http", "nats", "postgres", "sftp"] as const satisfies readonly PortProtocol[];
/** What a port is used for by custom; HTTP where it is for nothing that can be knocked at. */
export const usualProtocol = (port: number): (typeof knockable)[number] => ({ 5432: "postgres" as const, 4222: "nats" as const })[port] ?? "http";

/** Bytes per ms that a knock with so many bytes more has; 0 if no answer came within the deadline, or where the protocol has no knock. */
export async function throughput(at: { readonly host: string; readonly port: number }, protocol: PortProtocol, bytes: number, first = ""): Promise<number> {
  if (protocol === "tcp" || protocol === "udp") return 0;
  const padded = dialogues[protocol].padded(bytes);
  return (padded.bytes ?? bytes) / (await converse(at, led(first, { ...dialogues[protocol], ...padded }), throughputMs));
}

/**
 * The round trip in ms, or Infinity if no answer came within the deadline, for whatever reason.
 * `first` goes out before the question. tcp: the time to connect, which a proxy answers for its upstream; an upstream that closes at once counts as no answer.
 */
export function knock(
  at: { readonly host: string; readonly port: number },
  protocol: PortProtocol,
  deadlineMs = 1000,
  signal?: AbortSignal,
  first = "",
): Promise<number> {
  return converse(at, protocol === "tcp" || protocol === "udp" ? undefined : led(first, dialogues[protocol]), deadlineMs, signal);
}

const led = <D extends Pick<Dialogue, "asks">>(first: string, dialogue: D): D =>
  first === "" ? dialogue : { ...dialogue, asks: Buffer.concat([Buffer.from(first), dialogue.asks]) };

/** True if a connection is taken and ended at once without a byte: a proxy does that for an upstream where nobody listens. */
export function hangsUp(at: { readonly host: string; readonly port: number }, deadlineMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    let connected = false;
    const socket = connect({ ...at, autoSelectFamily: false });
    const end = (yes: boolean) => {
      clearTimeout(late);
      socket.destroy();
      resolve(yes);
    };
    const late = setTimeout(() => end(false), deadlineMs);
    socket.on("connect", () => {
      connected = true;
    });
    socket.on("data", () => end(false));
    socket.on("end", () => end(true));
    socket.on("error", () => end(connected));
  });
}

function converse(
  at: { readonly host: string; readonly port: number },
  dialogue: Pick<Dialogue, "asks" | "answered" | "greeting"> | undefined,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<number> {
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
