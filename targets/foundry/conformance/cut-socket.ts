/** A way to a unix socket that can be cut: whoever is given its path loses the connection, and gets no other, until it is mended. */
import { rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";

export class CutSocket {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  /** refused: nobody listens any more; silent: connections stay and are made, and nothing goes through. */
  #silent = false;

  constructor(
    readonly path: string,
    private readonly to: string,
  ) {}

  async mend(): Promise<void> {
    this.#silent = false;
    // What was held back is lost: whoever waits for it is to ask again.
    this.#end();
    if (this.#server) return;
    rmSync(this.path, { force: true });
    const server = createServer((near) => this.#join(near));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.path, resolve);
    });
  }
  async cut(how: "refused" | "silent"): Promise<void> {
    if (how === "silent") {
      this.#silent = true;
      return;
    }
    const server = this.#server;
    this.#server = undefined;
    this.#end();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    rmSync(this.path, { force: true });
  }
  async end(): Promise<void> {
    await this.cut("refused");
  }

  #end(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
  #join(near: Socket): void {
    const far = connect({ path: this.to });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on("data", (bytes: Buffer) => {
        if (!this.#silent) to.write(bytes);
      });
      from.on("end", () => {
        if (!this.#silent) to.end();
      });
    }
  }
}
