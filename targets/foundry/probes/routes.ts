/** Where each planned probe asks now: by name through the front end, and at the components' own ports, where no proxy and no fault stands between. */
import type { Addresses, Call, FoundationFacts, Route, Topology } from "../../../harness/core.js";
import { entrancesOf } from "../front-door.js";
import { asked, type Instance } from "../readings/fingerprint.js";
import { controlTargets, sampleApps } from "../workload/sample-apps.js";

interface Seen {
  readonly dea: string;
  readonly url: string;
}

/** Per foundation: where each instance was last seen. An agent that is silent does not say that its instances are gone. */
const lastSeen = new Map<string, ReadonlyMap<string, Seen>>();

export async function routes(topology: Topology, call: Call, addresses: Addresses, facts: FoundationFacts): Promise<readonly Route[]> {
  const apps = sampleApps(topology.profile);
  const seen = await locate(topology, call, addresses, lastSeen.get(facts.id) ?? new Map());
  lastSeen.set(facts.id, seen);
  const { api, dns } = entrancesOf(facts);
  const front = new URL(api);
  const outside = (target: string, host: string): Route => ({
    from: "outside",
    target,
    url: `${front.protocol}//${host}:${front.port}`,
    host,
    resolvers: dns,
  });
  const [, ...ccs] = controlTargets(topology.components);
  return [
    outside("api", front.hostname),
    ...apps.map((app) => outside(app.name, `${app.name}.${facts.domain}`)),
    ...ccs.map((cc): Route => {
      const { host, port } = addresses.direct(cc, "api");
      return { from: "inside", target: cc, url: `http://${host}:${port}`, host: front.hostname, resolvers: [] };
    }),
    ...apps.flatMap((app) =>
      Array.from({ length: app.instances }, (_, index): Route => {
        const target = `${app.name}/${index}`;
        return { from: "inside", target, url: seen.get(target)?.url ?? "", host: `${app.name}.${facts.domain}`, resolvers: [] };
      }),
    ),
  ];
}

/** "app-1/0" → the port that its process listens on. */
async function locate(topology: Topology, call: Call, addresses: Addresses, before: ReadonlyMap<string, Seen>): Promise<ReadonlyMap<string, Seen>> {
  const deas = topology.components.filter((component) => component.role === "dea").map((component) => component.name);
  const answers = await Promise.all(deas.map(async (dea) => ({ dea, instances: await asked<readonly Instance[]>(call, dea, "/instances") })));
  const now = new Map<string, Seen>();
  for (const { dea, instances } of answers) {
    if (instances === undefined) continue;
    const { host } = addresses.direct(dea, "admin");
    for (const { name, index, state, listenPort } of instances) {
      if (state !== "RUNNING") continue;
      const target = `${name}/${index}`;
      const here: Seen = { dea, url: `http://${host}:${listenPort}` };
      // Of two that run under one index the one already known stays: it is what users were talking to.
      if (!now.has(target) || before.get(target)?.url === here.url) now.set(target, here);
    }
  }
  const silent = new Set(answers.flatMap(({ dea, instances }) => (instances === undefined ? [dea] : [])));
  for (const [target, was] of before) if (silent.has(was.dea) && !now.has(target)) now.set(target, was);
  return now;
}
