/** The balancer in this process. */
import { createServer } from "node:http";
import type { Config } from "../base/config.js";
import { defect } from "../base/defects.js";
import { Doors } from "../base/doors.js";
import type { KeptConfig } from "../base/kept-config.js";
import { Pool } from "../base/pool.js";
import { refuseUnreadable } from "../base/sound-request.js";
import { balance, brokenAnswer } from "./balance.js";
import type { Balancer } from "./balancer.js";
import type { Settings } from "./settings.js";

export class InProcess implements Balancer {
  /** An empty routing table is no illness: whoever answers 200 to the check is in. */
  readonly #pool = new Pool((status) => status === 200);
  readonly #doors = new Doors(() =>
    refuseUnreadable(
      createServer({ requireHostHeader: false, keepAliveTimeout: 30_000 }, (request, response) => {
        balance(this.#pool, request, response).catch((error: unknown) => {
          defect(error, "request");
          brokenAnswer(response);
        });
      }),
      () => {},
    ),
  );

  constructor(
    private readonly own: Config,
    private readonly kept: KeptConfig<Settings>,
  ) {
    void this.#pool.keepChecking();
  }

  async apply(): Promise<void> {
    const { pool, listeners } = this.kept.running;
    this.#pool.set(Object.fromEntries(pool.map((name) => [name, this.own.link(name)])));
    await this.#pool.checkAll();
    await this.#doors.set(listeners);
  }

  async backends() {
    return this.#pool.backends.map(({ name, healthy }) => ({ router: name, healthy }));
  }
}
