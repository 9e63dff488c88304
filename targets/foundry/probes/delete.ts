/** Deletes an app that `create` made. */
import { type Probe, ProbeFailure } from "../../../harness/core.js";
import { askApi, mayHaveHappened } from "./api.js";
import { openSession, prober, sessionOf } from "./session.js";

/** So many are made in set-up: deleting can be asked although creating is refused. What could not be deleted is asked for again, so a few are enough. */
const reserve = 5;

export const remove: Probe = {
  name: "delete",
  plane: "control",
  phrase: "delete an app",
  async setUp(context) {
    await openSession(context);
    const { client, made, spaceGuid } = sessionOf(context);
    const names = Array.from({ length: reserve }, (_, i) => `probe-${context.route.target}-${prober}-spare-${i}`);
    const guids = await Promise.all(names.map((name) => client.createApp(spaceGuid, name)));
    made.push(...guids.map((guid) => ({ guid, tried: false })));
  },
  async ask(context) {
    const session = sessionOf(context);
    const app = session.made.shift();
    if (app === undefined) throw new ProbeFailure("not-attempted", "there is no app to delete");
    const { guid } = app;
    try {
      await askApi(context, session, "DELETE", `/v3/apps/${guid}`);
    } catch (error) {
      const goneAlready = app.tried && error instanceof ProbeFailure && error.message.includes("CF-ResourceNotFound");
      if (!goneAlready) {
        // There for another time, surely or perhaps: an outage must not use up what deleting is asked with.
        session.made.push({ guid, tried: app.tried || mayHaveHappened(error) });
        if (mayHaveHappened(error)) context.acked(`app ${guid} may be gone`);
        throw error;
      }
    }
    context.acked(`app ${guid} is gone`);
  },
};
