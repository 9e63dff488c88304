/** For tests: what the kernel says of a foundation's processes, and where its secrets can be read; with nothing of the engine's own. */

import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Topology } from "../../../harness/core.js";
import { derived } from "../../../harness/engines/secrets.js";
import { typed } from "../contract/secrets.js";

export interface Seen {
  readonly pid: number;
  readonly uid: number;
  readonly noNewPrivileges: boolean;
  /** Capabilities in effect, hex. */
  readonly capabilities: string;
  readonly groups: string;
  readonly command: string;
  readonly environment: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // it ended meanwhile
  }
};

/** Every process of this machine but kernel threads and those that are about to be gone. */
export function everybody(): Seen[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const status = read(`/proc/${pid}/status`);
      const field = (name: string) => new RegExp(`^${name}:[^\\S\\n]*(.*)$`, "m").exec(status)?.[1]?.trim() ?? "";
      const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
      if (status === "" || command === "" || /^[ZX]/.test(field("State"))) return [];
      const uid = Number(field("Uid").split(/\s+/)[1]);
      const own = { noNewPrivileges: field("NoNewPrivs") === "1", capabilities: field("CapEff"), groups: field("Groups") };
      return [{ pid: Number(pid), uid, ...own, command, environment: read(`/proc/${pid}/environ`).replaceAll("\0", "\n") }];
    });
}
export const ofFoundation = (id: string): Seen[] => everybody().filter(({ environment }) => environment.includes(`FLOUNDER_FOUNDATION=${id}`));

/** The foundation's secret and all that its topology grants to anybody, by label; also the first 20 digits, which are a person's password. */
export function secretsOf(topology: Topology, secret: string): ReadonlyMap<string, string> {
  const labels = new Set(topology.components.flatMap(({ secrets = [] }) => secrets));
  return new Map([["the secret", secret], ...[...labels].map((label) => [label, typed(derived(secret, label))] as const)]);
}

/** Every file below a folder; links are not followed. */
export function* filesBelow(dir: string): Generator<string> {
  for (const entry of existsSync(dir) ? readdirSync(dir, { withFileTypes: true }) : []) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

const textOf = (path: string): string => {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes, { finishFlush: 2 }) : bytes).toString("latin1");
};

/** A line for each place where one of them is: a command line, an environment, a file of these folders. */
export function leaks(secrets: ReadonlyMap<string, string>, dirs: readonly string[]): string[] {
  const found = (where: string, text: string) => [...secrets].flatMap(([label, value]) => (text.includes(value) ? [`${label}: ${where}`] : []));
  return [
    ...everybody().flatMap(({ pid, command, environment }) => [
      ...found(`command line of ${pid}, ${command.slice(0, 80)}`, command),
      ...found(`environment of ${pid}, ${command.slice(0, 80)}`, environment),
    ]),
    ...dirs.flatMap((dir) => [...filesBelow(dir)].flatMap((path) => found(path, textOf(path)))),
  ];
}

/** Files and folders below `dir`, itself left out, into which others than their owner get, "644 path"; what lies behind a folder that is closed to them is not. */
export function* openToOthers(dir: string): Generator<string> {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) continue;
    if ((stat.mode & 0o007) !== 0) yield `${(stat.mode & 0o777).toString(8)} ${path}`;
    if (stat.isDirectory() && (stat.mode & 0o001) !== 0) yield* openToOthers(path);
  }
}
