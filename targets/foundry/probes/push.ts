/** Pushes new bits: resource matching, package, upload, build, until the droplet is staged (cf-api §2, steps 4 to 8). */
import { setTimeout as sleep } from "node:timers/promises";
import { type Probe, type ProbeContext, ProbeFailure } from "../../../harness/core.js";
import { resource, zipOf } from "../workload/app-bits.js";
import { multipart } from "../workload/multipart.js";
import { ask, askApi, jsonOf } from "./api.js";
import { openSession, prober, sessionOf } from "./session.js";

const pollMs = 100;

export const push: Probe = {
  name: "push",
  plane: "control",
  phrase: "push an app",
  setUp: openSession,
  async ask(context) {
    const session = sessionOf(context);
    // Content that no blobstore has seen yet: every push writes a blob, and so needs the storage.
    const file = { path: "index.html", mode: 0o644, content: Buffer.from(`push ${context.seq} of ${prober} to ${context.route.target}\n`) };
    const matches = await askApi(context, session, "POST", "/v3/resource_matches", { resources: [resource(file)] });
    if (jsonOf<{ resources: unknown[] }>(matches).resources.length > 0) throw new ProbeFailure("wrong-answer", "claims to have a file that is new");
    const made = await askApi(context, session, "POST", "/v3/packages", { type: "bits", relationships: { app: { data: { guid: session.pushGuid } } } });
    const { guid } = jsonOf<{ guid: string }>(made);
    const upload = multipart(
      [
        { name: "resources", content: "[]" },
        { name: "bits", filename: "package.zip", content: await zipOf([file]) },
      ],
      `flounder-${guid}`,
    );
    const headers = { authorization: `bearer ${session.client.token}`, "content-type": upload.contentType };
    await ask(context, { method: "POST", path: `/v3/packages/${guid}/upload`, headers, body: upload.body }, true);
    await untilState(context, `/v3/packages/${guid}`, "READY");
    const build = jsonOf<{ guid: string }>(await askApi(context, session, "POST", "/v3/builds", { package: { guid } }));
    await untilState(context, `/v3/builds/${build.guid}`, "STAGED");
  },
};

/** Polls until the thing is as wanted; the sample's deadline ends it. */
async function untilState(context: ProbeContext, path: string, wanted: string): Promise<void> {
  const session = sessionOf(context);
  for (;;) {
    const { state } = jsonOf<{ state: string }>(await askApi(context, session, "GET", path));
    if (state === wanted) return;
    if (state === "FAILED" || state === "EXPIRED") throw new ProbeFailure("wrong-answer", `${path} is ${state}`);
    await sleep(pollMs, undefined, { signal: context.signal }).catch(() => {
      throw new ProbeFailure("unknown", `${path} is still ${state} at the deadline`);
    });
  }
}
