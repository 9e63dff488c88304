/**
 * Databases for apps: per instance a database and a role that owns all in it, per binding a role that may log in and acts as the owner, so that what
 * one app made another that is bound to the same instance can use, and nobody else. Names come from the ids, so nothing needs to be remembered here.
 */
import pLimit from "p-limit";
import pg from "pg";
import type { Address } from "../base/config.js";
import type { Secret } from "../base/secrets.js";
import { gatewayUser } from "./gateway-user.js";
import type { Kind } from "./kind.js";
import { ofId } from "./of-id.js";

const connectTimeoutMs = 2000;
const queryTimeoutMs = 6000;
const connectionsEach = 20;

const hex = (id: string) => id.replaceAll("-", "");
const databaseOf = (instance: string) => `d_${hex(instance)}`;
const ownerOf = (instance: string) => `i_${hex(instance)}`;
const loginOf = (binding: string) => `u_${hex(binding)}`;

/** "duplicate": two that were asked for the same at once. */
const isThere = (error: unknown) => ["42710", "42P04", "23505"].includes(String((error as { code?: unknown }).code));

type Sql = (text: string, values?: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;

export class Databases implements Kind {
  /** One after the other: databases are copied from one template, which takes no second hand. */
  readonly #turn = pLimit(1);

  constructor(
    readonly server: Address,
    /** Where apps reach the same server. */
    readonly forApps: Address,
    readonly secret: Secret,
  ) {}

  #password(binding: string): string {
    return ofId(this.secret, `postgres-binding-${binding}`).slice(0, 32);
  }

  /** Connects for this alone: nothing is asked for most of the time. */
  #with<T>(database: string, act: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#turn(() => this.#inside(database, act));
  }
  async #inside<T>(database: string, act: (sql: Sql) => Promise<T>): Promise<T> {
    const client = new pg.Client({
      ...this.server,
      user: gatewayUser,
      database,
      password: this.secret("servicedb-password"),
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: queryTimeoutMs,
    });
    client.on("error", () => {}); // the statement under way rejects
    await client.connect();
    try {
      return await act(async (text, values = []) => (await client.query(text, [...values])).rows as Record<string, unknown>[]);
    } finally {
      await client.end().catch(() => {});
    }
  }

  provision(instance: string): Promise<boolean> {
    const [database, owner] = [databaseOf(instance), ownerOf(instance)];
    return this.#with("postgres", async (sql) => {
      await sql("revoke connect, temporary on database postgres, template1 from public");
      await make(sql, `create role ${owner} nologin`);
      const made = await make(sql, `create database ${database} owner ${owner} connection limit ${connectionsEach}`);
      await sql(`revoke all on database ${database} from public`);
      return made;
    });
  }

  deprovision(instance: string): Promise<boolean> {
    const [database, owner] = [databaseOf(instance), ownerOf(instance)];
    return this.#with("postgres", async (sql) => {
      const was = await exists(sql, database);
      await sql(`drop database if exists ${database} with (force)`);
      const logins = await sql(
        "select l.rolname as name from pg_auth_members m join pg_roles l on l.oid = m.member join pg_roles o on o.oid = m.roleid where o.rolname = $1 and l.rolname like 'u\\_%'",
        [owner],
      );
      for (const { name } of logins) await sql(`drop role if exists ${String(name)}`);
      await sql(`drop role if exists ${owner}`);
      return was;
    });
  }

  bind(instance: string, binding: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const [database, owner, user, password] = [databaseOf(instance), ownerOf(instance), loginOf(binding), this.#password(binding)];
    return this.#with("postgres", async (sql) => {
      if (!(await exists(sql, database))) return undefined;
      await make(sql, `create role ${user} nologin`);
      await sql(`grant ${owner} to ${user}`);
      await sql(`alter role ${user} set role to ${owner}`);
      await sql(`alter role ${user} login password '${password}'`);
      const { host, port } = this.forApps;
      return {
        uri: `postgres://${user}:${password}@${host}:${port}/${database}`,
        ...{ host, hostname: host, port, name: database },
        ...{ user, username: user, password },
      };
    });
  }

  unbind(instance: string, binding: string): Promise<boolean> {
    const [database, owner, user] = [databaseOf(instance), ownerOf(instance), loginOf(binding)];
    return this.#turn(async () => {
      const [was, hasData] = await this.#inside("postgres", async (sql) => {
        const [found] = await sql("select from pg_roles where rolname = $1", [user]);
        if (!found) return [false, false];
        await sql(`alter role ${user} nologin`);
        await sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [user]);
        return [true, await exists(sql, database)];
      });
      if (!was) return false;
      // What it made under its own name stays with the instance.
      if (hasData)
        await this.#inside(database, async (sql) => {
          await sql(`reassign owned by ${user} to ${owner}`);
          await sql(`drop owned by ${user}`);
        });
      await this.#inside("postgres", (sql) => sql(`drop role if exists ${user}`));
      return true;
    });
  }
}

const exists = async (sql: Sql, database: string): Promise<boolean> => (await sql("select from pg_database where datname = $1", [database])).length > 0;

/** False if it is there already. */
async function make(sql: Sql, statement: string): Promise<boolean> {
  try {
    await sql(statement);
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
}
