/** What else a truth server shows of its outages: a name server beside its port, HTTP/2 on another, and a file that commands can read. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import dns from "dns-packet";
import type { TruthMode } from "./truth-modes.js";

export const rightAddress = "127.0.0.1";
const wrongAddress = "127.0.0.9";

/** Answers every question for an address, on UDP. */
export class NameFace {
  #socket: Socket | undefined;
  #mode: TruthMode | "up" = "up";
  #waiting: (() => void)[] = [];

  constructor(readonly port: number) {}

  async become(mode: TruthMode | "up"): Promise<void> {
    const before = this.#mode;
    this.#mode = mode;
    if (mode === "refuse") {
      this.#socket?.close();
      this.#socket = undefined;
    } else if (!this.#socket) await this.open();
    const waiting = this.#waiting;
    this.#waiting = [];
    if (before === "stall") for (const answer of waiting) answer();
  }
  async open(): Promise<void> {
    const socket = createSocket("udp4");
    socket.on("error", () => {}).on("message", (question, { port }) => this.#answer(socket, question, port));
    socket.bind(this.port, "127.0.0.1");
    await once(socket, "listening");
    this.#socket = socket;
  }
  close(): void {
    this.#socket?.close();
  }

  #answer(socket: Socket, question: Buffer, to: number): void {
    const { id, questions } = dns.decode(question);
    const mode = this.#mode;
    const name = questions?.[0]?.name ?? "";
    const data = mode === "wrong" ? wrongAddress : rightAddress;
    // 2: SERVFAIL
    const flags = dns.RECURSION_DESIRED | (mode === "503" ? 2 : 0);
    const say = () => {
      if (this.#socket === socket)
        socket.send(
          dns.encode({ type: "response", id, flags, questions, answers: mode === "503" ? [] : [{ type: "A", name, ttl: 1, data }] }),
          to,
          "127.0.0.1",
        );
    };
    if (mode === "stall") this.#waiting.push(say);
    else if (mode === "up" || mode === "wrong" || mode === "503") say();
  }
}

/** HTTP/2 over TLS, with key.pem and cert.pem of a folder. */
export class Http2Face {
  #server: Http2SecureServer | undefined;
  #mode: TruthMode | "up" = "up";
  readonly #sessions = new Set<ServerHttp2Session>();
  port = 0;

  constructor(readonly folder: string) {}

  async become(mode: TruthMode | "up"): Promise<void> {
    this.#mode = mode;
    if (mode === "refuse") this.close();
    else if (!this.#server) await this.open();
  }
  async open(): Promise<void> {
    const pem = (name: string) => readFileSync(join(this.folder, `${name}.pem`));
    const server = createSecureServer({ key: pem("key"), cert: pem("cert") });
    server.on("session", (session) => {
      this.#sessions.add(session);
      session.on("error", () => {}).on("close", () => this.#sessions.delete(session));
    });
    server.on("stream", (stream) => this.#answer(stream.on("error", () => {})));
    server.on("sessionError", () => {});
    await once(server.listen({ port: this.port, host: "127.0.0.1" }), "listening");
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }
  close(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const session of this.#sessions) session.destroy();
  }

  #answer(stream: ServerHttp2Stream): void {
    const mode = this.#mode;
    const say = (status: number, text: string) => {
      stream.respond({ ":status": status });
      stream.end(text);
    };
    if (mode === "up") say(200, "well\n");
    else if (mode === "503") say(503, "down\n");
    else if (mode === "wrong") say(200, "broken");
    else if (mode === "reset") stream.session?.destroy();
  }
}

/** Holds the mode, always whole. */
export class FileFace {
  constructor(readonly path: string) {}
  become(mode: TruthMode | "up"): void {
    writeFileSync(`${this.path}.new`, `${mode}\n`);
    renameSync(`${this.path}.new`, this.path);
  }
}
/** For sh -c: good while the file says "up"; while it says that something hangs, so does the command. */
export const commandOf = (path: string): string => `read mode < '${path}'; case $mode in up) ;; hang*) exec sleep 60 ;; *) exit 1 ;; esac`;
