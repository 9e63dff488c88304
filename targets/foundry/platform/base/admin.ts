/** The admin server of a component: JSON over plain node:http on PORT_ADMIN, past every proxy. Only the keeper and operators call it. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { adminLabel, watchLabel } from "../../contract/secrets.js";
import { config } from "./config.js";
import { defects, surviveDefects } from "./defects.js";
import { identity } from "./identity.js";
import { log } from "./log.js";
import { refuse, refused } from "./who.js";

/** `body` is the parsed JSON of the request, undefined if it had none; `query` what its path has behind a question mark. What is returned is sent as JSON. */
export type AdminRoute = (body: unknown, query: URLSearchParams) => unknown | Promise<unknown>;
export type AdminRoutes = Readonly<Record<`GET /${string}` | `POST /${string}`, AdminRoute>>;

/** Thrown by a route to answer {error} with another status than 500. */
export class AdminError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

let isReady = false;
/** From now on `GET /healthz` answers 200, and a defect ends nothing. */
export function ready(): void {
  surviveDefects();
  isReady = true;
}

const maxBodyBytes = 2 ** 20;
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBodyBytes) throw new AdminError(413, `the request's body is longer than ${maxBodyBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new AdminError(400, "the request's body is not JSON");
  }
}

function varz(): Record<string, unknown> {
  const cpu = process.cpuUsage();
  return { ...identity(), pid: process.pid, memBytes: process.memoryUsage.rss(), cpuUs: cpu.user + cpu.system, defects: defects() };
}

async function answer(routes: AdminRoutes, watched: Watched, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, value: unknown) => {
    const text = JSON.stringify(value ?? {});
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
  };
  const [path = "/", search = ""] = (request.url ?? "/").split("?");
  const query = new URLSearchParams(search);
  const asked = `${request.method} ${path}`;
  const { name, secret } = config();
  const no = refused(request, [secret(adminLabel(name)), ...(watched(asked) ? [secret(watchLabel(name))] : [])]);
  if (no) return refuse(response, no);
  const route = Object.hasOwn(routes, asked) ? routes[asked as keyof AdminRoutes] : undefined;
  try {
    if (path === "/healthz") response.writeHead(isReady ? 200 : 503, { "content-type": "text/plain" }).end(isReady ? "ok\n" : "starting\n");
    else if (path === "/varz") send(200, { ...varz(), ...((await route?.(undefined, query)) as object | undefined) });
    else if (path === "/restart" && request.method === "POST") {
      send(200, { pid: process.pid });
      // As if somebody had told its supervisor to: it ends cleanly, and is started again.
      process.kill(process.pid, "SIGTERM");
    } else if (route) send(200, await route(await bodyOf(request), query));
    else send(404, { error: `no ${request.method} ${path} here` });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof AdminError)) log.error({ err: error, path }, "admin route failed");
    if (!response.headersSent) send(error instanceof AdminError ? error.status : 500, { error: message });
    else response.destroy();
  }
}

/** Whether monitoring's token opens it as well. */
export type Watched = (asked: string) => boolean;

/**
 * Serves `routes` to whoever brings the component's token, always with `GET /healthz` ("ok", 503 until ready() was called), `GET /varz` (a component's own "GET /varz" is merged into it)
 * and `POST /restart` (answers with the pid that ends).
 * Resolves when it listens. A route that throws is answered with {error}: 500, or the status of an AdminError.
 */
export function admin(routes: AdminRoutes, watched: Watched = () => false): Promise<void> {
  const server = createServer((request, response) => void answer(routes, watched, request, response));
  server.keepAliveTimeout = 30_000;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(config().port("admin"), config().bindHost, () => resolve());
  });
}
