/** Deletes an app that `create` made. */
import { type Probe, ProbeFailure } from "../../../harness/core.js";
import { askApi, mayHaveHappened } from "./api.js";
import { openSession, sessionOf } from "./session.js";

/** So many are made in set-up: deleting can be asked although creating is refused. */
const reserve = 12;

export const remove: Probe = {
  name: "delete",
  plane: "control",
  phrase: "delete an app",
  async setUp(context) {
    await openSession(context);
    const { client, made, spaceGuid } = sessionOf(context);
    const names = Array.from({ length: reserve }, (_, i) => `probe-${context.route.target}-${process.pid}-spare-${i}`);
    made.push(...(await Promise.all(names.map((name) => client.createApp(spaceGuid, name)))));
  },
  async ask(context) {
    const session = sessionOf(context);
    const guid = session.made.shift();
    if (guid === undefined) throw new ProbeFailure("not-attempted", "there is no app to delete");
    try {
      await askApi(context, session, "DELETE", `/v3/apps/${guid}`);
      context.acked(`app ${guid} is gone`);
    } catch (error) {
      if (mayHaveHappened(error)) context.acked(`app ${guid} may be gone`);
      else session.made.push(guid); // surely refused: it is there for another time
      throw error;
    }
  },
};
