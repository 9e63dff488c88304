/**
 * The sample app that probes ask: it gives back the caller's nonce and says who it is. No dependencies, so that it listens ~40 ms after exec.
 *
 *   GET /?nonce=X   200 {nonce, app, instance, index, dea} and the header X-Flounder-Instance: a probe checks that the nonce is its own (an
 *                   answer from a cache, another request or a maintenance page is not) and that `app` is the app it asked for (a stale
 *                   route to a re-used port is answered by somebody else: wrong-answer, not ok).
 *   GET /healthz    200 "ok": the process accepts and answers.
 *   POST /crash     answers 202, then exits with status 1: what the health manager must notice.
 */
const http = require("node:http");

const facts = JSON.parse(process.env.VCAP_APPLICATION || "{}");
const who = { app: facts.name, instance: facts.instance_id, index: facts.instance_index, dea: facts.dea };

const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://app");
  const send = (status, type, body) => {
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body), "x-flounder-instance": String(who.instance) });
    response.end(body);
  };
  if (request.method === "POST" && url.pathname === "/crash") {
    response.once("close", () => process.exit(1));
    return send(202, "text/plain", "crashing\n");
  }
  if (request.method !== "GET" && request.method !== "HEAD") return send(405, "text/plain", "GET or POST /crash\n");
  if (url.pathname === "/healthz") return send(200, "text/plain", "ok\n");
  if (url.pathname === "/") return send(200, "application/json", JSON.stringify({ nonce: url.searchParams.get("nonce"), ...who }) + "\n");
  send(404, "text/plain", "not found\n");
});
// Routers and balancers keep connections: close idle ones later than they do, or a re-used connection races with our close.
server.keepAliveTimeout = 75_000;
server.listen(Number(process.env.PORT || 8080), process.env.VCAP_APP_HOST || "0.0.0.0");
process.on("SIGTERM", () => process.exit(0));
