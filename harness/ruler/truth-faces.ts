/** What else a truth server shows of its outages: a name server beside its port, and a file that commands can read. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
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
