/** Who may pass: a valid token that was not revoked, and no write while storage is declared lost. One question to the CCDB per request, so that the latch holds at once everywhere. */
import type { FastifyRequest } from "fastify";
import type { Database } from "../database/database.js";
import { invalidToken, notAuthenticated, unavailable } from "./cf-error.js";
import { type Actor, read } from "./tokens.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the gate for every path below /v3 that needs a token. */
    actor: Actor;
  }
}

export const readOnly = () => unavailable("The Cloud Controller is read-only: storage was declared lost");

/** Answered without a token, as by Cloud Foundry's. */
const open = new Set(["/v3", "/v3/", "/v3/info"]);
const writes = (method: string) => !["GET", "HEAD", "OPTIONS"].includes(method);

export async function gate(database: Database, request: FastifyRequest): Promise<void> {
  const path = request.url.split("?")[0]!;
  if (!path.startsWith("/v3") || open.has(path)) return;
  const [kind = "", token = ""] = (request.headers.authorization ?? "").split(" ");
  if (!token) throw notAuthenticated();
  if (kind.toLowerCase() !== "bearer") throw invalidToken();
  const claims = await read(token);
  if (claims.use !== "access") throw invalidToken();
  const found = await database.row<{ revoked: boolean; latched: boolean }>(
    "select exists (select from revoked_tokens where jti = $1) as revoked, exists (select from storage_latch) as latched",
    [claims.jti],
  );
  if (found?.revoked) throw invalidToken();
  if (found?.latched && writes(request.method)) throw readOnly();
  request.actor = claims.actor;
}

/** For what has no token yet. */
export async function refuseWhenReadOnly(database: Database): Promise<void> {
  const found = await database.row<{ latched: boolean }>("select exists (select from storage_latch) as latched");
  if (found?.latched) throw readOnly();
}
