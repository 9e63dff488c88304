/** The three endpoints of a UAA that `cf` needs: GET /login, POST /oauth/token, DELETE /oauth/token/revoke/:jti. */
import type { FastifyInstance, FastifyReply } from "fastify";
import { config } from "../../base/config.js";
import type { Context } from "../context.js";
import { isPassword } from "../database/passwords.js";
import { CfError } from "./cf-error.js";
import { refuseWhenReadOnly } from "./gate.js";
import { type Actor, accessS, issue, read, scope } from "./tokens.js";

interface User {
  readonly guid: string;
  readonly username: string;
  readonly salt: string;
  readonly password_hash: string;
}
type Form = Readonly<Record<string, string | undefined>>;

const refuse = (reply: FastifyReply, error: string, description: string) => reply.code(401).send({ error, error_description: description });

/** Lower-case "bearer": `cf` strips that very prefix after a refresh. */
async function tokens(actor: Actor) {
  const access = await issue(actor, "access");
  const refresh = actor.type === "user" ? { refresh_token: (await issue(actor, "refresh")).token } : {};
  return { access_token: access.token, token_type: "bearer", expires_in: accessS - 1, scope, jti: access.jti, ...refresh };
}

export function uaa(api: FastifyInstance, { database }: Context): void {
  api.get("/login", () => ({
    app: { version: "77.0.0" },
    links: {},
    zone_name: "uaa",
    prompts: { username: ["text", "Email"], password: ["password", "Password"] },
  }));

  const password = async (form: Form, reply: FastifyReply) => {
    const user = await database.row<User>("select guid, username, salt, password_hash from users where username = $1", [form.username ?? ""]);
    if (!user || !(await isPassword(form.password ?? "", user))) return refuse(reply, "unauthorized", "Bad credentials");
    return tokens({ guid: user.guid, name: user.username, type: "user" });
  };
  const refresh = async (form: Form, reply: FastifyReply) => {
    try {
      const claims = await read(form.refresh_token ?? "");
      const revoked = await database.row("select from revoked_tokens where jti = $1", [claims.jti]);
      if (claims.use === "refresh" && !revoked) return await tokens(claims.actor);
    } catch (error) {
      if (!(error instanceof CfError)) throw error;
    }
    return refuse(reply, "invalid_token", "The token expired, was revoked, or the token ID is incorrect");
  };
  const clientCredentials = async (form: Form, authorization: string, reply: FastifyReply) => {
    const basic = Buffer.from(authorization.replace(/^basic /i, ""), "base64").toString();
    const [id, secret] =
      form.client_id !== undefined ? [form.client_id, form.client_secret ?? ""] : [basic.split(":")[0]!, basic.split(":").slice(1).join(":")];
    const user = await database.row<User>("select guid, username, salt, password_hash from users where username = $1", [id]);
    if (!user || !(await isPassword(secret, user))) return refuse(reply, "invalid_client", "Bad credentials");
    return tokens({ guid: user.guid, name: id, type: "client" });
  };

  api.post("/oauth/token", async (request, reply) => {
    await refuseWhenReadOnly(database);
    const form = (request.body ?? {}) as Form;
    reply.header("cache-control", "no-store");
    switch (form.grant_type) {
      case "password":
        return password(form, reply);
      case "refresh_token":
        return refresh(form, reply);
      case "client_credentials":
        return clientCredentials(form, request.headers.authorization ?? "", reply);
      default:
        return reply.code(400).send({ error: "unsupported_grant_type", error_description: `Unsupported grant type: ${form.grant_type ?? ""}` });
    }
  });

  api.delete<{ Params: { jti: string } }>("/oauth/token/revoke/:jti", async (request, reply) => {
    await refuseWhenReadOnly(database);
    try {
      await read((request.headers.authorization ?? "").split(" ")[1] ?? "");
    } catch {
      return refuse(reply, "invalid_token", `The token is not one of ${config().domain}`);
    }
    // Kept as long as the longest-lived token may be shown.
    await database.rows("insert into revoked_tokens (jti, expires_at) values ($1, now() + interval '30 days') on conflict do nothing", [request.params.jti]);
    await database.rows("delete from revoked_tokens where expires_at < now()");
    return {};
  });
}
