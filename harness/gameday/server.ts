/** The page's server: who asks, whether that role may, and what the game says to it. It decides nothing else, and the run never waits for it. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { z } from "zod";
import { firstIssue } from "../core/shape.js";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";
import type { Game, Viewer } from "./game.js";
import { bodyOf, Rate, Refusal, refuseStrangers, safeHeaders } from "./guard.js";
import { codeOf, cookieName, cookieValue, opens, tokenOf, viewerOf } from "./keys.js";
import * as protocol from "./protocol.js";
import { hasConsole, seenState } from "./sight.js";
import { Streams } from "./stream.js";

export interface ServerOptions {
  readonly game: Game;
  readonly gameId: string;
  /** Of this game; see keys.ts. */
  readonly secret: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Beyond loopback, on purpose: the name or address that others reach this machine by. */
  readonly share?: string | undefined;
}
export interface PageServer {
  readonly port: number;
  /** Of that role; the token is in its fragment. */
  link(role: protocol.Role): string;
  close(): Promise<void>;
}

const pageDir = join(dist, "harness", "gameday", "page");
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Rejects with FlounderError "environment" if the port is taken. */
export async function servePage({ game, gameId, secret, port, share }: ServerOptions): Promise<PageServer> {
  const names = share === undefined ? [] : [share.includes(":") ? `[${share}]` : share];
  const streams = new Streams(game);
  const files = new Map(readdirSync(pageDir).map((name) => [name, readFileSync(join(pageDir, name))]));
  const rates = { join: new Rate(20, 60_000), each: new Rate(60, 1000) };
  const own = () => (server.address() as AddressInfo).port;
  const base = () => `http://${names[0] ?? "127.0.0.1"}:${own()}`;
  const link = (role: protocol.Role) => `${base()}/${role}#${tokenOf(secret, role)}`;

  const handlers: Readonly<Record<protocol.RouteName, (asked: Asked) => Promise<unknown>>> = {
    async "POST /api/join"({ body, request, response }) {
      rates.join.pass(request.socket.remoteAddress ?? "");
      const { role, key, name, seat } = body as z.infer<typeof protocol.joinBody>;
      if (!opens(secret, role, key, share !== undefined))
        throw new Refusal(401, "key", "this link or code does not open the game", "ask the facilitator for another one");
      const { seats } = game.truth;
      const taken = role === "player" ? (seat === undefined ? seats[0] : seats.find((one) => one.name === seat)) : undefined;
      if (role === "player" && !taken) throw new Refusal(400, "seat", `there is no seat "${seat}"`, `there are ${seats.map((one) => one.name).join(", ")}`);
      const viewer: Viewer = taken ? { role, name, seat: taken } : { role, name };
      response.setHeader("set-cookie", `${cookieName(gameId, role)}=${cookieValue(secret, viewer)}; Path=/; HttpOnly; SameSite=Strict`);
      return sessionOf(viewer);
    },
    "GET /api/session": async ({ viewer }) => sessionOf(viewer),
    async "POST /api/leave"({ viewer, response }) {
      response.setHeader("set-cookie", `${cookieName(gameId, viewer.role)}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
      return {};
    },
    async "GET /api/stream"({ viewer, request, response }) {
      streams.open(viewer, response, request.headers["last-event-id"]?.toString());
      return answered;
    },
    "GET /api/links": async () => ({ player: link("player"), room: link("room"), ...(share === undefined ? {} : { code: codeOf(secret) }) }),
    "POST /api/go": done(({ viewer }) => game.go(viewer)),
    "POST /api/inject": done<typeof protocol.injectBody>(({ viewer, body }) => game.inject(body.act, viewer)),
    "POST /api/no-more": done(({ viewer }) => game.noMore(viewer)),
    "POST /api/note": done<typeof protocol.noteBody>(({ viewer, body }) => game.note(body.says, viewer)),
    "POST /api/freeze": done<typeof protocol.freezeBody>(({ viewer, body }) => game.freeze(body.forS, body.reason, viewer)),
    "POST /api/unfreeze": done<typeof protocol.reasonBody>(({ viewer, body }) => game.unfreeze(body.reason, viewer)),
    async "POST /api/abort"({ viewer, body, response }) {
      await game.abort((body as z.infer<typeof protocol.reasonBody>).reason, viewer);
      response.statusCode = 202;
      return {};
    },
    async "POST /api/mark"({ viewer, body }) {
      const { mark, says } = body as z.infer<typeof protocol.markBody>;
      return { atUs: await game.mark(mark, says, viewer) };
    },
    async "POST /api/verb"({ viewer, body }) {
      const { verb, args } = body as z.infer<typeof protocol.verbBody>;
      return game.verb(verb, args, viewer);
    },
    async "POST /api/step"({ viewer, body }) {
      const { procedure, step, does } = body as z.infer<typeof protocol.stepBody>;
      return game.step(procedure, step, does, viewer);
    },
    "POST /api/approve": done<typeof protocol.approveBody>(({ viewer, body }) => game.approve(body.ask, body.go, viewer)),
    async "GET /api/logs"({ query }) {
      const component = query.get("component");
      if (component === null) return { components: await game.components() };
      const lines = Math.min(400, Math.max(1, Number(query.get("lines") ?? 100) || 100));
      return { component, lines: await game.log(component, lines) };
    },
    "GET /api/debrief": () => game.debrief(),
    async "GET /report.html"({ response }) {
      const html = await game.reportHtml();
      // The report has its styles in itself, and says by itself that it has no script.
      response.setHeader("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'");
      response.setHeader("content-type", types[".html"]!);
      response.end(html);
      return answered;
    },
  };
  const sessionOf = (viewer: Viewer) => ({ session: viewer satisfies protocol.Session, state: seenState(viewer, game.truth, streams.present()) });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    refuseStrangers(request, own(), names);
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://game");
    if (request.method === "GET" && sendFile(files, pathname, response)) return;
    const name = `${request.method} ${pathname}`;
    if (!(name in protocol.routes)) {
      const other = Object.keys(protocol.routes).find((route) => route.endsWith(` ${pathname}`));
      throw other ? new Refusal(405, "method", `that is ${other}`) : new Refusal(404, "path", "there is no such page");
    }
    const route = name as protocol.RouteName;
    const rule: protocol.RouteRule = protocol.routes[route];
    const viewer = rule.roles.length === 0 ? nobody : viewerFor(request, query);
    if (viewer !== nobody) rates.each.pass(`${viewer.role} ${viewer.name}`);
    if (viewer !== nobody && !rule.roles.includes(viewer.role)) throw new Refusal(403, "role", `that is not for a ${viewer.role}`);
    if (rule.console && viewer.role === "player" && !hasConsole(viewer)) throw new Refusal(403, "seat", `the seat ${viewer.seat?.name} has no console`);
    if (rule.over && game.truth.stage !== "over") throw new Refusal(409, "stage", "the run is not over", "wait for it");
    let body: unknown;
    if (rule.body) {
      const parsed = rule.body.safeParse(await bodyOf(request));
      if (!parsed.success) throw new Refusal(400, "body", firstIssue(parsed.error));
      body = parsed.data;
    }
    const answer = await handlers[route]({ viewer, body, query, request, response });
    if (answer !== answered) sendJson(response, answer);
  };
  const viewerFor = (request: IncomingMessage, query: URLSearchParams): Viewer => {
    const as = protocol.role.safeParse(query.get("as"));
    if (!as.success) throw new Refusal(400, "as", `expected ?as=${protocol.roles.join(" or ")}`);
    const viewer = viewerOf(secret, cookiesOf(request).get(cookieName(gameId, as.data)), as.data);
    if (!viewer) throw new Refusal(401, "session", "you have not joined", "open the link that you were given");
    return viewer;
  };

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, maxHeaderSize: 8 * 1024 }, (request, response) => {
    for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value);
    handle(request, response).catch((error: unknown) => sendError(request, response, error));
  });
  server.maxConnections = 300;
  await listen(server, port, share);
  return {
    port: own(),
    link,
    async close() {
      streams.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Asked {
  readonly viewer: Viewer;
  readonly body: unknown;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}
const nobody: Viewer = { role: "player", name: "" };
/** The handler has sent it itself. */
const answered = Symbol("answered");
const done =
  <S extends z.ZodType>(act: (asked: Omit<Asked, "body"> & { readonly body: z.infer<S> }) => Promise<void>) =>
  async (asked: Asked): Promise<object> => {
    await act(asked as Parameters<typeof act>[0]);
    return {};
  };

async function listen(server: Server, port: number, share: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new FlounderError(
          "environment",
          `the page cannot listen on ${share ?? "127.0.0.1"}:${port}: ${error.code}`,
          share === undefined ? "choose another port with --port; 0 takes a free one" : "--share takes a name or address of this machine",
        ),
      ),
    );
    server.listen(port, share ?? "127.0.0.1", resolve);
  });
}

const views = new Set(["/", ...protocol.roles.map((role) => `/${role}`)]);
/** The page itself, whichever role's, and its files; all of them are public. False: it is neither. */
function sendFile(files: ReadonlyMap<string, Buffer>, path: string, response: ServerResponse): boolean {
  const name = views.has(path) ? "index.html" : path.startsWith("/page/") ? path.slice("/page/".length) : undefined;
  const file = name === undefined ? undefined : files.get(name);
  if (!file) return false;
  response.setHeader("content-type", types[extname(name!)] ?? "application/octet-stream");
  response.end(file);
  return true;
}
function sendJson(response: ServerResponse, answer: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answer));
}
/** What is no refusal and no operating error is a defect: its words may say more than whoever asks should know. */
function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const [status, code, says, hint] =
    error instanceof Refusal
      ? [error.status, error.code, error.says, error.hint]
      : error instanceof FlounderError
        ? [error.code === "usage" ? 400 : 409, error.code, error.message, error.hint]
        : [500, "defect", "that went wrong here", ""];
  if (status === 500) process.stderr.write(`game day, ${request.method} ${request.url?.split("?")[0]}: ${error instanceof Error ? error.stack : error}\n`);
  response.statusCode = status;
  // The rest of a body that nobody reads would hold the connection.
  response.setHeader("connection", "close");
  sendJson(response, { error: { code, says, hint } } satisfies protocol.Refused);
}

function cookiesOf(request: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim());
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}
