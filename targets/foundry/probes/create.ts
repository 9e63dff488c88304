/** Makes an app; the acknowledgement is remembered: after recovery the app must still be there. */
import type { Probe } from "../../../harness/core.js";
import { askApi, jsonOf } from "./api.js";
import { openSession, prober, sessionOf } from "./session.js";

export const create: Probe = {
  name: "create",
  plane: "control",
  phrase: "create an app",
  setUp: openSession,
  async ask(context) {
    const session = sessionOf(context);
    const { from, target } = context.route;
    const answer = await askApi(context, session, "POST", "/v3/apps", {
      name: `probe-${from}-${target}-${prober}-${context.seq}`,
      relationships: { space: { data: { guid: session.spaceGuid } } },
    });
    const { guid } = jsonOf<{ guid: string }>(answer);
    context.acked(`app ${guid} exists`);
    session.made.push({ guid, tried: false });
  },
};
