/** Brings a foundation to where a run can start: sample apps pushed and answering, and what the probes work on. Does nothing twice. */
import { join } from "node:path";
import { nowUs, until } from "../../../harness/clock.js";
import type { FoundationFacts } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import { root } from "../../../harness/paths.js";
import { entrancesOf } from "../front-door.js";
import { type AppFile, appFiles } from "./app-bits.js";
import { CfClient, type PushSpec } from "./cf-client.js";
import { send } from "./http.js";
import { controlTargets, lifecycleApps, probeOrg, sampleApps, sampleOrg, standingApps } from "./sample-apps.js";

const answerMs = 30_000;
/** Each question costs every DEA an answer. */
const statsPollMs = 150;
const frontPollMs = 10;
const appsDir = join(root, "targets", "foundry", "apps");

export async function prepare(facts: FoundationFacts, say: (line: string) => void, forProbes = true, signal?: AbortSignal): Promise<void> {
  const fromUs = nowUs();
  const apps = sampleApps(facts.profile);
  await Promise.all([pushSamples(facts, signal), forProbes ? pushStanding(facts) : undefined]);
  await Promise.all(apps.map((app) => answering(facts, app.name, signal)));
  const seconds = ((nowUs() - fromUs) / 1e6).toFixed(1);
  say(`${apps.map((app) => `${app.name} (${app.instances})`).join(", ")} answer at the front door after ${seconds} s`);
}

/** A client of a CC in the probes' space, made if need be. */
export async function prober(facts: FoundationFacts): Promise<{ readonly client: CfClient; readonly spaceGuid: string }> {
  const client = clientOf(facts, -1);
  await client.login();
  return { client, spaceGuid: await client.spaceGuid(probeOrg.org, probeOrg.space) };
}

/** The sample apps are pushed through the first CC and the rest through the last: where there are two they share the work. */
function clientOf(facts: FoundationFacts, which: 0 | -1): CfClient {
  const cc = facts.components.filter((component) => component.role === "cc").at(which);
  if (!cc) throw new FlounderError("platform", `profile ${facts.profile} has no cc`, "choose a profile of the foundry");
  return new CfClient(`http://${cc.host}:${cc.ports.api}`, new URL(entrancesOf(facts).api).hostname, facts);
}

async function pushSamples(facts: FoundationFacts, signal?: AbortSignal): Promise<void> {
  const client = clientOf(facts, 0);
  const [files] = await Promise.all([appFiles(join(appsDir, "echo")), client.login()]);
  const spaceGuid = await client.spaceGuid(sampleOrg.org, sampleOrg.space);
  await Promise.all(
    sampleApps(facts.profile).map(async ({ name, instances }) => {
      const known = await client.app(spaceGuid, name);
      const spec: PushSpec = { name, instances, memoryMb: 64, buildpack: "nodejs_buildpack", command: "node server.js", route: true };
      const guid = known?.state === "STARTED" ? known.guid : await client.push(spaceGuid, spec, files);
      if (known?.state === "STARTED") await client.scale(guid, instances);
      else await client.start(guid);
      const running = async () => (await client.stats(guid)).filter((stat) => stat.state === "RUNNING").length;
      await until(`${instances} instances of ${name} to be RUNNING`, async () => (await running()) >= instances, answerMs, statsPollMs, signal);
    }),
  );
}

/** Apps to start and stop have a droplet; those to scale and to push to need none. */
async function pushStanding(facts: FoundationFacts): Promise<void> {
  const [{ client, spaceGuid }, files] = await Promise.all([prober(facts), appFiles(join(appsDir, "static"))]);
  const targets = controlTargets(facts.components);
  const known = new Map((await client.apps(spaceGuid)).map((app) => [app.name, app]));
  const startable = new Set(targets.flatMap(lifecycleApps));
  await Promise.all(
    standingApps(targets).map(async (name) => {
      if (known.has(name)) return;
      if (startable.has(name)) await pushStopped(client, spaceGuid, name, files);
      else await client.createApp(spaceGuid, name);
    }),
  );
}

async function pushStopped(client: CfClient, spaceGuid: string, name: string, files: readonly AppFile[]): Promise<void> {
  await client.push(spaceGuid, { name, instances: 1, memoryMb: 16, buildpack: "staticfile_buildpack", route: false }, files);
}

/** Each router behind the front door has its own table: several answers in a row are wanted. */
async function answering(facts: FoundationFacts, app: string, signal?: AbortSignal): Promise<void> {
  const wanted = 2 * facts.components.filter((component) => component.role === "router").length;
  let inRow = 0;
  await until(
    `${app} to answer ${wanted} times in a row at the front door`,
    async () => {
      const answer = await send(entrancesOf(facts).router, { headers: { host: `${app}.${facts.domain}` }, deadlineMs: 1000 });
      inRow = answer.status === 200 ? inRow + 1 : 0;
      return inRow >= wanted;
    },
    answerMs,
    frontPollMs,
    signal,
  );
}
