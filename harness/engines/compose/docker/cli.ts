/** `docker compose` or `docker-compose`, whichever is here, for bringing a foundation's containers up and down. What it calls itself is not looked at: some builds say "dev". */
import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { FlounderError } from "../../../errors.js";
import { onPath } from "../../tools/find.js";
import { run } from "./command.js";
import { dockerEnv } from "./socket.js";

const tryCommand = promisify(execFile);
const upMs = 300_000;
const downMs = 60_000;
const sayEveryMs = 1000;

/** The words that start it: ["docker", "compose"] or ["docker-compose"]; undefined: neither is here. A plugin is found by asking alone; the other by its name, since v1 takes a second to answer anything. */
export async function findCompose(): Promise<readonly string[] | undefined> {
  const plugin = await tryCommand("docker", ["compose", "version"], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
  if (plugin) return ["docker", "compose"];
  return onPath("docker-compose") ? ["docker-compose"] : undefined;
}
export const composeMissing = {
  what: "neither docker compose nor docker-compose is here",
  hint: "install one of them (Debian: apt-get install docker-compose; others: Docker's compose plugin)",
} as const;

export interface Project {
  readonly name: string;
  readonly file: string;
  /** What the file's ${VARIABLES} are. */
  readonly env?: Readonly<Record<string, string>>;
}

async function compose(project: Project, words: readonly string[], limitMs: number, say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const found = await findCompose();
  if (!found) throw new FlounderError("environment", composeMissing.what, composeMissing.hint);
  const [program, ...rest] = found;
  let saidAtMs = 0;
  await run(program!, [...rest, "-p", project.name, "-f", project.file, ...words], {
    what: `${found.join(" ")} ${words[0]}`,
    hint: `the project's file is ${project.file}`,
    code: "platform",
    limitMs,
    cwd: dirname(project.file),
    env: { ...project.env, ...dockerEnv(), COMPOSE_PROGRESS: "plain", COMPOSE_ANSI: "never", COMPOSE_MENU: "false" },
    signal,
    // A line per container and step would be hundreds: now and then the newest one shows that it goes on.
    line: (line) => {
      if (Date.now() - saidAtMs < sayEveryMs) return;
      saidAtMs = Date.now();
      say(line);
    },
  });
}

/** Rejects with a FlounderError that has compose's last lines; what was started by then is still there. */
export const composeUp = (project: Project, say: (line: string) => void, signal?: AbortSignal): Promise<void> =>
  compose(project, ["up", "-d"], upMs, say, signal);

/** Containers, networks and volumes of the project, also those that the file does not name any more. */
export const composeDown = (project: Project, say: (line: string) => void): Promise<void> =>
  compose(project, ["down", "-v", "-t", "1", "--remove-orphans"], downMs, say);
