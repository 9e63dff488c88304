/** For the HTTP fuzzers: a firewall before a balancer before a router before an app that says what it is told to, as real processes. */
import { createServer, connect as dial, type Server } from "node:net";
import type { Part } from "../targets/foundry/platform/base/testing/lab.js";
import { BusLab } from "../targets/foundry/platform/base/testing/lab-bus.js";
import { until } from "../targets/foundry/platform/base/until.js";

const leaveMs = 40;
export const host = "app.flounder.test";
const hello = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
export const plain = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

export class FrontEnd {
  readonly #answers = new Map<string, Buffer>();
  readonly #beat: NodeJS.Timeout;

  private constructor(
    readonly lab: BusLab,
    readonly app: Server,
    readonly parts: readonly Part[],
    /** Where requests go in. */
    readonly doors: readonly number[],
    register: () => void,
  ) {
    this.#beat = setInterval(register, 500);
  }

  static async open(): Promise<FrontEnd> {
    const lab = await BusLab.open();
    const answers = { of: (_: string): Buffer => hello };
    const app = createServer((socket) => {
      socket.on("error", () => {}).once("data", (bytes) => socket.end(answers.of(bytes.toString("latin1"))));
    });
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    const router = await lab.start("router-1", "router", { ports: ["http"] });
    const lb = await lab.start("lb-1", "lb", { ports: ["front"], links: { "router-1": router.port("http") } });
    const firewall = await lab.start("firewall-1", "firewall", { ports: ["front"], links: { "lb-1": lb.port("front") } });
    const { port } = app.address() as { port: number };
    const register = () => lab.say("router.register", { host: "127.0.0.1", port, uris: [host] });
    register();
    const front = new FrontEnd(lab, app, [router, lb, firewall], [router.port("http"), lb.port("front"), firewall.port("front")], register);
    answers.of = (request) => front.#answers.get(/^GET \/answer-(\d+) /.exec(request)?.[1] ?? "") ?? hello;
    await until("an answer through all of them", async () => (await front.say(front.doors[2]!, plain, 1000, true)).includes("hello"), 10_000, 50);
    return front;
  }
  /** From now on the app answers so to GET /answer-<n>. */
  answer(n: number, bytes: Buffer): void {
    this.#answers.set(String(n), bytes);
  }
  forget(n: number): void {
    this.#answers.delete(String(n));
  }

  /** Sends bytes; resolves with all that is said until the other side hangs up, or after withinMs. A client that does not wait leaves soon: Node aborts what is under way then. */
  say(port: number, bytes: Buffer, withinMs = 1000, waits = false): Promise<string> {
    return new Promise((resolve) => {
      let said = "";
      const socket = dial({ port, host: "127.0.0.1", allowHalfOpen: true });
      const end = () => {
        clearTimeout(late);
        socket.destroy();
        resolve(said);
      };
      const late = setTimeout(end, withinMs);
      socket
        .on("error", () => {})
        .once("close", end)
        .once("end", end)
        .on("data", (piece) => {
          said += piece.toString("latin1");
        });
      socket.write(bytes);
      if (!waits) setTimeout(() => socket.end(), leaveMs);
    });
  }
  /** Everybody is served. Rejects with the door that does not. */
  async serves(): Promise<void> {
    for (const door of this.doors) {
      const said = await this.say(door, plain, 10_000, true);
      if (!said.startsWith("HTTP/1.1 200")) throw new Error(`a plain request at port ${door} is answered "${said.slice(0, 200)}"`);
    }
  }
  async close(): Promise<void> {
    clearInterval(this.#beat);
    this.app.close();
    await this.lab.close();
  }
}
