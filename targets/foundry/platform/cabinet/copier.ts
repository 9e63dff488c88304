/**
 * Mirrors one LUN's blobs to the other cabinet, soon after they were written: new files are looked for when their folder says that it has changed, and again
 * and again, and sent one by one, no faster than the bandwidth that is given to it. What is lost before it was sent is lost.
 * Policy cabinet.reMirror. patient: a mirror that cannot be reached is waited for. eager: it is proved again and again; one that has taken nothing for `lostMs` is
 * given up for lost, and until there is a new one (re-mirror.ts) the LUN is stuck: as EC2's volumes, it takes no writes while nobody else keeps them.
 */
import { readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import type { Address } from "../base/config.js";
import { log } from "../base/log.js";
import { sleep } from "../base/until.js";
import type { Bandwidth } from "./bandwidth.js";
import { paced, send } from "./mirror-wire.js";
import { type Attempt, WholeCopy } from "./re-mirror.js";

export type CopierState = "idle" | "copying" | "blocked" | "dark" | "peer away" | "no room" | "failed over" | "re-mirroring";

export interface Eager {
  readonly lostMs: number;
  /** Our own store, for a copy on another LUN of this cabinet; undefined where there is only one LUN. */
  readonly own: Address | undefined;
  /** Nobody else keeps what this LUN has: it must take no writes; and again it may. */
  readonly onStuck: (stuck: boolean) => void;
}
export interface CopierSettings {
  readonly lun: string;
  readonly dir: string;
  readonly peer: Address;
  /** Of this copier alone. */
  readonly bytesPerS: number;
  /** Of the cabinet. */
  readonly bandwidth: Bandwidth;
  readonly isDark: () => boolean;
  /** Absent: patient. */
  readonly eager?: Eager;
}

const lookEveryMs = 250;
/** A folder can change twice within one tick of the file system's clock (10 ms at the most) and keep its time: so young a time proves nothing. */
const settledMs = 50;
const proofEveryMs = 500;
/** An ordinary write: a way that is too narrow for it is none. */
const proof = Buffer.alloc(16 * 1024, "p");
const says: Readonly<Record<number, CopierState>> = { 409: "failed over", 503: "peer away", 507: "no room" };

export class Copier {
  state: CopierState = "peer away";
  blocked = false;
  #at: Address;
  #stuck = false;
  /** When it last took something; Infinity while it has not answered yet: at boot nothing is lost. */
  #goodMs = Number.POSITIVE_INFINITY;
  #provedMs = 0;
  #copies = 0;
  #thrownAwayBytes = 0;
  #sent: Set<string> | undefined;
  readonly #shards = new Map<string, number>();
  #wake: () => void = () => {};
  #waiting: { readonly sha1: string; readonly path: string }[] = [];

  constructor(readonly settings: CopierSettings) {
    this.#at = settings.peer;
    void this.#run();
  }
  get lun(): string {
    return this.settings.lun;
  }

  report(): object {
    this.#look();
    const { peer, eager } = this.settings;
    const eagerly = { stuck: this.#stuck, on: this.#at === peer ? "peer" : "own cabinet", copiesBegun: this.#copies, thrownAwayBytes: this.#thrownAwayBytes };
    return { state: this.state, mirrored: this.#sent?.size ?? 0, behind: this.#waiting.length, ...(eager ? eagerly : {}) };
  }

  async #run(): Promise<never> {
    const { eager, isDark } = this.settings;
    for (;;) {
      await Promise.race([sleep(lookEveryMs), new Promise<void>((resolve) => (this.#wake = resolve))]);
      try {
        this.state = this.blocked ? "blocked" : isDark() ? "dark" : await this.#round();
      } catch (error) {
        log.debug({ lun: this.lun, why: (error as Error).message }, "not mirrored");
        this.state = "peer away";
      }
      // A mirror that is not asked for anything is not missed either.
      if (this.blocked || isDark() || this.state === "failed over") this.#goodMs = Math.max(this.#goodMs, performance.now());
      if (eager && performance.now() - this.#goodMs > eager.lostMs) await this.#search(eager);
    }
  }

  async #round(): Promise<CopierState> {
    const { lun, isDark, bandwidth, eager, bytesPerS } = this.settings;
    if (eager) await this.#prove();
    this.#sent ??= new Set(JSON.parse((await send(this.#at, "GET", `/${lun}`)).text) as string[]);
    this.#look();
    this.#waiting = this.#waiting.filter(({ sha1 }) => !this.#sent!.has(sha1));
    while (this.#waiting.length > 0 && !this.blocked && !isDark()) {
      this.state = "copying";
      const next = this.#waiting[0]!;
      const bytes = statSync(next.path, { throwIfNoEntry: false })?.size;
      const pieces = paced(next.path, bandwidth, () => this.blocked || isDark(), bytesPerS);
      const status = bytes === undefined ? 400 : (await send(this.#at, "PUT", `/${lun}/${next.sha1}`, { bytes, pieces })).status;
      const refused = says[status];
      if (refused) return refused;
      this.#goodMs = performance.now();
      this.#waiting.shift();
      // 400: torn here, or gone; whoever writes it again makes its folder young.
      if (status === 201) this.#sent.add(next.sha1);
    }
    // A mirror beside what it mirrors is one for want of a better one.
    if (eager && this.#at !== this.settings.peer && !this.blocked) await this.#attempt(this.settings.peer);
    return "idle";
  }
  async #prove(): Promise<void> {
    if (performance.now() - this.#provedMs < proofEveryMs) return;
    await this.settings.bandwidth.pass(proof.length, "mirrors");
    const { status } = await send(this.#at, "PUT", `/${this.lun}/proof`, proof);
    if (status !== 200) throw new Error(`the mirror answers ${status}`);
    this.#provedMs = this.#goodMs = performance.now();
  }

  async #search({ own, onStuck }: Eager): Promise<void> {
    log.error({ lun: this.lun }, "mirror given up for lost: looking for room for a new one; no writes until then");
    this.#stuck = true;
    onStuck(true);
    while (this.#stuck) {
      for (const to of own ? [this.settings.peer, own] : [this.settings.peer]) {
        if (this.blocked || this.settings.isDark()) break;
        this.state = "re-mirroring";
        const end = await this.#attempt(to);
        if (end === "interrupted") break;
        this.state = end === "complete" ? "idle" : end;
        this.#stuck = end !== "complete" && end !== "failed over";
        if (!this.#stuck) break;
      }
      if (this.blocked) this.state = "blocked";
      else if (this.settings.isDark()) this.state = "dark";
      if (this.#stuck) await sleep(this.blocked || this.settings.isDark() ? lookEveryMs : 0);
    }
    this.#goodMs = performance.now();
    onStuck(false);
    log.warn({ lun: this.lun, copies: this.#copies }, "mirrored again");
  }
  /** A whole new mirror there; on success it is the mirror. */
  async #attempt(to: Address): Promise<Attempt> {
    const { lun, dir, bandwidth, isDark, eager } = this.settings;
    const copy = new WholeCopy(lun, dir, to, ++this.#copies, bandwidth);
    const end = await copy.make(() => this.blocked || isDark());
    if (end !== "complete") this.#thrownAwayBytes += copy.bytes;
    else {
      if (eager?.own && this.#at === eager.own && to !== eager.own) await send(eager.own, "DELETE", `/${lun}`);
      this.#at = to;
      this.#sent = copy.sent;
      for (const shard of this.#shards.keys()) this.#shards.set(shard, Number.NaN);
    }
    return end;
  }

  /** Only folders that have changed are read. */
  #look(): void {
    const blobs = join(this.settings.dir, "blobs");
    for (const shard of statSync(blobs, { throwIfNoEntry: false }) ? readdirSync(blobs) : []) {
      const changedMs = statSync(join(blobs, shard)).mtimeMs;
      if (this.#shards.get(shard) === changedMs) continue;
      if (!this.#shards.has(shard)) watch(join(blobs, shard), () => this.#wake()).on("error", () => {});
      this.#shards.set(shard, Date.now() - changedMs < settledMs ? Number.NaN : changedMs);
      const there = readdirSync(join(blobs, shard));
      // What is gone may come again, and is sent again then. Its copy is not ours to remove: it may be all that is left of a blob that was torn.
      for (const sha1 of this.#sent ?? []) if (sha1.startsWith(shard) && !there.includes(sha1)) this.#sent!.delete(sha1);
      for (const sha1 of there)
        if (/^[0-9a-f]{40}$/.test(sha1) && !this.#sent?.has(sha1) && !this.#waiting.some((one) => one.sha1 === sha1))
          this.#waiting.push({ sha1, path: join(blobs, shard, sha1) });
    }
  }
}
