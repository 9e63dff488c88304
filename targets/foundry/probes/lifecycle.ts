/** Starts and stops an app. The operation is ok when the API says so; whether instances come up is the data plane's story. */
import type { Probe } from "../../../harness/core.js";
import { askApi, mayHaveHappened } from "./api.js";
import { type LifecycleApp, openSession, sessionOf } from "./session.js";

const lifecycle = (name: "start" | "stop", wanted: LifecycleApp["state"]): Probe => ({
  name,
  plane: "control",
  phrase: `${name} an app`,
  setUp: openSession,
  async ask(context) {
    const session = sessionOf(context);
    const app = choose(session.lifecycle, wanted);
    app.begun++;
    app.underWay++;
    const mine = app.begun;
    const alone = app.underWay === 1;
    try {
      await askApi(context, session, "POST", `/v3/apps/${app.guid}/actions/${name}`);
      app.state = wanted;
      // Two at once on one app: the last word on it is nobody's.
      context.acked(alone && app.begun === mine ? `app ${app.guid} is ${wanted}` : `app ${app.guid} may be ${wanted}`);
    } catch (error) {
      if (mayHaveHappened(error)) context.acked(`app ${app.guid} may be ${wanted}`);
      throw error;
    } finally {
      app.underWay--;
    }
  },
});

/** Idle and in the other state, if there is such an app; else any idle one; else the least busy. */
function choose(apps: readonly LifecycleApp[], wanted: LifecycleApp["state"]): LifecycleApp {
  const rank = (app: LifecycleApp) => app.underWay * 2 + (app.state === wanted ? 1 : 0);
  return [...apps].sort((a, b) => rank(a) - rank(b))[0]!;
}

export const start = lifecycle("start", "STARTED");
export const stop = lifecycle("stop", "STOPPED");
