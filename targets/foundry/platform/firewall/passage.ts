/** One connection through the firewall: forwarded byte for byte, or held in silence, or reset. */
import { connect, type Socket } from "node:net";
import { log } from "../base/log.js";
import type { Backend, Pool } from "../base/pool.js";
import { broughtId, isLogged } from "../base/request-id.js";
import { hangUp } from "./hang-up.js";
import { answers, type Head, Heads, requests } from "./heads.js";
import type { Action } from "./rules.js";

const dialTimeoutMs = 2000;

export class Passage {
  #upstream: Socket | undefined;
  #silent = false;
  /** Requests that wait for their answer, to be logged with its status and id. */
  readonly #waiting: Head[] = [];

  constructor(
    readonly door: string,
    private readonly client: Socket,
    private readonly pool: Pool,
  ) {
    client.on("error", () => client.destroy());
    client.once("close", () => {
      this.#upstream?.destroy();
      for (const head of this.#waiting.splice(0)) this.#log(head, undefined);
    });
  }

  /** What the rules say of it now. Whoever was dropped is not taken up again, its bytes are gone: it is reset when it would be let in. */
  be(action: Action): void {
    if (action === "drop") this.#fallSilent();
    else if (action === "reject" || this.#silent) this.client.resetAndDestroy();
    else if (!this.#upstream) this.#dial(new Set());
  }

  #fallSilent(): void {
    if (this.#silent) return;
    this.#silent = true;
    if (this.#upstream) {
      this.client.unpipe(this.#upstream);
      this.#upstream.unpipe(this.client);
      this.#upstream.destroy();
    }
    // Read on, or the client's going away would not be noticed.
    this.client.resume().once("end", () => this.client.destroy());
  }

  #dial(tried: Set<Backend>): void {
    const backend = this.pool.pick(tried);
    if (!backend) {
      log.warn({ door: this.door }, "nobody to forward to");
      hangUp(this.client);
      return;
    }
    tried.add(backend);
    const upstream = connect({ ...backend.to, allowHalfOpen: true, noDelay: true });
    this.#upstream = upstream;
    const late = setTimeout(() => upstream.destroy(new Error("took too long")), dialTimeoutMs);
    const failed = () => {
      clearTimeout(late);
      this.pool.failed(backend);
      if (!this.#silent && !this.client.destroyed) this.#dial(tried);
    };
    upstream.once("error", failed);
    upstream.once("connect", () => {
      clearTimeout(late);
      upstream.off("error", failed);
      if (this.#silent || this.client.destroyed) return void upstream.destroy();
      this.#forward(upstream);
    });
  }

  #forward(upstream: Socket): void {
    const { client } = this;
    const heads = new Heads(requests, (head) => {
      if (isLogged(head.headers)) this.#waiting.push(head);
    });
    const said = new Heads(answers, (head) => {
      if (head.first[1]?.startsWith("1")) return;
      const asked = this.#waiting.shift();
      if (asked) this.#log(asked, head);
    });
    client.on("data", (chunk: Buffer) => heads.bytes(chunk));
    upstream.on("data", (chunk: Buffer) => said.bytes(chunk));
    upstream.on("error", () => {
      if (!this.#silent) client.resetAndDestroy();
    });
    client.pipe(upstream);
    upstream.pipe(client);
  }

  /** A request without an id of its own got one further on: the answer names it. */
  #log({ first: [method, path], headers }: Head, answer: Head | undefined): void {
    const id = (answer && broughtId(answer.headers)) ?? broughtId(headers);
    log.info({ id, method, host: headers.host, path, status: answer ? Number(answer.first[1]) : null }, "request");
  }
}
