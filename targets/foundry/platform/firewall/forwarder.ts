/**
 * The rules enforced by a process that forwards bytes. It needs no root, so it accepts whomever it drops and never answers (packet rules would leave even the SYN
 * unanswered), and whomever it rejects it resets after accepting.
 */
import { createServer } from "node:net";
import { Doors } from "../base/doors.js";
import type { KeptConfig } from "../base/kept-config.js";
import type { Pool } from "../base/pool.js";
import { Passage } from "./passage.js";
import { judge, type Rules } from "./rules.js";
import type { Wall } from "./wall.js";

export class Forwarder implements Wall {
  readonly #passages = new Set<Passage>();
  readonly #doors: Doors;

  constructor(
    private readonly kept: KeptConfig<Rules>,
    pool: Pool,
  ) {
    this.#doors = new Doors((door) =>
      createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        const passage = new Passage(door, socket, pool);
        this.#passages.add(passage);
        socket.once("close", () => this.#passages.delete(passage));
        passage.be(judge(kept.running, door));
      }),
    );
  }

  /** Nobody but this process can change what it does. */
  async enforced(): Promise<boolean> {
    return true;
  }

  async apply(): Promise<void> {
    await this.#doors.set(this.kept.running.listeners);
    for (const passage of this.#passages) passage.be(judge(this.kept.running, passage.door));
  }
}
