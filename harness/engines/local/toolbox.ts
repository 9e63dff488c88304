/** The tools that a topology needs, where they are, and what components are told of them. */
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import type { Topology } from "../../core.js";
import { findTool, needTool } from "../tools/find.js";
import { type ToolName, tools } from "../tools/pins.js";
import { postgresTemplate } from "../tools/postgres-template.js";
import type { Uids } from "../uids.js";
import { reachableFile, reachableProgram, unprivilegedUser } from "./mounts/open-folder.js";

const prefix = "tool:";
export const isToolName = (name: string): name is ToolName => name in tools;

function named(word: string | undefined): ToolName | undefined {
  if (!word?.startsWith(prefix)) return undefined;
  const name = word.slice(prefix.length);
  if (!isToolName(name)) throw new Error(`the topology asks for ${word}; tools are ${Object.keys(tools).join(", ")}`);
  return name;
}

/** Without sshfs a foundation still starts, with symlinks for mounts; all others are needed. */
export function neededTools(topology: Topology): ToolName[] {
  const asked = topology.components.flatMap((component) => [named(component.command[0]), named(component.prepare?.[0])]);
  const mounts = topology.components.some((component) => Object.keys(component.mounts).length > 0);
  const apps = topology.components.some(({ slots }) => slots);
  const own: ToolName[] = ["flounder-toxiproxy", ...(mounts ? (["flounder-sftp"] as const) : []), ...(apps ? (["flounder-confine"] as const) : [])];
  return [...new Set<ToolName>([...own, ...asked.filter((name) => name !== undefined)])];
}

export interface Toolbox {
  readonly toxiproxy: string;
  readonly sshfs: string;
  /** The program behind "tool:x" or "node"; anything else stands for itself. */
  program(word: string): string;
  readonly env: Readonly<Record<string, string>>;
}

/** Whom the processes of a foundation run as, and where these reach what they need. */
export interface Home {
  /** A folder that users other than ours can reach; empty if there are none. */
  readonly openDir: string;
  /** Of the foundation's own; undefined: whoever we are, but nobody where root will not do. */
  readonly uids: Uids | undefined;
  /** Users can be given a name that nobody else sees. */
  readonly names: boolean;
  /** Of its control group: what members write their number into. */
  readonly group?: string | undefined;
}

/** Tools where their users can reach them: all of them if each component has a user of its own, else Postgres, which nobody runs where we are root. */
export async function toolbox(topology: Topology, { openDir, uids, names }: Home): Promise<Toolbox> {
  const paths = new Map<ToolName, string>();
  for (const name of neededTools(topology)) {
    const path = needTool(name);
    paths.set(name, !openDir ? path : name === "postgres" ? reachableProgram(path, openDir) : uids ? reachableFile(path, openDir) : path);
  }
  const node = uids ? reachableFile(process.execPath, openDir) : process.execPath;
  const postgres = paths.get("postgres");
  const template =
    postgres &&
    (await postgresTemplate({
      postgres: needTool("postgres"),
      reachable: postgres,
      user: uids && names ? { uid: uids.base, gid: uids.base } : openDir ? unprivilegedUser() : undefined,
      named: uids !== undefined && names,
      dir: openDir || tmpdir(),
    }));
  const sftpServer = paths.get("flounder-sftp");
  const confine = paths.get("flounder-confine");
  const folders = [dirname(node), ...[...paths.values()].map((path) => dirname(path)), process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin"];
  return {
    toxiproxy: paths.get("flounder-toxiproxy")!,
    sshfs: findTool("sshfs") ?? "sshfs",
    program: (word) => {
      const tool = named(word);
      return tool ? paths.get(tool)! : word === "node" ? node : word;
    },
    env: {
      PATH: [...new Set(folders.join(":").split(":"))].join(":"),
      ...(postgres ? { PG_BIN: dirname(postgres) } : {}),
      ...(template ? { PG_TEMPLATE: reachableFile(template, openDir) } : {}),
      ...(sftpServer ? { SFTP_SERVER: sftpServer } : {}),
      ...(confine ? { CONFINE: confine } : {}),
    },
  };
}
