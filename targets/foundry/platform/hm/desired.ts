/** Desired state: what the CCDB says should run, and whether storage is declared lost. Read-only, through the views that the Cloud Controller's schema keeps for us. */
import pg from "pg";
import type { Address } from "../base/config.js";
import { log } from "../base/log.js";

export interface DesiredApp {
  readonly droplet: string;
  readonly name: string;
  readonly state: "STARTED" | "STOPPED";
  /** "<droplet's sha1>-<run_count>"; empty if it was never started. */
  readonly version: string;
  readonly instances: number;
  /** Whole seconds since the epoch: Cloud Controllers compare it before they obey a STOP. */
  readonly lastUpdated: number;
  readonly updatedAtMs: number;
}
export interface DesiredState {
  readonly apps: readonly DesiredApp[];
  /** LUNs that are declared lost and not released: everybody is read-only while there is one. */
  readonly lostLuns: readonly string[];
}

/** Both reject when the database does not answer in time. */
export interface DesiredSource {
  all(): Promise<DesiredState>;
  /** Apps that are missing from the result do not exist. */
  some(droplets: readonly string[]): Promise<DesiredState>;
}

interface Row {
  readonly droplet: string;
  readonly name: string;
  readonly state: "STARTED" | "STOPPED";
  readonly version: string;
  readonly instances: number;
  readonly last_updated: string;
  readonly updated_at: Date;
}

/** A hanging link must not hold a scan for ever. */
const deadlineMs = 2000;
const columns = "select droplet, name, state, version, instances, last_updated, updated_at from desired_apps";

export class PostgresSource implements DesiredSource {
  /** One connection: scans are short, and an idle Health Manager should cost the database nothing. */
  readonly #pool: pg.Pool;

  constructor(at: Address, password: string) {
    this.#pool = new pg.Pool({
      ...at,
      user: "foundry",
      password,
      database: "ccdb",
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: deadlineMs,
      query_timeout: deadlineMs,
      options: "-c default_transaction_read_only=on",
    });
    // A connection that dies while idle: the next scan makes a new one and reports if it cannot.
    this.#pool.on("error", (error) => log.debug({ err: error }, "idle database connection lost"));
  }

  all(): Promise<DesiredState> {
    return this.#read(columns, []);
  }
  some(droplets: readonly string[]): Promise<DesiredState> {
    return this.#read(`${columns} where droplet = any($1)`, [droplets]);
  }

  async #read(query: string, values: readonly unknown[]): Promise<DesiredState> {
    const { rows } = await this.#pool.query<Row>(query, [...values]);
    const lost = await this.#pool.query<{ lun: string }>("select lun from storage_latch order by lun");
    return {
      apps: rows.map((row) => ({
        droplet: row.droplet,
        name: row.name,
        state: row.state,
        version: row.version,
        instances: row.instances,
        lastUpdated: Number(row.last_updated),
        updatedAtMs: row.updated_at.getTime(),
      })),
      lostLuns: lost.rows.map((row) => row.lun),
    };
  }
}
