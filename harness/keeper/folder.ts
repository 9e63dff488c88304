/** A foundation's state folder as the keeper and its clients see it: who it is, secret and token. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import type { FoundationSpec } from "../core.js";
import { FlounderError } from "../errors.js";
import { foundationsDir } from "../paths.js";
import { isThere, readOwn, setAside, writeWhole } from "../state/own-file.js";
import { specFields } from "../state/spec-fields.js";

/** foundation.json: the spec without its secret, and what a later keeper must know. */
export interface FoundationRecord {
  readonly spec: Omit<FoundationSpec, "secret">;
  /** A run started it and ends it; otherwise a person did, with `up`. */
  readonly ownedByRun: boolean;
  /** new: no keeper has begun · starting: one has, and is not done: what it left is cleared away, not taken over · up: a keeper can attach. */
  readonly state: "new" | "starting" | "up";
  /** sha256 of the secret: one that was cut short looks like one, too, and nobody can be made as they were with it. Absent: made by an older Flounder. */
  readonly secretDigest?: string | undefined;
}
const recordSchema = z.object({
  spec: z.object({
    ...specFields,
    engine: z.string(),
    dir: z.string(),
    portBase: z.number().optional(),
  }),
  ownedByRun: z.boolean(),
  state: z.enum(["new", "starting", "up"]),
  secretDigest: z.string().optional(),
});
const digestOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

const idPattern = /^[a-z0-9][a-z0-9-]{0,39}$/;
export const folderOf = (id: string): string => join(foundationsDir(), id);
/** Where the logs of the last foundation that could not be started are kept. */
export const lastFailure = (): string => join(foundationsDir(), "..", "last-failure");
export const keeperLog = (dir: string): string => join(dir, "logs", "keeper.log");
const newToken = () => randomBytes(24).toString("hex");

/** Throws with what is wrong with it. */
export function readToken(dir: string): string {
  const token = readOwn(join(dir, "token")).trim();
  if (!/^[0-9a-f]{48}$/.test(token)) throw new Error("it is no token");
  return token;
}
/** For a keeper that begins: one that is gone or no good is replaced by a new one, which clients read from now on. */
export function tokenOrNew(dir: string, say: (line: string) => void): string {
  const path = join(dir, "token");
  try {
    return readToken(dir);
  } catch (error) {
    say(isThere(path) ? setAside(path, error) : `${path} is gone: a new one is made`);
    const token = newToken();
    writeWhole(path, token);
    return token;
  }
}
/** Rejects with a FlounderError where it is gone or no good: without it nobody can be made as they were. */
export function readSecret(dir: string): string {
  const path = join(dir, "secret");
  try {
    const secret = readOwn(path).trim();
    if (!/^[\x21-\x7e]{1,1000}$/.test(secret)) throw new Error("it is no secret");
    if ((digestInRecord(dir) ?? digestOf(secret)) !== digestOf(secret)) throw new Error("it is not the secret that the foundation was made with");
    return secret;
  } catch (cause) {
    throw new FlounderError("environment", `${path} is no good: ${(cause as Error).message}`, endIt(dir), { cause });
  }
}
function digestInRecord(dir: string): string | undefined {
  try {
    return readRecord(dir).secretDigest;
  } catch {
    return undefined; // whoever needs the record says so
  }
}
const endIt = (dir: string) => `flounder down --foundation ${basename(dir)} ends all that is left`;

/** Makes the folder of a new foundation; rejects an id that is no name. */
export function makeFolder(spec: FoundationSpec, ownedByRun: boolean): void {
  if (!idPattern.test(spec.id)) throw new FlounderError("usage", `foundation id "${spec.id}" is not 1 to 40 of a-z, 0-9 and -`, "choose another id");
  mkdirSync(join(spec.dir, "logs"), { recursive: true, mode: 0o700 });
  const { secret, ...rest } = spec;
  writeWhole(join(spec.dir, "secret"), secret);
  writeWhole(join(spec.dir, "token"), newToken());
  writeRecord(spec.dir, { spec: rest, ownedByRun, state: "new", secretDigest: digestOf(secret.trim()) });
}

export const writeRecord = (dir: string, record: FoundationRecord): void => writeWhole(join(dir, "foundation.json"), `${JSON.stringify(record, null, 2)}\n`);

export function readRecord(dir: string): FoundationRecord {
  const path = join(dir, "foundation.json");
  if (!isThere(dir)) throw new FlounderError("unreachable", `there is no foundation in ${dir}`, "flounder up starts one; flounder status lists them");
  try {
    const { spec, ...rest } = recordSchema.parse(JSON.parse(readOwn(path)));
    const { portBase, ...known } = spec;
    return { ...rest, spec: portBase === undefined ? known : { ...known, portBase } };
  } catch (cause) {
    throw new FlounderError("environment", `${path} is damaged: ${firstLine(cause)}`, endIt(dir), { cause });
  }
}

const firstLine = (error: unknown) =>
  (error instanceof z.ZodError ? error.issues[0]!.message : error instanceof Error ? error.message : String(error)).split("\n")[0];

/** Ids of the foundations of this user that have a folder, whatever is left in it. */
export function folders(): string[] {
  if (!existsSync(foundationsDir())) return [];
  return readdirSync(foundationsDir(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && idPattern.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}
