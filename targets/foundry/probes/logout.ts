/** Logs a developer out: revokes a token (cf-api §1.4). */
import type { Probe } from "../../../harness/core.js";
import { ask } from "./api.js";
import { openSession, sessionOf } from "./session.js";

export const logout: Probe = {
  name: "logout",
  plane: "control",
  phrase: "log out",
  setUp: openSession,
  async ask(context) {
    const session = sessionOf(context);
    // The last token is kept and revoked again and again when nobody can log in: logging out has to be asked all the same.
    const token = (session.tokens.length > 1 ? session.tokens.shift() : session.tokens[0]) ?? session.client.token;
    const { jti } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { jti: string };
    await ask(context, { method: "DELETE", path: `/oauth/token/revoke/${jti}`, headers: { authorization: `bearer ${session.client.token}` } }, false);
  },
};
