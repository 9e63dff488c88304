/** What users do with a guestbook: read it (data plane), and sign it (control plane); at the front, and at each service behind it. */
import {
  type Addresses,
  type PlannedProbe,
  type Probe,
  type ProbeContext,
  ProbeFailure,
  type ProbeRequest,
  type Route,
  type Topology,
} from "../../harness/core.js";
import { servicesOf } from "./topology.js";

/** The first entry is always there. */
export const welcome = "welcome";
/** Ids of what probes write begin with it. */
export const probePrefix = "probe-";

async function ask(context: ProbeContext, request: ProbeRequest): Promise<void> {
  const { status, body } = await context.http(request);
  if (status !== 200) throw new ProbeFailure(status >= 500 ? "http-5xx" : "wrong-answer", `${status} ${body.slice(0, 80)}`);
  const [, by] = /^\{"by":"([^"]+)"/.exec(body) ?? [];
  if (by === undefined) throw new ProbeFailure("wrong-answer", `not a guestbook: ${body.slice(0, 80)}`);
  context.note?.(by);
  if (request.method === undefined && !body.includes(`"id":"${welcome}"`)) throw new ProbeFailure("wrong-answer", "the first entry is missing");
}
const read = (context: ProbeContext) => ask(context, { path: context.route.from === "outside" ? "/" : "/entries" });

export const probes: readonly Probe[] = [
  { name: "read", plane: "data", phrase: "read the guestbook", ask: read },
  {
    name: "sign",
    plane: "control",
    phrase: "sign the guestbook",
    // Whoever has a set-up writes: a watch beside a run leaves it out, and any other tidies up after it.
    setUp: read,
    async ask(context) {
      const { from, target } = context.route;
      const id = `${probePrefix}${from}-${target}-${context.seq}`;
      await ask(context, { method: "POST", path: "/entries", body: JSON.stringify({ id, text: "I was here" }) });
      context.acked(`entry ${id} exists`);
    },
  },
];

const front = "front";
const rates = { read: { hz: 10, deadlineMs: 1000 }, sign: { hz: 4, deadlineMs: 1500 } };

export const plannedProbes = (topology: Topology): readonly PlannedProbe[] =>
  probes.flatMap(({ name: probe, plane }) => {
    const { hz, deadlineMs } = rates[probe as keyof typeof rates];
    const services = servicesOf(topology);
    const at = (from: "outside" | "inside", target: string, share: number): PlannedProbe => ({
      ...{ probe, plane, from, target, deadlineMs, phaseMs: 0 },
      periodMs: Math.round(1000 / (hz * share)),
    });
    return [at("outside", front, 1), ...services.map((name) => at("inside", name, 1 / services.length))];
  });

/** Past every proxy: outside is the front's own port, inside each service's. */
export function routes(topology: Topology, addresses: Addresses): readonly Route[] {
  const at = (from: "outside" | "inside", target: string, component: string): Route => {
    const { host, port } = addresses.direct(component, "http");
    return { from, target, url: `http://${host}:${port}`, host: topology.domain, resolvers: [] };
  };
  return [at("outside", front, "web-1"), ...servicesOf(topology).map((name) => at("inside", name, name))];
}
