/**
 * Is a request one that every server behind us reads as we do? Node's parser refuses most of what is not (both Content-Length and Transfer-Encoding, a folded line, a
 * bare CR, NUL, a blank in a header's name): here is what it lets through, and HAProxy and gorouter do not. Source: RFC 9112 §3.2, §6.1, §6.3, §11.2.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

/** A name or address, with a port if need be: nothing that could be read as a path, a user, or two hosts. */
const soundHost = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+;=%-]*)(?::\d{0,5})?$/i;
const once = ["host", "content-length", "transfer-encoding"];

/** Why it must be refused; undefined for a sound one. */
export function unsound({ rawHeaders, headers, httpVersion, method, url = "" }: IncomingMessage): string | undefined {
  const counts: Record<string, number> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return `HTTP version ${httpVersion}`;
  for (const name of once) if ((counts[name] ?? 0) > 1) return `more than one ${name}`;
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && headers["content-length"] !== undefined) return "both Content-Length and Transfer-Encoding";
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return "a transfer encoding other than chunked";
  if (coding !== undefined && httpVersion === "1.0") return "a transfer encoding in HTTP/1.0";
  const { host = "" } = headers;
  if (!soundHost.test(host)) return "a malformed Host";
  if (url.includes("#")) return "a fragment in the target";
  if (url === "*") return method === "OPTIONS" ? undefined : "a target of *";
  if (url.startsWith("/")) return undefined;
  const [, authority] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? [];
  if (authority === undefined) return "a malformed target";
  return authority.toLowerCase() === host.toLowerCase() ? undefined : "a target and a Host that disagree";
}

/** Connections on which something was refused: what else came on them was read with other eyes than its sender's, and is nobody's request. */
const over = new WeakSet<Socket>();

/** Of a request; true if it must be dropped without an answer, since one before it on its connection was refused. `refuse` answers one that is refused now. */
export function isRefused(request: IncomingMessage, response: ServerResponse, refuse: (why: string) => void): boolean {
  const { socket } = request;
  if (over.has(socket)) {
    response.destroy();
    return true;
  }
  const why = unsound(request);
  if (why === undefined) return false;
  over.add(socket);
  response.shouldKeepAlive = false;
  refuse(why);
  // Nothing more of it is read: its body, and what comes behind, are not ours to make sense of.
  request.resume();
  return true;
}

/** What cannot be read at all is answered with 400 and the end of the connection, as what is unsound is. `refused` counts it. */
export function refuseUnreadable(server: Server, refused: () => void): Server {
  return server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    // An answer that is under way is the last one.
    if (over.has(socket)) return;
    if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    over.add(socket);
    refused();
    const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  });
}
