/** The compose document as people read it: what services have in common is written once, each right with its reason. */
import { Document, type Node, Pair, Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import type { TargetSystem, Topology } from "../../core.js";
import { derived } from "../secrets.js";
import { type Wiring, wire } from "../wiring.js";
import { byHandSecret, composeFile, type Service } from "./file.js";
import { type Need, needs, rights, rightsOf } from "./rights.js";

/** Ports of a foundation that is started by hand, unless it is said otherwise: away from where the first foundations of a machine take theirs. */
export const byHandBase = 20_480;

type Entries = Readonly<Record<string, unknown>>;
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
/** What all of them have, and have alike. */
function shared(all: readonly Entries[]): Entries {
  const [first = {}, ...others] = all;
  return Object.fromEntries(Object.entries(first).filter(([key, value]) => others.every((other) => same(other[key], value))));
}
const without = (all: Entries, known: Entries): Entries => Object.fromEntries(Object.entries(all).filter(([key, value]) => !same(known[key], value)));

class Writer {
  /** 1.29.2 reads YAML 1.1: what that takes for a number or a truth must stand in quotes. */
  readonly document = new Document({}, { version: "1.1" });

  node(value: unknown): Node {
    return this.document.createNode(value, { aliasDuplicateObjects: false }) as Node;
  }
  /** A block of its own that others can take over. */
  block(anchor: string, value: Entries, why: string): Node {
    const node = this.node(value);
    node.anchor = anchor;
    const key = new Scalar(`x-${anchor}`);
    key.commentBefore = ` ${why}`;
    const { items } = this.document.contents as YAMLMap;
    key.spaceBefore = items.length > 0;
    items.push(new Pair(key, node));
    return node;
  }
  /** A map that takes over blocks, the first one's word before the others', and says the rest itself. */
  taking(blocks: readonly Node[], rest: Entries): YAMLMap {
    const map = this.node(rest) as YAMLMap;
    const aliases = blocks.map((block) => this.document.createAlias(block as Scalar));
    const value = aliases.length === 1 ? aliases[0]! : this.node([]);
    if (aliases.length > 1) {
      (value as YAMLSeq).items = aliases;
      (value as YAMLSeq).flow = true;
    }
    map.items.unshift(new Pair(new Scalar("<<"), value));
    return map;
  }
}

/** One right a line, with its reason. */
function explain(block: YAMLMap, all: readonly Need[]): void {
  const reasons: Readonly<Record<string, string>> = Object.assign({}, ...all.flatMap((need) => [rights[need].caps, rights[need].security ?? {}]));
  for (const key of ["cap_add", "security_opt"])
    for (const item of (block.get(key) as YAMLSeq<Scalar<string>> | undefined)?.items ?? []) if (reasons[item.value]) item.comment = ` ${reasons[item.value]}`;
}

/** The document of `composeFile` after `header`, each line of it a comment. */
export function composeYaml(topology: Topology, wiring: Wiring, header: string): string {
  const { services, networks } = composeFile(topology, wiring);
  const writer = new Writer();
  writer.document.commentBefore = header.replace(/^(?=.)/gm, " ");

  const plainRights = rightsOf([]) as unknown as Entries;
  const every = { ...shared(Object.values(services) as unknown as Entries[]), ...plainRights };
  const service = writer.block("service", every, "Every container.");
  const components = topology.components.map(({ name }) => services[name]!);
  const environment = shared(components.map((component) => component.environment));
  const component = writer.block("component", environment, "What every component is told.");
  const blocks = new Map<string, { node: Node; value: Entries }>();
  for (const one of topology.components) {
    const own = needs(one);
    const anchor = own.join("-");
    if (own.length === 0 || blocks.has(anchor)) continue;
    const value = without(rightsOf(own) as unknown as Entries, plainRights);
    const node = writer.block(anchor, value, `Whoever ${own.map((need) => rights[need].why).join(", and ")}.`.replace("Whoever its", "Those whose"));
    explain(node as YAMLMap, own);
    blocks.set(anchor, { node, value });
  }

  const all = writer.node({}) as YAMLMap;
  for (const [name, own] of Object.entries(services) as [string, Service][]) {
    const declared = topology.components.find((one) => one.name === name);
    const block = blocks.get(declared ? needs(declared).join("-") : "");
    const { environment: told, ...rest } = own;
    const left = without(rest as unknown as Entries, { ...every, ...block?.value });
    const map = writer.taking([...(block ? [block.node] : []), service], left);
    (map.get("labels") as YAMLMap).flow = true;
    (map.get("command") as YAMLSeq).flow = true;
    (map.get("networks") as YAMLMap).flow = true;
    if (left.depends_on) (map.get("depends_on") as YAMLSeq).flow = true;
    map.set("environment", declared ? writer.taking([component], without(told, environment)) : writer.node(told));
    const key = new Scalar(name);
    key.spaceBefore = all.items.length > 0;
    all.items.push(new Pair(key, map));
  }
  const root = writer.document.contents as YAMLMap;
  const sections: readonly (readonly [string, Node])[] = [
    ["services", all],
    ["networks", writer.node(networks)],
  ];
  for (const [name, node] of sections) {
    const key = new Scalar(name);
    key.spaceBefore = true;
    root.items.push(new Pair(key, node));
  }
  return writer.document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

const reached = ({ endpoints, user, password }: NonNullable<ReturnType<NonNullable<TargetSystem["facts"]>>>): string => {
  const each = Object.entries(endpoints).map(([name, at]) => `${name} ${[at].flat().join(" and ")}`);
  return `Endpoints: ${each.join(", ")}${user === "" ? "" : `; log in as ${user}, password ${password}`}.`;
};

/** What people must know before they start it by hand. */
function byHand(topology: Topology, system: Pick<TargetSystem, "facts">, wiring: Wiring): string {
  const direct = (component: string, port: string) => ({ host: "127.0.0.1", port: wiring.ports.get(component)![port]! });
  const facts = system.facts?.(topology, { direct, secret: (label) => derived(byHandSecret, label) }, byHandSecret);
  return `The foundation "${topology.profile}" in containers, to read and to run by hand; "flounder up --engine compose" starts the same, and breaks it as well.
Written by "flounder up --engine compose --profile ${topology.profile} --print": change the topology, not this.

  flounder images build                             makes the image, also where there is no registry
  docker compose -p flounder-by-hand -f FILE up -d  (or docker-compose); down ends it
${facts ? `\n${reached(facts)}\n` : ""}
Variables, all of them with defaults: FLOUNDER_IMAGE, FOUNDATION_SECRET (all passwords come from it, the one above from the default),
FLOUNDER_ID (in the labels), FLOUNDER_NET (the first three bytes of every address inside), FLOUNDER_DIR (its logs/ has what each component says; run/ says who lives).`;
}

/** The document for people, as comments how to start it, then as composeYaml. */
export function printed(topology: Topology, system: Pick<TargetSystem, "facts">, portBase = byHandBase): string {
  const wiring = wire(topology, portBase);
  return composeYaml(topology, wiring, byHand(topology, system, wiring));
}
