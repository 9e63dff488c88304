/**
 * What staging makes of an app: which runtime it needs, how it is started, and the droplet's own files. Layout as in vcap (cf-protocol §2.1):
 * startup and stop scripts, app/, logs/; the one input of startup is the port (`-p N`).
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { staticServer } from "./static-server.js";

export type Runtime = "node" | "static" | "python" | "binary";
export interface Detected {
  readonly runtime: Runtime;
  readonly buildpack: string;
  /** Run in app/ unless the app's process has a command of its own. "" if only that one can say. */
  readonly command: string;
}

/** Staging cannot make anything of the app; the text goes to the developer. */
export class StagingError extends Error {}

const buildpackOf: Readonly<Record<Runtime, string>> = {
  node: "nodejs_buildpack",
  static: "staticfile_buildpack",
  python: "python_buildpack",
  binary: "binary_buildpack",
};
export const buildpacks: readonly string[] = Object.values(buildpackOf);

const named: Readonly<Record<string, Runtime>> = {
  nodejs_buildpack: "node",
  node: "node",
  staticfile_buildpack: "static",
  static: "static",
  python_buildpack: "python",
  python: "python",
  binary_buildpack: "binary",
  binary: "binary",
};

function nodeCommand(app: string): string {
  const path = join(app, "package.json");
  if (existsSync(path)) {
    try {
      const { scripts } = JSON.parse(readFileSync(path, "utf8")) as { scripts?: { start?: string } };
      if (scripts?.start) return scripts.start;
    } catch {
      throw new StagingError("package.json is not JSON");
    }
  }
  // What npm does without a start script.
  return existsSync(join(app, "server.js")) ? "node server.js" : "";
}

/** What a Procfile says of the web process; any buildpack takes it. */
function procfileCommand(app: string): string {
  const path = join(app, "Procfile");
  return (existsSync(path) && /^web:[ \t]*(\S.*)$/m.exec(readFileSync(path, "utf8"))?.[1]?.trim()) || "";
}

/** buildpacks: names that the developer gave, if any; command: that of the app's web process. Nothing is installed: an app brings what it needs. */
export function detect(app: string, given: readonly string[], command: string | null): Detected {
  const [name] = given;
  const has = (...files: readonly string[]) => files.some((file) => existsSync(join(app, file)));
  const said = procfileCommand(app);
  const found = (): Runtime | undefined => {
    if (has("package.json")) return "node";
    if (has("Staticfile", "index.html")) return "static";
    if (has("requirements.txt", "setup.py", "Pipfile")) return "python";
    return command || said ? "binary" : undefined;
  };
  const runtime = name === undefined ? found() : named[name];
  if (runtime === undefined)
    throw new StagingError(
      name === undefined
        ? "NoAppDetectedError: An app was not successfully detected by any available buildpack"
        : `Buildpack "${name}" is unknown; there are ${buildpacks.join(", ")}`,
    );
  const buildpack = buildpackOf[runtime];
  const start = said || (runtime === "node" ? nodeCommand(app) : runtime === "static" ? "exec node ../static-server.mjs" : "");
  if (start === "" && !command)
    throw new StagingError(`${buildpack}: no start command: give one with -c, or in ${runtime === "node" ? "package.json" : "a Procfile"}`);
  return { runtime, buildpack, command: start };
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** CF_START_COMMAND: the process's own command, given with the start message. PATH has what the app brought, as `npm start` would. */
const startup = (command: string) => `#!/bin/sh
# Starts the app: startup -p PORT
while getopts p: option; do
  case $option in p) PORT=$OPTARG ;; *) exit 64 ;; esac
done
export PORT
cd "$(dirname "$0")/app" || exit 1
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
echo $$ > ../run.pid
detected=${quoted(command)}
exec /bin/sh -c "\${CF_START_COMMAND:-$detected}"
`;

const stop = `#!/bin/sh
# Ends what startup began.
pid=$(cat "$(dirname "$0")/run.pid") || exit 0
kill -TERM "$pid" 2> /dev/null
`;

/** Writes a droplet's own files beside its app/. */
export async function furnish(dir: string, { runtime, command }: Detected): Promise<void> {
  await mkdir(join(dir, "logs"), { recursive: true });
  await writeFile(join(dir, "startup"), startup(command), { mode: 0o755 });
  await writeFile(join(dir, "stop"), stop, { mode: 0o755 });
  if (runtime === "static") await writeFile(join(dir, "static-server.mjs"), staticServer);
}
