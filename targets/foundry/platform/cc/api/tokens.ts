/** Tokens as a UAA makes them: JWT, HS256, with the claims that `cf` reads (a user token without user_name, user_id or origin makes it panic). */
import { randomUUID } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { config } from "../../base/config.js";
import { invalidToken } from "./cf-error.js";

/** Who asks: a user, or a client of its own right. */
export interface Actor {
  readonly guid: string;
  readonly name: string;
  readonly type: "user" | "client";
}
export interface TokenClaims {
  readonly actor: Actor;
  readonly jti: string;
  readonly use: "access" | "refresh";
  readonly expiresAt: Date;
}

/** The UAA's own defaults: 12 h and 30 days. */
export const accessS = 43_200;
const refreshS = 2_592_000;
export const scope = "openid cloud_controller.admin cloud_controller.read cloud_controller.write scim.read scim.write";

const key = () => new TextEncoder().encode(config().secret("jwt-key"));

/** Also by whoever has no claims yet: one token. `revocable` makes `cf logout` tell the platform. */
export async function issue(actor: Actor, use: "access" | "refresh"): Promise<{ readonly token: string; readonly jti: string }> {
  const jti = use === "access" ? randomUUID() : `${randomUUID()}-r`;
  const user = actor.type === "user" ? { user_name: actor.name, user_id: actor.guid, origin: "uaa", email: actor.name } : {};
  const token = await new SignJWT({
    ...user,
    client_id: actor.type === "user" ? "cf" : actor.name,
    cid: actor.type === "user" ? "cf" : actor.name,
    scope: scope.split(" "),
    revocable: true,
    use,
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(actor.guid)
    .setJti(jti)
    .setIssuer(`http://uaa.${config().domain}/oauth/token`)
    .setIssuedAt()
    .setExpirationTime(`${use === "access" ? accessS : refreshS}s`)
    .sign(key());
  return { token, jti };
}

/** Throws CfError 401/1000 for anything that is not a valid token of ours. */
export async function read(token: string): Promise<TokenClaims> {
  try {
    const { payload } = await jwtVerify(token, key(), { algorithms: ["HS256"] });
    const name = payload.user_name ?? payload.client_id;
    if (typeof name !== "string" || typeof payload.sub !== "string" || typeof payload.jti !== "string" || typeof payload.exp !== "number") throw invalidToken();
    return {
      actor: { guid: payload.sub, name, type: payload.user_name === undefined ? "client" : "user" },
      jti: payload.jti,
      use: payload.use === "refresh" ? "refresh" : "access",
      expiresAt: new Date(payload.exp * 1000),
    };
  } catch {
    throw invalidToken();
  }
}
