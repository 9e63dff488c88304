/** Takes a Docker Compose project that somebody else runs, so that all other commands work on it as on a foundation. Nothing of it is changed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Asked, TargetInfo } from "../core.js";
import { Daemon } from "../engines/attached/daemon.js";
import { attachedName } from "../engines/attached/engine.js";
import { Members } from "../engines/attached/members.js";
import { rulesLack } from "../engines/attached/netns.js";
import { findProject, type Project } from "../engines/attached/project.js";
import { publishedAt, targetsOf } from "../engines/attached/running.js";
import { FlounderError } from "../errors.js";
import { folderOf, folders } from "../keeper/folder.js";
import type { KeeperClient } from "../keeper/socket/client.js";
import { startKeeper, takeOver } from "../keeper/start.js";
import { loadTarget } from "../registry.js";
import { newFoundation, passingName } from "../state/foundation.js";
import { writeWhole } from "../state/own-file.js";
import { refuseTrouble } from "./foundation.js";
import { asksOf, asksOfPorts, type ProjectConfig, readConfig } from "./project-config.js";

const engine = "attached";

export interface FoundProject {
  readonly project: Project;
  readonly config: ProjectConfig;
  readonly asks: readonly Asked[];
  readonly targets: readonly TargetInfo[];
  /** Why links are not offered; empty: they are. */
  readonly lacks: string;
}

/** "compose:shop" → "shop". Throws FlounderError "usage" for what cannot be attached. */
export function projectIn(address: string): string {
  const [, project] = /^compose:(.+)$/.exec(address) ?? [];
  if (project !== undefined) return project;
  throw new FlounderError("usage", `"${address}" cannot be attached`, "give compose:PROJECT; docker compose ls lists projects");
}

/** Looks, and touches nothing. `configPath`: default flounder.config.ts of this folder, if there is one. */
export async function lookAt(address: string, configPath?: string): Promise<FoundProject> {
  const name = projectIn(address);
  const config = await readConfig(configPath);
  await refuseTrouble(engine, () => {});
  const daemon = new Daemon();
  const project = await findProject(daemon, name, config);
  const services = new Set(project.members.map(({ service }) => service));
  const members = new Members(daemon, project);
  await members.refresh();
  const isPublished = (service: string, port: number) =>
    project.members.some((one) => one.service === service && publishedAt(members.last(one.name), port) !== undefined);
  const asks = config.probes.length > 0 ? asksOf(config, services) : asksOfPorts(project.members, isPublished);
  return { project, config, asks, targets: targetsOf(project, config), lacks: rulesLack() };
}

/** The name that it gets where nobody gives one: its own, as far as a foundation can be called so. */
export const nameFor = (project: string): string =>
  project
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 31) || "project";

/** What it is attached as by this user; undefined: it is not. */
function attachedAs(project: string): string | undefined {
  return folders().find((id) => {
    const path = join(folderOf(id), attachedName);
    // One that is no good is its own keeper's trouble.
    return existsSync(path) && readFileSync(path, "utf8").includes(`"project": ${JSON.stringify(project)}`);
  });
}

/** Starts its keeper, which stays until `flounder detach`, or as long as this client. Rejects with FlounderError "owned" where the project is attached already. */
export async function attach(found: FoundProject, id: string, say: (line: string) => void, { stays = true } = {}): Promise<KeeperClient> {
  const { project, config, asks } = found;
  const already = attachedAs(project.project);
  if (already !== undefined)
    throw new FlounderError(
      "owned",
      `the project "${project.project}" is attached already, as ${already}`,
      `flounder status --foundation ${already}, or flounder detach --foundation ${already}`,
    );
  const system = await loadTarget("compose-project");
  const spec = await newFoundation({ id, system, profile: project.project, timeFactor: 1, policy: {}, engine });
  const { dir, secret: _, ...rest } = spec;
  const { probes: __, ...bounds } = config;
  writeWhole(join(dir, attachedName), JSON.stringify({ spec: rest, config: bounds, project, asks }, null, 1));
  return startKeeper(spec, say, { stays });
}

/** For as long as this process lives; where it is attached already, a client of that, which heals what it injected when it goes. */
export async function attachForNow(address: string, configPath: string | undefined, say: (line: string) => void): Promise<KeeperClient> {
  const project = projectIn(address);
  const already = attachedAs(project);
  if (already !== undefined) return takeOver(already, say, { lease: true });
  return attach(await lookAt(address, configPath), passingName(nameFor(project)), say, { stays: false });
}
