/** Asks a SOCKS proxy for a way to the endpoint (RFC 1928), on a connection to it. */
import { createRequire } from "node:module";
import { isIP, type Socket } from "node:net";
import { type Failure, failureOf } from "../failure.js";
import { lookUp } from "./names.js";

/** Loaded for the first endpoint that needs it. */
const socksModule = () => createRequire(import.meta.url)("socks") as typeof import("socks");
/** The library keeps a timer for so long, whatever comes of it; a sample's own deadline comes before. */
const longestMs = 60_000;

export interface SocksWay {
  /** Where to. */
  readonly host: string;
  readonly port: number;
  /** Who finds the address of a name: we (socks5://), or the proxy (socks5h://). */
  readonly names: "here" | "there";
  readonly user?: string;
  readonly password?: string;
}

/** Calls `done` once, with a failure or when the way is open; from then on the socket is the caller's alone. */
export function openSocks(socket: Socket, way: SocksWay, done: (failure: Failure | undefined) => void): void {
  const { host, port, names } = way;
  if (names === "there" || isIP(host) !== 0) {
    ask(socket, way, host, port, done);
    return;
  }
  const onError = (error: NodeJS.ErrnoException) => failed(failureOf(error));
  const onEnd = () => failed({ outcome: "reset", note: "it closed without an answer" });
  const letGo = () => socket.off("error", onError).off("end", onEnd).off("close", onEnd);
  const failed = (failure: Failure) => {
    letGo().on("error", () => {});
    done(failure);
  };
  let over = false;
  socket.on("error", onError).on("end", onEnd).on("close", onEnd);
  lookUp(host, ([address], problem) => {
    if (over || socket.destroyed) return;
    over = true;
    letGo();
    if (address === undefined) done({ outcome: "dns", note: problem });
    else ask(socket, way, address, port, done);
  });
}

function ask(socket: Socket, { user, password }: SocksWay, host: string, port: number, done: (failure: Failure | undefined) => void): void {
  const { SocksClient } = socksModule();
  // Where the proxy is does not matter any more, but has to be said.
  const proxy = { host: "proxy", port: 1, type: 5 as const, ...(user === undefined ? {} : { userId: user, password: password ?? "" }) };
  const client = new SocksClient({ proxy, command: "connect", destination: { host, port }, timeout: longestMs });
  client.once("established", () => done(undefined));
  client.once("error", ({ message }) => {
    socket.on("error", () => {});
    done({ outcome: "refused", note: wordsOf(message) });
  });
  client.connect(socket);
}

/** What the library says, in ours. */
function wordsOf(message: string): string {
  if (/authentication failed/i.test(message)) return "it refuses the credentials";
  if (/no accepted authentication/i.test(message)) return "it asks for credentials";
  const reason = /rejected connection - (\w+)/.exec(message)?.[1];
  return reason === undefined ? message : `no way through it (${reason})`;
}
