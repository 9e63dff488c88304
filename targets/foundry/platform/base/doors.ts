/** The ports that a component serves, opened and closed as its config says. A closed one refuses, and whoever was inside is reset. */
import type { Server, Socket } from "node:net";
import { config } from "./config.js";

interface Door {
  readonly server: Server;
  readonly inside: Set<Socket>;
}

export class Doors {
  readonly #open = new Map<string, Door>();
  #last: Promise<unknown> = Promise.resolve();

  /** `make` gives the server of one door; the name is that of the port. */
  constructor(private readonly make: (door: string) => Server) {}

  /** Opens these doors and closes all others. Rejects when a port is taken or unknown. */
  set(names: readonly string[]): Promise<void> {
    const done = this.#last.then(async () => {
      await Promise.all([...this.#open.keys()].filter((name) => !names.includes(name)).map((name) => this.#close(name)));
      await Promise.all(names.filter((name) => !this.#open.has(name)).map((name) => this.#openOne(name)));
    });
    this.#last = done.catch(() => {});
    return done;
  }

  #openOne(name: string): Promise<void> {
    const own = config();
    const server = this.make(name);
    const inside = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      inside.add(socket);
      socket.once("close", () => inside.delete(socket));
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject).listen(own.port(name), own.bindHost, () => {
        this.#open.set(name, { server, inside });
        resolve();
      });
    });
  }
  async #close(name: string): Promise<void> {
    const { server, inside } = this.#open.get(name)!;
    this.#open.delete(name);
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of inside) socket.resetAndDestroy();
    await closed;
  }
}
