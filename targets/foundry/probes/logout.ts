/** Logs a developer out: revokes a token (cf-api §1.4). */
import { type Probe, ProbeFailure } from "../../../harness/core.js";
import { ask } from "./api.js";
import { openSession, sessionOf } from "./session.js";

export const logout: Probe = {
  name: "logout",
  plane: "control",
  phrase: "log out",
  async setUp(context) {
    await openSession(context);
    const session = sessionOf(context);
    session.tokens.push(await session.client.anotherToken());
  },
  async ask(context) {
    const session = sessionOf(context);
    // The last token is kept and revoked again and again when nobody can log in: logging out has to be asked all the same. Never the session's own.
    const token = session.tokens.length > 1 ? session.tokens.shift() : session.tokens[0];
    if (token === undefined) throw new ProbeFailure("not-attempted", "there is no token to revoke");
    const { jti } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { jti: string };
    await ask(context, { method: "DELETE", path: `/oauth/token/revoke/${jti}`, headers: { authorization: `bearer ${session.client.token}` } }, false);
  },
};
