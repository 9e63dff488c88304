/** The CCDB as the Cloud Controller uses it: short time-outs, so that a database that hangs is an error after two seconds and not a hang of our own. */
import pg from "pg";
import { config } from "../../base/config.js";
import { log } from "../../base/log.js";

/** A row; its columns are those that the statement names. */
export type Row = Readonly<Record<string, unknown>>;

/** What statements run on: the pool, or one connection within a transaction. */
export interface Sql {
  rows<T>(text: string, values?: readonly unknown[]): Promise<readonly T[]>;
  /** The first row, if any. */
  row<T>(text: string, values?: readonly unknown[]): Promise<T | undefined>;
}

export interface Database extends Sql {
  /** Commits when `act` resolves, rolls back when it rejects. */
  transaction<T>(act: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A busy machine takes its time to make a connection (a process and a password's proof), so connections are kept for long. */
const connectTimeoutMs = 1800;
const queryTimeoutMs = 2000;
const idleTimeoutMs = 600_000;
const poolSize = 8;

// int8 (sizes, counts, seconds) fits a double here.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** SQLSTATE classes of a database that is not there or not ready: connection, resources, operator intervention, system error. */
const awayStates = /^(08|53|57|58)/;
const awayCodes = new Set(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EPIPE", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"]);
const awaySays = /timeout|terminated|Connection ended|not queryable|Client has encountered a connection error/i;

/** True if the error says that the database could not be asked, false if it answered no. */
export function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string" && (awayCodes.has(code) || (code.length === 5 && awayStates.test(code)))) return true;
  return typeof message === "string" && code === undefined && awaySays.test(message);
}
/** True for a violated unique constraint. */
export const isDuplicate = (error: unknown): boolean => (error as { code?: unknown }).code === "23505";

/** What a value of the client's has that no column can hold, in words: a null character, half a surrogate pair, a number or a name that is too large, a resource that is gone. */
export function refusedValue(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string" || code.length !== 5) return undefined;
  if (code === "22021" || code === "22P05") return "A value contains a null character or one that is not Unicode";
  if (code === "22003") return "A number is out of range";
  if (code === "23503") return "A resource that the request names does not exist any more";
  if (code.startsWith("54")) return "A value is too long";
  return code.startsWith("22") ? "A value is invalid" : undefined;
}

const on = (runs: { query(text: string, values: unknown[]): Promise<pg.QueryResult> }): Sql => ({
  rows: async <T>(text: string, values: readonly unknown[] = []) => (await runs.query(text, [...values])).rows as T[],
  row: async <T>(text: string, values: readonly unknown[] = []) => (await runs.query(text, [...values])).rows[0] as T | undefined,
});

export function openDatabase(): Database {
  const { host, port } = config().link("ccdb");
  const pool = new pg.Pool({
    host,
    port,
    user: "foundry",
    database: "ccdb",
    password: config().secret("ccdb-password"),
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    keepAlive: true,
    application_name: config().name,
  });
  pool.on("error", (error) => log.warn({ err: error.message }, "idle connection to the CCDB lost"));
  return {
    ...on(pool),
    async transaction(act) {
      const client = await pool.connect();
      let failure: Error | undefined;
      try {
        await client.query("begin");
        const result = await act(on(client));
        await client.query("commit");
        return result;
      } catch (error) {
        failure = error as Error;
        // A connection that did not answer would not answer this either, and is thrown away below.
        if (!isAway(error)) {
          await client.query("rollback").then(
            () => {
              failure = undefined;
            },
            () => {},
          );
        }
        throw error;
      } finally {
        client.release(failure);
      }
    },
    close: () => pool.end(),
  };
}
