/** Where each question of the config is asked now: published ports and containers' addresses move when a container is started again. */
import type { Asked, Call, Route, Topology } from "../../harness/core.js";

interface Address {
  readonly host: string;
  readonly port: number;
}
/** What the engine says of a component's addresses; null: it does not run, or publishes nothing. */
interface Addresses {
  readonly own: string | null;
  readonly published: Readonly<Record<string, Address | null>>;
}

export const asked = ({ asks }: Topology): readonly Asked[] => asks ?? [];

/** By project and question: whoever is dead is asked where he was, as users would ask him. */
const last = new Map<string, Address>();

export const routes = (topology: Topology, call: Call): Promise<readonly Route[]> => Promise.all(asked(topology).map((one) => routeOf(one, topology, call)));

async function routeOf(one: Asked, topology: Topology, call: Call): Promise<Route> {
  const { name, from, at, question } = one;
  const route = { from, target: name, url: "", host: "", resolvers: [] };
  if (!at) return { ...route, question };
  const key = `${topology.domain} ${from} ${name}`;
  const found = (await addressOf(at, from, topology, call)) ?? last.get(key);
  if (!found) return route;
  last.set(key, found);
  return { ...route, question: placed(question, found) };
}

/** The first container of the service that has one. */
async function addressOf({ role, port }: NonNullable<Asked["at"]>, from: Asked["from"], { components }: Topology, call: Call): Promise<Address | undefined> {
  for (const component of components.filter((it) => it.role === role)) {
    const { own, published } = (await call(component.name, "/addresses")) as Addresses;
    if (from === "inside" && own !== null) return { host: own, port };
    const out = published[port];
    if (from === "outside" && out) return out;
  }
  return undefined;
}

function placed(question: Asked["question"], { host, port }: Address): Asked["question"] {
  if (question.kind !== "http") return { ...question, host, port } as Asked["question"];
  const url = new URL((question as unknown as { readonly url: string }).url);
  url.hostname = host.includes(":") ? `[${host}]` : host;
  url.port = String(port);
  return { ...question, url: url.href } as Asked["question"];
}
