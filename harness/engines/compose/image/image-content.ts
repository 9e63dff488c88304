/** What goes into the image, and its digest: an image that was made of something else is stale. */
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { FlounderError } from "../../../errors.js";
import { dist, packaged, root } from "../../../paths.js";
import { needTool } from "../../tools/find.js";
import { tools } from "../../tools/pins.js";

export const repository = "flounder/platform";
/** The newest that was built here, whatever it was made of. */
export const newestImage = `${repository}:dev`;

const sources = join(root, "compose");
/** The base that the Dockerfile names. */
export const publicBase = (): string => /^ARG BASE_IMAGE=(\S+)$/m.exec(readFileSync(join(sources, "Dockerfile"), "utf8"))![1]!;
/** Debian packages that every image has. */
export const packages = (): readonly string[] => readFileSync(join(sources, "packages"), "utf8").trim().split("\n");

/** Small files, by their path in the folder that the image is built from: their every byte counts. */
function files(): ReadonlyMap<string, string> {
  const found = new Map(["Dockerfile", "packages", "supervise"].map((name) => [name, join(sources, name)]));
  const add = (path: string) => found.set(join("app", "dist", relative(dist, path)), path);
  for (const target of readdirSync(join(dist, "targets"))) {
    const platform = join(dist, "targets", target, "platform");
    for (const name of existsSync(platform) ? readdirSync(platform).sort() : []) if (name.endsWith(".mjs")) add(join(platform, name));
  }
  add(join(dist, "harness", "engines", "mount-prober.js"));
  return found;
}
const servers = ["nats-server", "flounder-toxiproxy", "flounder-sftp", "flounder-confine"] as const;

/** Postgres' folder as npm installed it; a system's own is spread over the machine and cannot be copied. */
function postgresDir(): string {
  const member = tools.postgres.npm?.[process.arch];
  const server = member && packaged(member);
  if (server) return dirname(dirname(server));
  throw new FlounderError("environment", "the image's Postgres comes from npm, and it is not in node_modules", "npm install (without --omit=optional)");
}

/** A program is known by its size and its first bytes: linkers put its build id there. Reading all would take longer than anything else here. */
function programId(path: string): string {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(64 * 1024);
    const bytes = readSync(file, head, 0, head.length, 0);
    return `${fstatSync(file).size} ${createHash("sha256").update(head.subarray(0, bytes)).digest("hex")}`;
  } finally {
    closeSync(file);
  }
}

/** The image that Flounder, as it is here now, runs: "flounder/platform:<12 hex digits>". Pure, some 30 ms. Throws a FlounderError where a tool is missing. */
export function imageTag(): string {
  const hash = createHash("sha256");
  for (const [name, path] of files()) hash.update(`${name}\0`).update(readFileSync(path)).update("\0");
  for (const server of servers) hash.update(`${server} ${programId(needTool(server))}\0`);
  const postgres = postgresDir();
  hash.update(`postgres ${readFileSync(join(postgres, "..", "package.json"), "utf8")} ${programId(join(postgres, "bin", "postgres"))}`);
  return `${repository}:${hash.digest("hex").slice(0, 12)}`;
}

/** Makes the folder that the image is built from. */
export function collect(to: string): void {
  const put = (name: string, path: string) => {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    copyFileSync(path, join(to, name), constants.COPYFILE_FICLONE);
  };
  for (const [name, path] of files()) put(name, path);
  for (const server of servers) put(join("bin", server), needTool(server));
  writeFileSync(join(to, "app", "package.json"), '{ "type": "module" }\n');
  cpSync(postgresDir(), join(to, "pg"), { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
}
