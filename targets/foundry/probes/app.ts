/** Asks a sample app for its nonce back: by name through the front end, or one instance at its own port. */
import { type Probe, ProbeFailure } from "../../../harness/core.js";
import { ask, jsonOf } from "./api.js";

interface Echo {
  readonly nonce?: string;
  readonly app?: string;
  readonly index?: number;
}

export const app: Probe = {
  name: "app",
  plane: "data",
  phrase: "get an answer from the app",
  async ask(context) {
    const { from, target } = context.route;
    const nonce = `${from}-${target}-${context.seq}`;
    const answer = await ask(context, { path: `/?nonce=${encodeURIComponent(nonce)}` }, false);
    const echo = jsonOf<Echo>(answer);
    const [name, index] = target.split("/");
    if (echo.nonce !== nonce) throw new ProbeFailure("wrong-answer", `another nonce: ${echo.nonce}`);
    // A stale route, or a port that another app uses by now, is answered by somebody else.
    if (echo.app !== name || (index !== undefined && echo.index !== Number(index)))
      throw new ProbeFailure("wrong-answer", `${echo.app}/${echo.index} answered instead`);
    context.note?.(`${echo.app}/${echo.index}`);
  },
};
