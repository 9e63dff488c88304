/**
 * How a prober's process is started: on this machine, or in a container at its vantage. Both run the same program, are spoken to over their pipes, and end
 * after their last flush when these are closed, as they are when the runner dies.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { join, relative } from "node:path";
import type { Vantage, Vantages } from "../../core.js";
import { labels } from "../../engines/compose/docker/labels.js";
import { dockerEnv } from "../../engines/compose/docker/socket.js";
import { dist, packageFolders, root } from "../../paths.js";
import { punctual } from "../schedule/priority.js";

export interface ProberProcess {
  /** As messages call it. */
  readonly name: string;
  readonly child: ChildProcessWithoutNullStreams;
}
export interface ContainedProber {
  /** Id of the foundation: whoever takes that down takes away what carries it as a label. */
  readonly foundation: string;
  readonly from: Vantage;
  readonly at: Vantages[Vantage];
  /** Exists. Nothing else of this machine can be written from within. */
  readonly samplesFile?: string;
}

const program = (file: "prober.js" | "watcher.js") => join(dist, "harness", "probes", file);
/** Ctrl-C does not reach it before the runner has healed; and a session of its own has its own share of the CPU. */
const apart = { stdio: "pipe", detached: true } as const;
/** Containers share the CPU as equals, however many processes each has, and niceness counts only within one: so much more than the usual 1024 is what nice -15 is. */
const cpuShares = 29_154;

/**
 * getaddrinfo blocks a thread of Node's pool for each name that is asked for: one that hangs must not hold up the others. `endpoints`: how many are asked;
 * undefined: a target system's probes.
 */
export function proberHere(endpoints: number | undefined): ProberProcess {
  const env = { ...process.env, UV_THREADPOOL_SIZE: String(Math.min(256, 8 + (endpoints ?? 0))) };
  const file = program(endpoints === undefined ? "prober.js" : "watcher.js");
  return { name: "the prober", child: spawn(process.execPath, [...punctual, file], { ...apart, env }) };
}

export function proberInContainer(wanted: ContainedProber): ProberProcess {
  const env = { ...process.env, ...dockerEnv() };
  return { name: `the prober ${wanted.from}`, child: spawn("docker", ["run", ...containerOf(wanted)], { ...apart, env }) };
}

/** The words after `docker run`. Its output would be kept a second time in a log. No right of root's is left to it; it is our user, who owns the samples. */
export function containerOf({ foundation, from, at, samplesFile }: ContainedProber): string[] {
  const marks = { [labels.foundation]: foundation, [labels.role]: "prober", "org.flounder.vantage": from };
  return [
    ...["-i", "--rm", "--pull", "never", "--network", at.network, "--log-driver", "none", "--cpu-shares", String(cpuShares)],
    ...Object.entries(marks).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"],
    ...(process.getuid && process.getgid ? ["--user", `${process.getuid()}:${process.getgid()}`] : []),
    ...readFolders().flatMap((folder) => ["--mount", bind(folder, true)]),
    ...(samplesFile === undefined ? [] : ["--mount", bind(samplesFile, false)]),
    ...["-w", "/"],
    ...[at.image, "node", ...punctual, program("prober.js")],
  ];
}

/** The project, and its packages where they are kept elsewhere; none that is within another. */
function readFolders(): readonly string[] {
  const all = [...new Set([root, ...packageFolders().map((folder) => realpathSync(folder))])];
  const within = (one: string, other: string) => one !== other && !relative(other, one).startsWith("..");
  return all.filter((one) => !all.some((other) => within(one, other)));
}

/** One CSV record: a comma or a quote in a path must not end a field. */
function bind(path: string, readOnly: boolean): string {
  const fields = ["type=bind", `source=${path}`, `target=${path}`, ...(readOnly ? ["readonly"] : [])];
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}
