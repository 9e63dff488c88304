/**
 * Mirrors one LUN's blobs to the other cabinet, soon after they were written: new files are looked for when their folder says that it has changed, and again
 * and again, and sent one by one, no faster than the bandwidth that is given to it. What is lost before it was sent is lost.
 */
import { readdirSync, statSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import type { Address } from "../base/config.js";
import { log } from "../base/log.js";
import { sleep } from "../base/until.js";

export type CopierState = "idle" | "copying" | "blocked" | "dark" | "peer away" | "no room" | "failed over";

const lookEveryMs = 250;
/** A folder can change twice within one tick of the file system's clock (10 ms at the most) and keep its time: so young a time proves nothing. */
const settledMs = 50;
const sendTimeoutMs = 3000;
const says: Readonly<Record<number, CopierState>> = { 409: "failed over", 503: "peer away", 507: "no room" };

function send(peer: Address, method: "GET" | "PUT", path: string, bytes?: Buffer): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...peer, method, path, agent: false, timeout: sendTimeoutMs }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.once("error", reject);
    });
    asked.once("timeout", () => asked.destroy(new Error(`no answer within ${sendTimeoutMs} ms`)));
    asked.once("error", reject);
    asked.end(bytes);
  });
}

export class Copier {
  state: CopierState = "peer away";
  blocked = false;
  #sent: Set<string> | undefined;
  readonly #shards = new Map<string, number>();
  #wake: () => void = () => {};
  #waiting: { readonly sha1: string; readonly path: string }[] = [];

  constructor(
    readonly lun: string,
    readonly dir: string,
    readonly peer: Address,
    /** Of this copier alone. */
    readonly bytesPerS: number,
    readonly isDark: () => boolean,
  ) {
    void this.#run();
  }

  report(): object {
    this.#look();
    return { state: this.state, mirrored: this.#sent?.size ?? 0, behind: this.#waiting.length };
  }

  async #run(): Promise<never> {
    for (;;) {
      await Promise.race([sleep(lookEveryMs), new Promise<void>((resolve) => (this.#wake = resolve))]);
      try {
        this.state = this.blocked ? "blocked" : this.isDark() ? "dark" : await this.#round();
      } catch (error) {
        log.debug({ lun: this.lun, why: (error as Error).message }, "not mirrored");
        this.state = "peer away";
      }
    }
  }

  async #round(): Promise<CopierState> {
    this.#sent ??= new Set(JSON.parse((await send(this.peer, "GET", `/${this.lun}`)).text) as string[]);
    this.#look();
    this.#waiting = this.#waiting.filter(({ sha1 }) => !this.#sent!.has(sha1));
    while (this.#waiting.length > 0 && !this.blocked && !this.isDark()) {
      this.state = "copying";
      const next = this.#waiting[0]!;
      const bytes = await readFile(next.path).catch(() => undefined);
      const status = bytes ? (await send(this.peer, "PUT", `/${this.lun}/${next.sha1}`, bytes)).status : 400;
      const refused = says[status];
      if (refused) return refused;
      this.#waiting.shift();
      // 400: torn here, or gone; whoever writes it again makes its folder young.
      if (status === 201) this.#sent.add(next.sha1);
      await sleep((1000 * (bytes?.length ?? 0)) / this.bytesPerS);
    }
    return "idle";
  }

  /** Only folders that have changed are read. */
  #look(): void {
    const blobs = join(this.dir, "blobs");
    for (const shard of statSync(blobs, { throwIfNoEntry: false }) ? readdirSync(blobs) : []) {
      const changedMs = statSync(join(blobs, shard)).mtimeMs;
      if (this.#shards.get(shard) === changedMs) continue;
      if (!this.#shards.has(shard)) watch(join(blobs, shard), () => this.#wake()).on("error", () => {});
      this.#shards.set(shard, Date.now() - changedMs < settledMs ? Number.NaN : changedMs);
      for (const sha1 of readdirSync(join(blobs, shard)))
        if (/^[0-9a-f]{40}$/.test(sha1) && !this.#sent?.has(sha1) && !this.#waiting.some((one) => one.sha1 === sha1))
          this.#waiting.push({ sha1, path: join(blobs, shard, sha1) });
    }
  }
}
