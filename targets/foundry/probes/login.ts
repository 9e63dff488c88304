/** Logs a developer in: the UAA's password grant. */
import { type Probe, ProbeFailure } from "../../../harness/core.js";
import { ask, jsonOf } from "./api.js";
import { openSession, sessionOf } from "./session.js";

/** `logout` revokes one at a time; more than these are let go. */
const spareTokens = 20;

export const login: Probe = {
  name: "login",
  plane: "control",
  phrase: "log in",
  setUp: openSession,
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
    const { tokens } = sessionOf(context);
    if (tokens.length < spareTokens) tokens.push(token);
  },
};
