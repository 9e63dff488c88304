/**
 * The mounted LUNs as one Cloud Controller sees them: each is proved every storageCheck, blob operations run in a few lanes per LUN, all of it
 * through one helper process. What hangs on one LUN never holds up another, and a helper that is stuck is abandoned for a new one.
 * A LUN that is slow is not gone: while a proof waits, each piece of an operation that the LUN has answered says that it lives.
 */

import { join } from "node:path";
import { type Mirrors, mirrorFolder } from "../../../contract/mirrors.js";
import type { MountState } from "../../../contract/storage.js";
import { log } from "../../base/log.js";
import { sleep } from "../../base/until.js";
import { HelperProcess, StorageError } from "./helper-process.js";
import type { StorageOp } from "./storage-messages.js";

export interface StorageSettings {
  /** lun → path */
  readonly mounts: Readonly<Record<string, string>>;
  readonly helperCommand: readonly [string, ...string[]];
  /** Name of this component's proof file at each LUN's root. */
  readonly proofFile: string;
  /** lun → the LUN that holds its mirror */
  readonly mirrors: Mirrors;
  readonly timers: { readonly storageCheck: number; readonly storageDeadline: number; readonly lunLost: number };
}

/** Operations on blobs and backups: without what the LUN itself answers for. */
export type BlobOp =
  | { readonly op: "save" | "load"; readonly name: string; readonly local: string }
  | { readonly op: "put"; readonly sha1: string; readonly local: string }
  | { readonly op: "get"; readonly sha1: string; readonly local: string; readonly mirrorOf?: string }
  | { readonly op: "remove"; readonly sha1: string; readonly mirrorOf?: string }
  | { readonly op: "hash" | "size"; readonly sha1: string };

interface Lun {
  readonly name: string;
  /** Its mount; after a fail-over the folder of its mirror, on another mount. */
  root: string;
  /** Where its mirror would be it. */
  readonly spare: string | undefined;
  state: MountState;
  /** performance.now() since when it is not usable. */
  since: number | undefined;
  /** It has answered once: a mount that comes late at boot is not a loss. */
  known: boolean;
  proof: { readonly helper: HelperProcess; readonly startedAt: number } | undefined;
  /** performance.now() when it last answered anything: a proof, or a piece of a long operation. */
  answeredAt: number;
  /** How long its last proof took, and the longest one; ms. */
  proofMs: { last: number; most: number };
  running: number;
  readonly queue: Waiting[];
}
/** An operation that waits for a lane. */
interface Waiting {
  readonly start: () => void;
  readonly fail: (error: StorageError) => void;
}

const lanes = 2;
const pingMs = 500;
/** A hung proof is tried anew in a fresh helper after so long: its mount may have been replaced. Each try may leave a process in the kernel, so it doubles. */
const firstRetryMs = 5000;
const lastRetryMs = 60_000;
const bootGraceMs = 15_000;

const hangs = (lun: string) => new StorageError("ETIMEDOUT", `${lun} does not answer`);
const stateOf = (code: string): MountState => (["EROFS", "EACCES", "EPERM"].includes(code) ? "read-only" : "error");

export class Storage {
  readonly #luns: ReadonlyMap<string, Lun>;
  readonly #threads: number;
  #helper: HelperProcess;
  #retryMs = firstRetryMs;
  #lastTick = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #bornAt = performance.now();
  /** Called each time a LUN is found lost, again and again while it is. */
  onLost: (lun: string, state: MountState, forMs: number) => void = () => {};

  constructor(readonly settings: StorageSettings) {
    const names = Object.keys(settings.mounts).sort();
    this.#luns = new Map(
      names.map((name) => [
        name,
        {
          name,
          root: settings.mounts[name]!,
          spare: this.#spareOf(name),
          state: "usable",
          since: undefined,
          known: false,
          proof: undefined,
          answeredAt: 0,
          proofMs: { last: 0, most: 0 },
          running: 0,
          queue: [],
        },
      ]),
    );
    this.#threads = names.length * (lanes + 2) + 6;
    this.#helper = this.#spawn();
    for (const lun of this.#luns.values()) void this.#prove(lun);
    this.#timer = setInterval(() => this.#tick(), settings.timers.storageCheck);
  }

  get luns(): readonly string[] {
    return [...this.#luns.keys()];
  }
  /** The LUN that holds a copy of this one; undefined if there is none, or if the copy is the LUN now. */
  mirrorOf(name: string): string | undefined {
    const lun = this.#luns.get(name);
    return lun && lun.root !== lun.spare && this.settings.mounts[this.settings.mirrors[name] ?? ""] !== undefined ? this.settings.mirrors[name] : undefined;
  }
  /** Those that were failed over to their mirrors. */
  moved(): readonly string[] {
    return [...this.#luns.values()].filter((lun) => lun.root === lun.spare).map((lun) => lun.name);
  }
  /** Looks at once whether LUNs were failed over. */
  async reconsider(): Promise<readonly string[]> {
    await Promise.race([Promise.all([...this.#luns.values()].map((lun) => this.#trySpare(lun))), sleep(this.settings.timers.storageDeadline)]);
    return this.moved();
  }
  states(): Record<string, MountState> {
    return Object.fromEntries([...this.#luns.values()].map((lun) => [lun.name, lun.state]));
  }
  /** How long proofs take: of each LUN the last one and the longest, in ms. */
  proofsMs(): Record<string, { readonly last: number; readonly most: number }> {
    return Object.fromEntries([...this.#luns.values()].map((lun) => [lun.name, { ...lun.proofMs }]));
  }
  /** Unusable for lunLost or longer, as this Cloud Controller sees it. */
  lost(): readonly string[] {
    return [...this.#luns.values()].filter((lun) => this.#isLost(lun)).map((lun) => lun.name);
  }
  get helperPid(): number | undefined {
    return this.#helper.pid;
  }

  /**
   * Rejects with a StorageError: ETIMEDOUT when the deadline passes or the LUN has hung for lunLost, MARKER when the LUN is not there, else the errno.
   * A LUN that stalls for less than that is waited for: whoever asks is late, not refused.
   */
  async run(name: string, op: BlobOp, deadlineMs: number): Promise<{ size: number; sha1: string }> {
    const lun = this.#luns.get(name);
    if (!lun) throw new StorageError("ENODEV", `${name} is not mounted here`);
    if (lun.state === "hung" && this.#isLost(lun)) throw hangs(name);
    return new Promise((resolve, reject) => {
      let over = false;
      const fail = (error: StorageError) => {
        over = true;
        clearTimeout(timer);
        reject(error);
      };
      const timer = setTimeout(() => fail(new StorageError("ETIMEDOUT", `${op.op} on ${name} took longer than ${deadlineMs} ms`)), deadlineMs);
      const start = () => {
        if (over) return;
        lun.running++;
        const alive = () => {
          lun.answeredAt = performance.now();
        };
        this.#ask({ ...op, root: lun.root, lun: name }, alive)
          .then(resolve, reject)
          // The lane stays taken while the operation hangs, deadline or not: that bounds the threads.
          .finally(() => {
            clearTimeout(timer);
            lun.running--;
            this.#next(lun);
          });
      };
      lun.queue.push({ start, fail });
      this.#next(lun);
    });
  }
  #next(lun: Lun): void {
    while (lun.running < lanes && lun.queue.length > 0) lun.queue.shift()!.start();
  }

  /** Ends proofs and the helper. */
  stop(): void {
    clearInterval(this.#timer);
    this.#helper.abandon();
  }

  #spawn(): HelperProcess {
    return new HelperProcess(this.settings.helperCommand, this.#threads);
  }
  #ask(op: StorageOp, alive?: () => void): Promise<{ size: number; sha1: string }> {
    if (!this.#helper.usable) {
      log.warn("the storage helper ended; starting another");
      this.#helper = this.#spawn();
    }
    return this.#helper.ask(op, alive);
  }

  #spareOf(name: string): string | undefined {
    const partner = this.settings.mounts[this.settings.mirrors[name] ?? ""];
    return partner === undefined ? undefined : join(partner, mirrorFolder(name));
  }
  /** The mirror is the LUN as soon as it has the LUN's marker; then it stays so, also when the LUN comes back: it was written to. */
  async #trySpare(lun: Lun): Promise<boolean> {
    const { spare } = lun;
    if (spare === undefined || lun.root === spare) return false;
    const moved = await this.#ask({ op: "proof", root: spare, lun: lun.name, proof: this.settings.proofFile, again: false }).then(
      () => true,
      () => false,
    );
    if (!moved) return false;
    log.warn({ lun: lun.name, spare }, "failed over to its mirror");
    lun.root = spare;
    lun.proof = undefined;
    this.#found(lun, "usable", "failed over");
    return true;
  }

  #isLost(lun: Lun): boolean {
    if (lun.since === undefined) return false;
    const now = performance.now();
    return now - lun.since >= this.settings.timers.lunLost && (lun.known || now - this.#bornAt >= bootGraceMs);
  }

  #tick(): void {
    const now = performance.now();
    // This process was stopped for a while: what it remembers of the LUNs is as old as that, so the clocks of loss start again.
    if (now - this.#lastTick > 3 * this.settings.timers.storageCheck + 1000)
      for (const lun of this.#luns.values()) if (lun.since !== undefined) lun.since = now;
    this.#lastTick = now;
    for (const lun of this.#luns.values()) {
      if (lun.proof && lun.proof.helper === this.#helper && now - Math.max(lun.proof.startedAt, lun.answeredAt) > this.#retryMs)
        this.#replace(`${lun.name} hangs`);
      if (this.#isLost(lun)) {
        for (const waiting of lun.state === "hung" ? lun.queue.splice(0) : []) waiting.fail(hangs(lun.name));
        this.onLost(lun.name, lun.state, Math.round(now - lun.since!));
      }
      if (!lun.proof || lun.proof.helper !== this.#helper) void this.#prove(lun);
    }
  }

  /** Other LUNs' operations get a moment to end in the old helper. */
  #replace(why: string): void {
    log.warn({ why, pid: this.#helper.pid, retryMs: this.#retryMs }, "storage helper replaced");
    const old = this.#helper;
    this.#helper = this.#spawn();
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
    setTimeout(() => old.abandon(), 2 * this.settings.timers.storageDeadline).unref();
  }

  async #prove(lun: Lun): Promise<void> {
    const { storageDeadline } = this.settings.timers;
    const asked = this.#ask({ op: "proof", root: lun.root, lun: lun.name, proof: this.settings.proofFile, again: lun.known && lun.state === "usable" });
    const mine = { helper: this.#helper, startedAt: performance.now() };
    lun.proof = mine;
    let late: NodeJS.Timeout | undefined;
    let over = false;
    let fromMs = mine.startedAt;
    // The deadline is the LUN's: a helper that is still starting does not count against it, and neither does what the LUN has answered meanwhile.
    const watch = (sinceMs: number) => {
      late = setTimeout(
        () => {
          if (lun.answeredAt > sinceMs && !over) watch(lun.answeredAt);
          else void this.#overdue(lun, mine);
        },
        sinceMs + storageDeadline - performance.now(),
      );
    };
    void mine.helper.started.then(() => {
      fromMs = performance.now();
      if (!over) watch(fromMs);
    });
    try {
      await asked;
      lun.answeredAt = performance.now();
      lun.proofMs.last = Math.round(lun.answeredAt - fromMs);
      lun.proofMs.most = Math.max(lun.proofMs.most, lun.proofMs.last);
      if (lun.proof === mine && !((lun.state !== "usable" || !lun.known) && (await this.#trySpare(lun)))) this.#found(lun, "usable", "");
    } catch (error) {
      const { code, message } = error as StorageError;
      // A helper that ended says nothing about the LUN; the next tick asks another one.
      if (lun.proof === mine && code !== "HELPER" && !(await this.#trySpare(lun))) this.#found(lun, stateOf(code), message);
    } finally {
      over = true;
      clearTimeout(late);
      if (lun.proof === mine) lun.proof = undefined;
    }
  }

  /** The proof's deadline has passed: is it the LUN, or the helper? */
  async #overdue(lun: Lun, proof: NonNullable<Lun["proof"]>): Promise<void> {
    const pong = await Promise.race([
      proof.helper.ask({ op: "ping" }).then(
        () => true,
        () => false,
      ),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), pingMs)),
    ]);
    if (lun.proof !== proof) return;
    if (pong) void this.#trySpare(lun);
    if (pong) this.#found(lun, "hung", `no answer within ${this.settings.timers.storageDeadline} ms`);
    else if (proof.helper === this.#helper) this.#replace("it does not answer a ping");
  }

  #found(lun: Lun, state: MountState, says: string): void {
    if (state !== lun.state) log[state === "usable" ? "info" : "warn"]({ lun: lun.name, state, says }, "mount");
    lun.state = state;
    if (state === "usable") {
      lun.since = undefined;
      lun.known = true;
      if ([...this.#luns.values()].every((other) => other.state === "usable")) this.#retryMs = firstRetryMs;
    } else {
      // A hang began when its proof did.
      lun.since ??= performance.now() - (state === "hung" ? this.settings.timers.storageDeadline : 0);
    }
  }
}
