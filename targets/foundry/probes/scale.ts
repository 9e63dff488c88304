/** Scales an app between one and two instances; it is stopped, so only the desired state changes. */
import type { Probe } from "../../../harness/core.js";
import { askApi, mayHaveHappened } from "./api.js";
import { openSession, sessionOf } from "./session.js";

export const scale: Probe = {
  name: "scale",
  plane: "control",
  phrase: "scale an app",
  setUp: openSession,
  async ask(context) {
    const session = sessionOf(context);
    const instances = 1 + (context.seq % 2);
    try {
      await askApi(context, session, "POST", `/v3/apps/${session.scaleGuid}/processes/web/actions/scale`, { instances });
      context.acked(`app ${session.scaleGuid} has ${instances} instances`);
    } catch (error) {
      if (mayHaveHappened(error)) context.acked(`app ${session.scaleGuid} may have ${instances} instances`);
      throw error;
    }
  },
};
