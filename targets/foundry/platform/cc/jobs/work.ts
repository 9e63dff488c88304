/**
 * Work that any Cloud Controller may do (deletions, manifests, staging): rows of `jobs`. A row is claimed with FOR UPDATE SKIP LOCKED and held by a
 * lease; whoever finds a lease lapsed takes the work over. What a handler changes is committed together with the claim's end, so that a claim
 * that was lost meanwhile (a process that was stopped for a while) changes nothing.
 */
import { randomUUID } from "node:crypto";
import { config } from "../../base/config.js";
import { log } from "../../base/log.js";
import { sleep } from "../../base/until.js";
import { asCfError } from "../api/server.js";
import { type Database, isAway, type Sql } from "../database/database.js";
import { notLatched } from "../storage/latch.js";

export interface Job<P> {
  readonly guid: string;
  readonly payload: P;
  /** Runs `act` and ends the job, all in one transaction; rejects if the claim was lost. */
  commit(act: (sql: Sql) => Promise<unknown>): Promise<void>;
}
/** What it throws makes the job FAILED, except for a database that is away: then the lease lapses and the job is done again. */
export type Handler<P> = (job: Job<P>) => Promise<void>;

interface Kind {
  readonly atOnce: number;
  readonly handle: Handler<unknown>;
}

const pollMs = 1000;
const leaseS = 10;
const renewMs = 3000;
const maxAttempts = 3;

class ClaimLost extends Error {}

export class Work {
  readonly #kinds = new Map<string, Kind>();
  readonly #running = new Map<string, string>();
  /** Of this process alone: a restarted one must not take over its own old claims before they lapse. */
  readonly #holder = `${config().name}/${randomUUID().slice(0, 8)}`;
  readonly #ended = new Map<string, () => void>();
  #looking = false;
  #again = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(readonly database: Database) {}

  /** Handlers of operations that share `atOnce` slots each. */
  on<P>(operation: string, atOnce: number, handle: Handler<P>): void {
    this.#kinds.set(operation, { atOnce, handle: handle as Handler<unknown> });
  }
  start(): void {
    this.#timers = [setInterval(() => this.kick(), pollMs), setInterval(() => void this.#renew(), renewMs)];
  }
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
  get running(): number {
    return this.#running.size;
  }

  /** Adds a job within the caller's transaction; kick() after it was committed. */
  async add(sql: Sql, operation: string, payload: object): Promise<string> {
    const guid = randomUUID();
    await sql.rows("insert into jobs (guid, operation, payload) values ($1, $2, $3)", [guid, operation, JSON.stringify(payload)]);
    return guid;
  }

  /** Looks for work now; resolves soon, when the job ended here, or after ms at the latest. Clients that poll each 3 s are spared one round. */
  async kickAndWait(guid: string, ms: number): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#ended.set(guid, resolve));
    this.kick();
    await Promise.race([ended, sleep(ms)]);
    this.#ended.delete(guid);
  }

  kick(): void {
    this.#again = true;
    if (!this.#looking) void this.#look();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      while (this.#again) {
        this.#again = false;
        const count = (operation: string) => [...this.#running.values()].filter((other) => other === operation).length;
        const free = [...this.#kinds].filter(([operation, { atOnce }]) => count(operation) < atOnce).map(([operation]) => operation);
        if (free.length === 0) return;
        const job = await this.#claim(free);
        if (!job) continue;
        this.#again = true;
        this.#running.set(job.guid, job.operation);
        void this.#run(job);
      }
    } catch (error) {
      // Without the CCDB there is no work; the next poll asks again.
      if (!isAway(error)) log.error({ err: error }, "looking for work");
    } finally {
      this.#looking = false;
    }
  }

  #claim(operations: readonly string[]) {
    return this.database.row<{ guid: string; operation: string; payload: unknown; attempts: number }>(
      `update jobs set claimed_by = $1, lease_until = now() + interval '${leaseS} s', attempts = attempts + 1, updated_at = now()
       where guid = (select guid from jobs where state = 'PROCESSING' and (lease_until is null or lease_until < now()) and operation = any($2) and ${notLatched}
                     order by created_at limit 1 for update skip locked)
       returning guid, operation, payload, attempts`,
      [this.#holder, operations],
    );
  }

  async #run({ guid, operation, payload, attempts }: { guid: string; operation: string; payload: unknown; attempts: number }): Promise<void> {
    const commit = (act: (sql: Sql) => Promise<unknown>) =>
      this.database.transaction(async (sql) => {
        await this.#end(sql, guid, []);
        await act(sql);
      });
    try {
      if (attempts > maxAttempts) throw new Error(`gave up after ${maxAttempts} attempts`);
      await this.#kinds.get(operation)!.handle({ guid, payload, commit });
    } catch (error) {
      if (error instanceof ClaimLost) log.warn({ guid, operation }, "job was taken over by another Cloud Controller");
      else if (isAway(error)) log.warn({ guid, operation }, "job interrupted: the CCDB is away");
      else {
        log.warn({ err: error, guid, operation }, "job failed");
        await this.#end(this.database, guid, [asCfError(error).entry]).catch(() => {}); // else its lease lapses
      }
    } finally {
      this.#running.delete(guid);
      this.#ended.get(guid)?.();
      this.kick();
    }
  }

  async #end(sql: Sql, guid: string, errors: readonly object[]): Promise<void> {
    const ended = await sql.row(
      "update jobs set state = $3, errors = $4, lease_until = null, updated_at = now() where guid = $1 and claimed_by = $2 and state = 'PROCESSING' returning guid",
      [guid, this.#holder, errors.length > 0 ? "FAILED" : "COMPLETE", JSON.stringify(errors)],
    );
    if (!ended) throw new ClaimLost(guid);
  }

  async #renew(): Promise<void> {
    if (this.#running.size === 0) return;
    await this.database
      .rows(`update jobs set lease_until = now() + interval '${leaseS} s' where claimed_by = $1 and guid = any($2) and state = 'PROCESSING'`, [
        this.#holder,
        [...this.#running.keys()],
      ])
      .catch((error: unknown) => log.warn({ err: error }, "leases were not renewed"));
  }
}
