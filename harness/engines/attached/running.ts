/** A project that somebody else runs, in the keeper's hands: nothing of it is started or ended here but what was broken here. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { until, within } from "../../clock.js";
import type {
  Asked,
  Call,
  Capabilities,
  Capability,
  Component,
  ComponentFacts,
  Difference,
  FoundationSpec,
  Rails,
  Remedy,
  Running,
  Target,
  TargetInfo,
  TargetName,
  Topology,
} from "../../core.js";
import { FlounderError } from "../../errors.js";
import { isAlive, ProcessTable, signal } from "../process-table.js";
import { allLinksOf, endsOf } from "./all-links.js";
import type { Bounds } from "./bounds.js";
import type { Daemon, Inspected } from "./daemon.js";
import { type Deed, Deeds } from "./deeds.js";
import { type Ends, linkName } from "./ends.js";
import { Eyes } from "./eyes.js";
import { type LinkParts, linkOf } from "./link.js";
import { Members } from "./members.js";
import { dropTable, ownTables, qdiscs, ruleset, rulesLack } from "./netns.js";
import { processOf } from "./process.js";
import { addressesOf, type Project } from "./project.js";
import { Shaper } from "./shaper.js";

const lookMs = 5000;
const goneMs = 5000;

export interface AttachedParts {
  readonly spec: FoundationSpec;
  readonly project: Project;
  readonly config: Bounds;
  readonly asks: readonly Asked[];
  readonly daemon: Daemon;
}

export class AttachedProject implements Running {
  readonly topology: Topology;
  readonly rails: Rails;
  readonly #own: AttachedParts;
  readonly #members: Members;
  readonly #deeds: Deeds;
  readonly #eyes: Eyes;
  readonly #shaper: Shaper;
  readonly #links: ReadonlyMap<TargetName, Ends>;
  readonly #infos: readonly TargetInfo[];
  readonly #listeners: ((from: string, says: string) => void)[] = [];
  readonly #end = new AbortController();
  /** Ends and starts that are our own doing are no news. */
  readonly #quiet = new Set<string>();

  constructor(own: AttachedParts) {
    const { spec, project, config, asks, daemon } = own;
    this.#own = own;
    this.#members = new Members(daemon, project);
    this.#deeds = new Deeds(spec.dir);
    this.#eyes = new Eyes(spec.id);
    this.#shaper = new Shaper({ foundation: spec.id, dir: spec.dir, secret: spec.secret }, this.#members, this.#deeds);
    this.#links = new Map(linksOf(project, config).map((ends) => [linkName(ends), ends]));
    this.#infos = infosOf(project, [...this.#links.values()]);
    this.rails = { blastRadius: config.blastRadius, longestS: config.longestS };
    this.topology = topologyOf(project, asks, config.recover);
  }

  /** Looks at it, ends helpers that an earlier keeper left, and listens from now on. */
  async begin(): Promise<void> {
    await this.#members.refresh();
    await endHelpers(this.#own.spec);
    const { daemon, project } = this.#own;
    void daemon.events(
      project.project,
      (what, id) => void this.#seen(what, id),
      (why) => this.#trouble("docker", `its events are not heard: ${why}`),
      () => void this.#members.refresh().catch(() => {}),
      this.#end.signal,
    );
  }
  async #seen(what: "start" | "die" | "destroy", id: string): Promise<void> {
    await this.#members.refresh().catch(() => {});
    const name = this.#members.nameOf(id);
    if (what === "destroy") this.#trouble(this.#own.project.project, `a container was removed (${id.slice(0, 12)}): nobody here did that`);
    if (name === undefined) return;
    if (what === "die") this.#eyes.close(name);
    if (!this.#quiet.has(name) && !this.#deeds.all().some(({ on }) => on === name)) this.#trouble(name, what === "die" ? "it ended" : "it was started");
  }
  onTrouble(listener: (from: string, says: string) => void): void {
    this.#listeners.push(listener);
  }
  #trouble(from: string, says: string): void {
    if (!this.#end.signal.aborted) for (const listener of this.#listeners) listener(from, says);
  }

  // ── Targets ──

  targets(): readonly TargetInfo[] {
    return this.#infos;
  }
  target<C extends Capability>(name: TargetName, needs: readonly C[]): Target<C> {
    const info = this.#infos.find((one) => one.name === name);
    if (!info) throw new FlounderError("plan", `there is no target "${name}"`, "flounder status names the containers; links are FROM>TO");
    const ends = this.#links.get(name);
    const can: Partial<Capabilities> = ends ? { link: linkOf(ends, this.#parts) } : this.#componentCan(name);
    const lacking = needs.filter((need) => !info.can.includes(need) || can[need] === undefined);
    const spared = ends ? undefined : this.#members.of(name).spared;
    if (spared !== undefined && needs.length > 0) throw new FlounderError("refused", `${name} is never broken: ${spared}`, "choose another target");
    if (lacking.length > 0)
      throw new FlounderError("plan", `${name} cannot ${lacking.join(", ")}; it can ${info.can.join(", ") || "nothing"}`, "choose other targets");
    return { name, role: info.role, can: Object.fromEntries(needs.map((need) => [need, can[need]])) as Pick<Capabilities, C> };
  }
  get #parts(): LinkParts {
    return { foundation: this.#own.spec.id, members: this.#members, deeds: this.#deeds, eyes: this.#eyes, shaper: this.#shaper };
  }
  #componentCan(name: string): Partial<Capabilities> {
    const { start, ...rest } = processOf(name, this.#members, this.#deeds);
    const quietly = async () => {
      this.#quiet.add(name);
      await start().finally(() => this.#quiet.delete(name));
    };
    return { process: { ...rest, start: quietly }, links: allLinksOf(name, endsOf(name, [...this.#links.values()]), this.#parts) };
  }

  // ── Questions ──

  direct(component: string, port: string): { readonly host: string; readonly port: number } {
    const seen = this.#members.last(component);
    return { host: (seen && addressesOf(seen)[0]) || "0.0.0.0", port: Number(port) };
  }
  dialled(link: TargetName): { readonly host: string; readonly port: number } {
    const ends = this.#links.get(link);
    if (!ends) throw new FlounderError("usage", `there is no link "${link}"`, "links are FROM>TO");
    return this.direct(ends.to, Object.keys(this.#members.of(ends.to).ports)[0] ?? "0");
  }
  secret(): string {
    throw new FlounderError("unsupported", "an attached project has no secrets of ours", "its own are its owner's");
  }
  readonly call: Call = async (component, path) => {
    if (path === "/addresses") {
      const seen = await this.#members.now(component);
      const own = seen?.State.Running ? addressesOf(seen)[0] : undefined;
      return {
        own: own ?? null,
        published: Object.fromEntries(Object.keys(this.#members.of(component).ports).map((port) => [port, publishedAt(seen, Number(port)) ?? null])),
      };
    }
    throw new FlounderError("unsupported", `${component} has no ${path}: it is no program of ours`, "only its owner's commands act on it");
  };
  components(): readonly ComponentFacts[] {
    const held = new Set(this.#deeds.all().flatMap(({ kind, on }) => (kind === "held" ? [on] : [])));
    return this.#members.facts((name) => held.has(name), join(this.#own.spec.dir, "logs", "keeper.log"));
  }
  async fingerprint(): Promise<Readonly<Record<TargetName, string>>> {
    await this.#members.refresh();
    const each = this.#own.project.members.map(async ({ name }) => [name, await fingerprintOf(this.#members.last(name))] as const);
    return Object.fromEntries(await Promise.all(each));
  }
  /** Gone with all that was done to it, or frozen or ended by its owner: there is nothing left that healing could show. */
  async vacant(name: TargetName): Promise<boolean> {
    const ends = this.#links.get(name);
    const all = ends ? [ends.from, ends.to] : [name];
    const now = await Promise.all(all.map((one) => this.#members.now(one)));
    const away = now.some((one) => one === undefined || !one.State.Running);
    const ours = this.#deeds.all().some(({ target, on, kind }) => target === name || (kind === "held" && all.includes(on)));
    return away && !ours;
  }
  remedies(name: TargetName): readonly Remedy[] {
    const left = this.#deeds.all().filter(({ target }) => target === name);
    return [{ says: `undo what was done to ${name}`, apply: async () => void (await Promise.all(left.map((deed) => this.#undo(deed)))) }];
  }

  // ── What is left ──

  async differences(): Promise<readonly Difference[]> {
    const deeds = this.#deeds.all();
    const remembered = deeds.map(
      (deed): Difference => ({ target: deed.target, capability: deed.capability, says: wordsOf(deed), mend: () => this.#undo(deed) }),
    );
    const known = new Set(deeds.map(({ table }) => table));
    const strange = this.#own.project.members.map(async ({ name }): Promise<readonly Difference[]> => {
      const pid = await this.#members.pid(name);
      const tables = rulesLack() === "" ? await ownTables(pid, this.#own.spec.id) : [];
      return tables
        .filter((table) => !known.has(table))
        .map((table) => ({ target: name, capability: "links", says: `packet rules ${table} that nobody recorded`, mend: () => dropTable(pid, table) }));
    });
    const looked = await within(lookMs, "the look at packet rules", Promise.all(strange)).catch((error: unknown) => [
      [
        {
          target: this.#own.project.project,
          capability: "links" as const,
          says: `cannot be looked at: ${error instanceof Error ? error.message : error}`,
          mend: () => Promise.reject(error),
        },
      ],
    ]);
    return [...remembered, ...looked.flat()];
  }
  async #undo(deed: Deed): Promise<void> {
    const { kind, on, table } = deed;
    const process = processOf(on, this.#members, this.#deeds);
    if (kind === "held") await process.start();
    else if (kind === "paused") await process.resume();
    else if (table !== undefined) await dropTable(await this.#members.pid(on), table);
    this.#deeds.strike(deed);
  }
  /** The project stays, as it was; what is ours goes. Rejects, naming it, if something withstands. */
  async reap(): Promise<void> {
    const left: string[] = [];
    for (const { says, mend } of await this.differences()) await mend().catch((error: Error) => left.push(`${says}: ${error.message}`));
    this.#end.abort();
    this.#eyes.end();
    await this.#shaper.end();
    await endHelpers(this.#own.spec);
    if (left.length > 0) throw new FlounderError("platform", `of ${this.#own.project.project} is left: ${left.join("; ")}`, "flounder detach once more");
  }
}

const wordsOf = ({ kind, on }: Deed): string =>
  ({ held: `${on} is held dead`, paused: `${on} is frozen`, table: `packet rules in ${on}`, shaped: `connections of ${on} are led through a proxy` })[kind];

/** Helpers of this foundation that are there, whoever started them: all carry its mark. */
export async function endHelpers({ id, dir }: Pick<FoundationSpec, "id" | "dir">): Promise<void> {
  const table = new ProcessTable(id, () => [dir]);
  const left = () => table.all().filter((one) => isAlive(one));
  for (const one of left()) signal(one, "SIGKILL");
  await until("helpers to end", () => left().length === 0, goneMs, 20);
}

/** Offered: between services that share a network, to whoever listens, where neither end is spared. A rule lies at whoever is dialled. */
function linksOf({ members }: Project, { links }: Bounds): readonly Ends[] {
  if (rulesLack() !== "") return [];
  const open = members.filter(({ spared, onHost }) => spared === undefined && !onHost);
  return open.flatMap((from) =>
    open
      .filter((to) => to !== from && Object.keys(to.ports).length > 0 && from.networks.some((id) => to.networks.includes(id)))
      .filter((to) => links === undefined || links.includes(`${from.service}>${to.service}`))
      .map((to) => ({ from: from.name, to: to.name })),
  );
}

/** What can be broken in it. */
export const targetsOf = (project: Project, config: Bounds): readonly TargetInfo[] => infosOf(project, linksOf(project, config));

function infosOf({ members }: Project, links: readonly Ends[]): readonly TargetInfo[] {
  const roles = new Map(members.map(({ name, service }) => [name, service]));
  const hasLinks = new Set(links.flatMap(({ from, to }) => [from, to]));
  return [
    ...members.map(
      ({ name, service, spared }): TargetInfo => ({
        name,
        role: service,
        kind: "component",
        can: spared === undefined ? ["process", ...(hasLinks.has(name) ? (["links"] as const) : [])] : [],
        ways: {},
      }),
    ),
    ...links.map((ends): TargetInfo => ({ name: linkName(ends), role: roles.get(ends.from)!, kind: "link", can: ["link"], ways: {}, class: "services" })),
  ];
}

function topologyOf({ project, members }: Project, asks: readonly Asked[], recovery: string | undefined): Topology {
  const components = members.map(
    ({ name, service, ports }): Component => ({
      name,
      role: service,
      command: [],
      env: {},
      ports,
      links: {},
      mounts: {},
      ready: "",
      supervised: false,
    }),
  );
  return { profile: project, domain: project, components, asks, ...(recovery === undefined ? {} : { recovery }) };
}

/** Where this machine publishes a port of it; undefined: nowhere, or it does not run. */
export function publishedAt(seen: Inspected | undefined, port: number): { readonly host: string; readonly port: number } | undefined {
  const bound = seen?.NetworkSettings.Ports[`${port}/tcp`]?.[0];
  if (!bound) return undefined;
  return { host: ["0.0.0.0", "::", ""].includes(bound.HostIp) ? "127.0.0.1" : bound.HostIp, port: Number(bound.HostPort) };
}

const digest = (what: unknown) => createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 12);

/** All that its owner set, whether it lives, and what is done to its packets. No pids, ids, addresses that Docker chose, or counters. */
async function fingerprintOf(seen: Inspected | undefined): Promise<string> {
  if (!seen) return "not there";
  const { State, Config, HostConfig, Mounts, NetworkSettings, Image } = seen;
  const networks = Object.entries(NetworkSettings.Networks)
    .map(([name, { Aliases, IPAMConfig, Links }]) => {
      const aliases = ((Aliases as readonly string[] | null) ?? []).filter((alias) => !seen.Id.startsWith(alias)).sort();
      return `${name} as ${aliases.join("/")}${IPAMConfig ? ` at ${JSON.stringify(IPAMConfig)}` : ""}${Links ? ` links ${JSON.stringify(Links)}` : ""}`;
    })
    .sort();
  const state = !State.Running ? "dead" : State.Paused ? "frozen" : "alive";
  const set = digest([Config, HostConfig, Image, Mounts.map(({ Source, Destination, Mode, RW }) => [Source, Destination, Mode, RW]).sort()]);
  const pid = State.Pid;
  const packets = pid > 0 && HostConfig.NetworkMode !== "host" && rulesLack() === "" ? digest(await Promise.all([ruleset(pid), qdiscs(pid)])) : "not looked at";
  return `${state}, set as ${set}, networks: ${networks.join(", ") || "none"}, packets ${packets}`;
}
