/** Asks one LUN again and again over a connection of its own: SFTP draft 02, INIT and then STAT of its root. Since when has it not answered? */

import { connect, type Socket } from "node:net";
import { opening } from "../../contract/sftp.js";
import type { Address } from "../base/config.js";

/** Not answered for so long counts as silent; anything under it is a busy machine. */
const patienceMs = 300;

/** SSH_FXP_STAT (17), request 1, path ".". */
const stat = Buffer.from([0, 0, 0, 10, 17, 0, 0, 0, 1, 0, 0, 0, 1, 46]);

export class LunWatch {
  #socket: Socket | undefined;
  #answeredMs = Date.now();
  #askedMs: number | undefined;

  constructor(
    readonly at: Address,
    everyMs: number,
  ) {
    setInterval(() => this.#ask(), everyMs);
  }

  /** When it had last answered, if that is too long ago. */
  get silentSinceMs(): number | undefined {
    const waits = this.#askedMs !== undefined && Date.now() - this.#askedMs > patienceMs;
    return waits ? this.#answeredMs : undefined;
  }

  #ask(): void {
    this.#askedMs ??= Date.now();
    if (this.#socket) {
      // One question at a time: the answer to the last one shows that it lives.
      if (this.#answeredMs >= this.#askedMs) {
        this.#askedMs = Date.now();
        this.#socket.write(stat);
      }
      return;
    }
    const socket = connect({ ...this.at });
    this.#socket = socket;
    socket.once("connect", () => socket.write(opening));
    socket.on("data", () => {
      this.#answeredMs = Date.now();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
  }
}
