/** What handlers read of a request: its address as the client wrote it, its body checked, and lists with v3's filters and pages. */
import type { FastifyRequest } from "fastify";
import * as z from "zod";
import type { Sql } from "../database/database.js";
import { badQuery, notFound, unprocessable } from "./cf-error.js";

/** Links and Location must be absolute, and reach us the way that this request did. */
export function baseUrl(request: FastifyRequest): string {
  const proto = String(request.headers["x-forwarded-proto"] ?? "http").split(",")[0];
  return `${proto}://${request.headers.host ?? request.hostname}`;
}

const some = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length > 0;
/** Labels and annotations are not kept: better refused than forgotten. Throws CfError 422. */
export function refuseMetadata(body: unknown): void {
  const { metadata } = (body ?? {}) as { metadata?: { labels?: unknown; annotations?: unknown } | null };
  if (some(metadata?.labels) || some(metadata?.annotations)) throw unprocessable("metadata: this platform keeps no labels and annotations");
}

/** Throws CfError 422 with what does not fit. */
export function bodyAs<S extends z.ZodType>(schema: S, request: FastifyRequest): z.output<S> {
  refuseMetadata(request.body);
  const parsed = schema.safeParse(request.body ?? {});
  if (parsed.success) return parsed.data;
  throw unprocessable(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join(", "));
}

export type ByGuid = { Params: { guid: string } };
/** How bodies name another resource. */
export const related = z.object({ data: z.object({ guid: z.string() }) });

/** The row of that guid; throws CfError 404, in which `what` is not found. */
export async function find<T>(sql: Sql, table: string, what: string, guid: string | null): Promise<T> {
  const row = await sql.row<T>(`select * from ${table} where guid = $1`, [guid]);
  if (!row) throw notFound(what);
  return row;
}

export interface List<T> {
  readonly columns: string;
  /** Tables, joined. */
  readonly from: string;
  /** Query parameter → SQL expression that must equal one of its values. */
  readonly filters: Readonly<Record<string, string>>;
  /** Further query parameters that the caller reads, or that leave out nothing here. */
  readonly also?: readonly string[];
  /** order_by value → SQL expression; created_at is always there. */
  readonly orders?: Readonly<Record<string, string>>;
  /** Table or alias that has created_at and guid. */
  readonly of: string;
  /** Further conditions, with their own values from $1 on. */
  readonly where?: { readonly sql: string; readonly values: readonly unknown[] };
  readonly present: (row: T, base: string) => object;
}

function number(query: Record<string, unknown>, name: string, fallback: number, max: number): number {
  const text = query[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw badQuery(`The query parameter is invalid: ${name} must be a positive integer`);
  return Math.min(value, max);
}

/** What every list takes. What `include` and `fields` ask for is more than the list, and left out. */
const everywhere = ["page", "per_page", "order_by", "include", "created_ats", "updated_ats"];
const comparisons: Readonly<Record<string, string>> = { lt: "<", lte: "<=", gt: ">", gte: ">=" };
const moment = /^(created_at|updated_at)s\[(lte?|gte?)\]$/;

/** A filter that is not known would be answered with what it should have left out: a script that stops all apps of a label must not stop all apps. Throws CfError 400. */
function refuseUnknown(query: object, known: readonly string[]): void {
  const isKnown = (name: string) => known.includes(name) || /^fields\[[\w.]+\]$/.test(name) || moment.test(name);
  const unknown = Object.keys(query).filter((name) => !isKnown(name));
  if (unknown.length > 0)
    throw badQuery(
      `The query parameter is invalid: Unknown query parameter(s): ${unknown.map((name) => `'${name}'`).join(", ")}. Valid parameters are: ${known.map((name) => `'${name}'`).join(", ")}`,
    );
}

function time(text: string, name: string): Date {
  const at = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(at.getTime())) throw badQuery(`The query parameter is invalid: ${name} has an invalid timestamp format`);
  return at;
}

/** A filter that is present but empty means "equals empty"; it is not the same as absent. */
export async function list<T>(sql: Sql, request: FastifyRequest, spec: List<T>): Promise<object> {
  const query = (request.query ?? {}) as Record<string, string | string[] | undefined>;
  refuseUnknown(query, [...Object.keys(spec.filters), ...(spec.also ?? []), ...everywhere]);
  const base = baseUrl(request);
  const values: unknown[] = [...(spec.where?.values ?? [])];
  const conditions = spec.where ? [spec.where.sql] : [];
  for (const [name, expression] of Object.entries(spec.filters)) {
    const given = query[name];
    if (given === undefined) continue;
    values.push((Array.isArray(given) ? given.join(",") : given).split(","));
    conditions.push(`${expression} = any($${values.length})`);
  }
  for (const [name, given] of Object.entries(query)) {
    const [, column, comparison] = moment.exec(name) ?? /^(created_at|updated_at)s$/.exec(name) ?? [];
    if (column === undefined || given === undefined) continue;
    const times = String(given)
      .split(",")
      .map((text) => time(text, name));
    // As they are shown: in whole seconds.
    values.push(comparison === undefined ? times : times[0]);
    const shown = `date_trunc('second', ${spec.of}.${column})`;
    conditions.push(comparison === undefined ? `${shown} = any($${values.length})` : `${shown} ${comparisons[comparison]} $${values.length}`);
  }
  const page = number(query, "page", 1, 1e9);
  const perPage = number(query, "per_page", 50, 5000);
  const orderBy = String(query.order_by ?? "created_at");
  const orders: Readonly<Record<string, string>> = { created_at: `${spec.of}.created_at`, updated_at: `${spec.of}.updated_at`, ...spec.orders };
  const order = orders[orderBy.replace(/^[-+]/, "")];
  if (order === undefined) throw badQuery(`The query parameter is invalid: Order by can only be: ${Object.keys(orders).join(", ")}`);
  const direction = orderBy.startsWith("-") ? "desc" : "asc";
  const where = conditions.length > 0 ? `where ${conditions.join(" and ")}` : "";
  const rows = await sql.rows<T & { total_results: number }>(
    `select ${spec.columns}, count(*) over () as total_results from ${spec.from} ${where}
     order by ${order} ${direction}, ${spec.of}.guid ${direction} limit ${perPage} offset ${(page - 1) * perPage}`,
    values,
  );
  // The page after the last one has no row that could say how many there are.
  const total = rows[0]?.total_results ?? (page === 1 ? 0 : (await sql.row<{ count: number }>(`select count(*) from ${spec.from} ${where}`, values))!.count);
  const pages = Math.max(Math.ceil(total / perPage), 1);
  const link = (to: number) => {
    const parameters = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
    parameters.set("page", String(to));
    parameters.set("per_page", String(perPage));
    return { href: `${base}${request.url.split("?")[0]}?${parameters}` };
  };
  return {
    pagination: {
      total_results: total,
      total_pages: pages,
      first: link(1),
      last: link(pages),
      next: page < pages ? link(page + 1) : null,
      previous: page > 1 ? link(page - 1) : null,
    },
    resources: rows.map((row) => spec.present(row, base)),
  };
}

/** The same shape for what is not in a table. */
export const listOf = (request: FastifyRequest, resources: readonly object[]): object => {
  const href = `${baseUrl(request)}${request.url.split("?")[0]}?page=1&per_page=50`;
  return { pagination: { total_results: resources.length, total_pages: 1, first: { href }, last: { href }, next: null, previous: null }, resources };
};

/** RFC 3339 in whole seconds, as the API has it. */
export const iso = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z");

export interface Dated {
  readonly guid: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}
/** What every resource has. */
export const common = (row: Dated, base: string, path: string) => ({
  guid: row.guid,
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
  metadata: { labels: {}, annotations: {} },
  links: { self: { href: `${base}/v3/${path}/${row.guid}` } },
});
export const relation = (guid: string | null) => ({ data: guid === null ? null : { guid } });
