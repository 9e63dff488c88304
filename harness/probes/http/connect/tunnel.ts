/** Asks a proxy for a tunnel (CONNECT, RFC 9110 §9.3.6) on a connection to it. */
import type { Socket } from "node:net";
import { type Failure, failureOf } from "../failure.js";
import { ResponseReader } from "../response.js";

export function connectBytes(url: URL, authorization: string | undefined): Uint8Array {
  const place = `${url.hostname}:${url.port || 443}`;
  const lines = [`CONNECT ${place} HTTP/1.1`, `host: ${place}`, "user-agent: flounder"];
  if (authorization !== undefined) lines.push(`proxy-authorization: ${authorization}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

/** What a proxy's 407 means. */
export const wantsCredentials = (given: boolean): string => (given ? "it refuses the credentials (407)" : "it asks for credentials (407)");

/** Calls `done` once, with a failure or when the tunnel is open; from then on the socket is the caller's alone. */
export function openTunnel(socket: Socket, request: Uint8Array, given: boolean, done: (failure: Failure | undefined) => void): void {
  const reader = new ResponseReader("CONNECT");
  const finish = (failure: Failure | undefined) => {
    socket.off("data", onData).off("error", onError).off("end", onEnd).off("close", onEnd);
    if (failure) socket.on("error", () => {});
    done(failure);
  };
  const onData = (chunk: Buffer) => {
    try {
      reader.feed(chunk);
    } catch (error) {
      return finish({ outcome: "wrong-answer", note: (error as Error).message });
    }
    if (!reader.begun) return;
    const { status } = reader;
    if (status >= 200 && status < 300) finish(undefined);
    else finish({ outcome: "refused", note: status === 407 ? wantsCredentials(given) : `no tunnel (it answered ${status})` });
  };
  const onError = (error: NodeJS.ErrnoException) => finish(failureOf(error));
  const onEnd = () => finish({ outcome: "reset", note: "it closed without an answer" });
  socket.on("data", onData).on("error", onError).on("end", onEnd).on("close", onEnd);
  socket.write(request);
}
