/**
 * The sample app that uses a service: it keeps nonces as rows in the database that it is bound to (VCAP_SERVICES, label "postgres"), and answers only with
 * what the database says now. Needs the package `pg`, which whoever pushes it bundles into it: staging installs nothing.
 *
 *   POST /rows?nonce=X   201 {nonce, rows}: X was written; rows is how many there are.
 *   GET /rows?nonce=X    200 {nonce, found}: found says whether X is there.
 *   both                 503 {nonce, error} when the database cannot be asked within a second, or there is none.
 *   GET /healthz         200 "ok": the process accepts and answers, whatever the database does.
 */
const http = require("node:http");
const { Pool } = require("pg");

const [service] = JSON.parse(process.env.VCAP_SERVICES || "{}").postgres || [];
const deadlineMs = 1000;
const pool = service && new Pool({ connectionString: service.credentials.uri, max: 2, connectionTimeoutMillis: deadlineMs, query_timeout: deadlineMs });
// A connection that is lost while nobody uses it is no reason to end.
if (pool) pool.on("error", (error) => console.error(error.message));

async function query(text, values) {
  if (!pool) throw new Error("no database is bound");
  return (await pool.query(text, values)).rows;
}
async function write(nonce) {
  await query("create table if not exists rows (nonce text primary key, at timestamptz not null default now())");
  await query("insert into rows (nonce) values ($1) on conflict (nonce) do nothing", [nonce]);
  const [{ rows }] = await query("select count(*)::int as rows from rows");
  return { rows };
}
const read = async (nonce) => ({ found: (await query("select from rows where nonce = $1", [nonce])).length === 1 });

http
  .createServer(async (request, response) => {
    const url = new URL(request.url, "http://app");
    const send = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
    if (url.pathname === "/healthz") return response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
    if (url.pathname !== "/rows" || !["GET", "POST"].includes(request.method)) return send(404, { error: "GET or POST /rows" });
    const nonce = url.searchParams.get("nonce");
    try {
      if (request.method === "POST") send(201, { nonce, ...(await write(nonce)) });
      else send(200, { nonce, ...(await read(nonce)) });
    } catch (error) {
      send(503, { nonce, error: error.message || error.code });
    }
  })
  .listen(Number(process.env.PORT || 8080), process.env.VCAP_APP_HOST || "0.0.0.0");
process.on("SIGTERM", () => process.exit(0));
