/** Logs a developer in: the UAA's password grant. */
import { type Probe, ProbeFailure } from "../../../harness/core.js";
import { ask, jsonOf } from "./api.js";
import { type Session, sessionKey } from "./session.js";

/** `logout` revokes one at a time; more than these are let go. */
const spareTokens = 20;

export const login: Probe = {
  name: "login",
  plane: "control",
  phrase: "log in",
  async ask(context) {
    const { user, password } = context.credentials;
    const answer = await ask(
      context,
      {
        method: "POST",
        path: "/oauth/token",
        headers: { "content-type": "application/x-www-form-urlencoded", authorization: "Basic Y2Y6", accept: "application/json" },
        body: new URLSearchParams({ grant_type: "password", username: user, password }).toString(),
      },
      false, // a log-in that timed out can be tried again without harm
    );
    const token = jsonOf<{ access_token?: string }>(answer).access_token;
    if (token?.split(".").length !== 3) throw new ProbeFailure("wrong-answer", "no token in the answer");
    // There is a session only where others of this prober need one.
    const session = context.shared.get(sessionKey(context.route)) as Session | undefined;
    if (session && session.tokens.length < spareTokens) session.tokens.push(token);
  },
};
