/** Capabilities of firewall, balancer, router and name server: done over their admin ports, seen through their traffic ports. */
import { Resolver } from "node:dns/promises";
import type { Addresses, Call, Capabilities, Component, ConfigPart, TargetInfo } from "../../../harness/core.js";
import { answered, askEdge, healthCheck } from "./edge-ask.js";

interface Edge {
  readonly component: Component;
  readonly call: Call;
  readonly addresses: Addresses;
}
type Witness = (edge: Edge, part: ConfigPart) => Promise<boolean>;

const resolveMs = 1000;
/** A request for it finds no route at any router, and each names itself in its refusal when asked with the trace key (gorouter's default). */
const nobody = { host: "canary.invalid", "x-vcap-trace": "22" } as const;

/** Parts of each role's config that can be wiped by themselves. */
const parts: Readonly<Record<string, readonly ConfigPart[]>> = {
  firewall: ["all", "rules"],
  lb: ["all"],
  router: ["all"],
  dns: ["all", "external", "internal"],
};
export const edgeWays = ({ role }: Component): TargetInfo["ways"] => (parts[role] ? { config: parts[role] } : {});

const own = ({ component, addresses }: Edge, port: string) => addresses.direct(component.name, port);

/** Does anybody that it forwards to answer by itself? Else what it says proves nothing of it. */
async function someoneBehind({ component, addresses }: Edge): Promise<boolean> {
  const asked = await Promise.all(Object.values(component.links).map(({ to, port }) => askEdge(addresses.direct(to, port), healthCheck)));
  return asked.some(answered);
}

/** Who is let in gets an answer, or is hung up on when nobody is behind; who is not is refused, reset, or never answered. */
const admits: Witness = async (edge) => {
  const said = await askEdge(own(edge, "front"), healthCheck);
  if (answered(said) || said === "closed") return true;
  if (said === "silence" && !(await someoneBehind(edge))) throw new Error(`nobody behind ${edge.component.name} answers: whose silence it is cannot be told`);
  return false;
};

/** A balancer that forgot its routers answers for itself, 503 without a router's name; so does one whose routers are all gone. */
const balances: Witness = async (edge) => {
  const said = await askEdge(own(edge, "front"), nobody);
  if (!answered(said)) return false;
  return said.headers["x-vcap-router"] !== undefined || said.status !== 503 || !(await someoneBehind(edge));
};

const listens: Witness = async (edge) => answered(await askEdge(own(edge, "http"), healthCheck));

const resolves: Witness = async (edge, part) => {
  const { host, port } = own(edge, "dns");
  const resolver = new Resolver({ timeout: resolveMs, tries: 1 });
  resolver.setServers([`${host}:${port}`]);
  const domain = edge.component.env.DOMAIN;
  const names = { external: `api.${domain}`, internal: `${edge.component.name}.internal.${domain}` };
  const wanted = part === "external" || part === "internal" ? [names[part]] : Object.values(names);
  const found = await Promise.all(
    wanted.map((name) =>
      resolver.resolve4(name).then(
        (addresses) => addresses.length > 0,
        () => false,
      ),
    ),
  );
  return found.every((yes) => yes);
};

const witnesses: Readonly<Record<string, Witness>> = { firewall: admits, lb: balances, router: listens, dns: resolves };

const config = (edge: Edge, serves: Witness): Capabilities["config"] => {
  const { call } = edge;
  const { name } = edge.component;
  return {
    async wipe(part = "all") {
      await call(name, "/config/wipe", { part });
    },
    async restore() {
      await call(name, "/config/restore", {});
    },
    serves: (part = "all") => serves(edge, part),
    async generation() {
      return String(((await call(name, "/config")) as { generation: number }).generation);
    },
  };
};

const rules = (edge: Edge): Capabilities["rules"] => ({
  async deny(how) {
    await edge.call(edge.component.name, "/rules/deny", { how });
  },
  async allow() {
    await edge.call(edge.component.name, "/rules/allow", {});
  },
  admits: () => admits(edge, "rules"),
});

const pool = (edge: Edge): Capabilities["pool"] => ({
  async drain(share) {
    await edge.call(edge.component.name, "/pool/drain", { share });
  },
  async fill() {
    await edge.call(edge.component.name, "/pool/fill", {});
  },
  /** Routers take turns, but others ask meanwhile: three rounds before one that was not met counts as out. */
  async reaches() {
    const all = Object.keys(edge.component.links).length;
    const met = new Set<string>();
    for (let i = 0; i < 3 * all && met.size < all; i++) {
      const said = await askEdge(own(edge, "front"), nobody);
      if (!answered(said)) throw new Error(`${edge.component.name} does not answer: who is in its pool cannot be told`);
      const router = said.headers["x-vcap-router"];
      if (typeof router === "string") met.add(router);
    }
    return met.size === all ? "all" : met.size === 0 ? "none" : "some";
  },
});

/** Empty for a component of another part of the platform. */
export function edgeAdapters(component: Component, call: Call, addresses: Addresses): Partial<Capabilities> {
  const serves = witnesses[component.role];
  if (!serves) return {};
  const edge = { component, call, addresses };
  return {
    config: config(edge, serves),
    ...(component.role === "firewall" ? { rules: rules(edge) } : {}),
    ...(component.role === "lb" ? { pool: pool(edge) } : {}),
  };
}
