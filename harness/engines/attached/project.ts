/** What a Compose project is, found by its labels: services' containers, the ports that they listen on, the networks that they share, what may be broken. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { FlounderError } from "../../errors.js";
import { knock, knockable, usualProtocol } from "../knock.js";
import { composeLabels, type Daemon, type Inspected } from "./daemon.js";

export const marks = { allow: "flounder.allow", protect: "flounder.protect" } as const;

/** What of the config says whom it is about. */
export interface Choice {
  readonly allow?: readonly string[] | undefined;
  readonly protect: readonly string[];
  readonly links?: readonly string[] | undefined;
}

const member = z.object({
  /** "web-1": service and number. */
  name: z.string(),
  service: z.string(),
  number: z.string(),
  /** Port → how it is asked. */
  ports: z.record(z.string(), z.enum([...knockable, "tcp"])),
  /** Docker's ids. */
  networks: z.array(z.string()),
  /** Why it may not be broken; absent: it may. */
  spared: z.string().optional(),
  /** It is in this machine's own network: nothing there may be cut. */
  onHost: z.boolean(),
});
export const projectSchema = z.object({ project: z.string(), members: z.array(member) });
export type Member = z.output<typeof member>;
/** Pure data: what was found when it was attached. */
export type Project = z.output<typeof projectSchema>;

export const serviceOf = (one: Inspected): string => one.Config.Labels[composeLabels.service] ?? "";
export const numberOf = (one: Inspected): string => one.Config.Labels[composeLabels.number] ?? "1";
export const memberName = (one: Inspected): string => `${serviceOf(one)}-${numberOf(one)}`;

/** Finds it. Rejects with FlounderError where there is none, where two projects have that name and nothing is opted in, or where nothing may be broken. */
export async function findProject(daemon: Daemon, project: string, config: Choice): Promise<Project> {
  const found = await daemon.containers(project);
  if (found.length === 0) {
    const others = await daemon.projects();
    throw new FlounderError(
      "usage",
      `there is no Compose project "${project}"; there ${others.length > 0 ? `are ${others.join(", ")}` : "is none"}`,
      "docker compose up it first; docker compose ls lists projects",
    );
  }
  refuseUnknown(found, config, project);
  const folders = new Set(found.map(({ Config }) => Config.Labels[composeLabels.folder] ?? ""));
  const opted = found.some((one) => isSet(one, marks.allow));
  if (folders.size > 1 && !opted)
    throw new FlounderError(
      "refused",
      `${folders.size} projects are called "${project}" (${[...folders].join(", ")}), and nobody knows whose is meant`,
      `label the services that may be broken: ${marks.allow}=true`,
    );
  const members = await Promise.all(found.map((one) => memberOf(one, config, opted)));
  return { project, members: members.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

const isSet = ({ Config }: Inspected, label: string): boolean => Config.Labels[label]?.toLowerCase() === "true";

/** A name that is mistyped would protect nothing. */
function refuseUnknown(found: readonly Inspected[], { allow = [], protect, links = [] }: Choice, project: string): void {
  const services = new Set(found.map(serviceOf));
  const unknown = [...allow, ...protect, ...links.flatMap((link) => link.split(">"))].filter((name) => !services.has(name));
  if (unknown.length === 0) return;
  throw new FlounderError("usage", `the config names ${unknown.join(", ")}: ${project} has no such service`, `it has ${[...services].sort().join(", ")}`);
}

async function memberOf(one: Inspected, config: Choice, opted: boolean): Promise<Member> {
  const spared = whySpared(one, config, opted);
  const onHost = one.HostConfig.NetworkMode === "host";
  return {
    name: memberName(one),
    service: serviceOf(one),
    number: numberOf(one),
    ports: one.State.Running && !one.State.Paused && !onHost ? await portsOf(one) : {},
    networks: Object.values(one.NetworkSettings.Networks)
      .map(({ NetworkID }) => NetworkID)
      .filter((id) => id !== ""),
    ...(spared === undefined ? {} : { spared }),
    onHost,
  };
}

function whySpared(one: Inspected, { allow, protect }: Choice, opted: boolean): string | undefined {
  if (isSet(one, marks.protect)) return `its label ${marks.protect} protects it`;
  if (protect.includes(serviceOf(one))) return "the config protects it";
  if (allow && !allow.includes(serviceOf(one))) return "the config does not allow it";
  if (opted && !isSet(one, marks.allow)) return `it has no label ${marks.allow}, and others have`;
  // The keeper would break itself.
  if (one.Id.startsWith(hostname()) && hostname().length >= 12) return "Flounder itself runs in it";
  return undefined;
}

/** Ports on which it listens for others, as the kernel lists the sockets of its network namespace; what only itself can reach is none. */
async function portsOf(one: Inspected): Promise<Member["ports"]> {
  const host = addressesOf(one)[0];
  if (host === undefined) return {};
  const ports = listening(one.State.Pid);
  const kinds = await Promise.all(ports.map(async (port) => [String(port), await kindOf(host, port)] as const));
  return Object.fromEntries(kinds);
}

/** TCP ports in state LISTEN (0A) on any address but loopback. Empty where the process is gone. */
export function listening(pid: number): readonly number[] {
  const found = new Set<number>();
  for (const [file, own] of [
    ["tcp", /^[0-9A-F]{6}7F$/],
    ["tcp6", /^0{24}01000000$|7F$/],
  ] as const)
    try {
      for (const line of readFileSync(`/proc/${pid}/net/${file}`, "latin1").trim().split("\n").slice(1)) {
        const [, local, , state] = line.trim().split(/\s+/);
        const [address, port] = local!.split(":");
        if (state === "0A" && !own.test(address!)) found.add(Number.parseInt(port!, 16));
      }
    } catch {
      // It is gone, or has no IPv6.
    }
  return [...found].sort((a, b) => a - b);
}

const knockMs = 2000;
/** How a port can be asked for an answer: what it is used for by custom first, then HTTP; a port that answers neither can only be connected to. */
async function kindOf(host: string, port: number): Promise<Member["ports"][string]> {
  for (const kind of new Set([usualProtocol(port), "http"] as const)) if (Number.isFinite(await knock({ host, port }, kind, knockMs))) return kind;
  return "tcp";
}

/** Its addresses in its networks, IPv4 first. Empty while it does not run. */
export function addressesOf(one: Inspected): readonly string[] {
  const networks = Object.values(one.NetworkSettings.Networks);
  return [...networks.map(({ IPAddress }) => IPAddress), ...networks.map(({ GlobalIPv6Address }) => GlobalIPv6Address)].filter((address) => address !== "");
}
