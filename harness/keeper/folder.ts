/** A foundation's state folder as the keeper and its clients see it: who it is, the socket that is its lock, secret and token. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { FoundationSpec } from "../core.js";
import { FlounderError } from "../errors.js";
import { foundationsDir } from "../paths.js";
import { specFields } from "../spec-fields.js";

/** foundation.json: the spec without its secret, and what a later keeper must know. */
export interface FoundationRecord {
  readonly spec: Omit<FoundationSpec, "secret">;
  /** A run started it and ends it; otherwise a person did, with `up`. */
  readonly ownedByRun: boolean;
  /** new: no keeper has begun · starting: one has, and is not done: what it left is cleared away, not taken over · up: a keeper can attach. */
  readonly state: "new" | "starting" | "up";
}
const recordSchema = z.object({
  spec: z.object({
    ...specFields,
    engine: z.enum(["local", "compose"]),
    dir: z.string(),
    portBase: z.number().optional(),
  }),
  ownedByRun: z.boolean(),
  state: z.enum(["new", "starting", "up"]),
});

/** The user's id is part of it: abstract names are shared by all users of a host. Padded, since Node versions bind different lengths. */
export const socketName = (id: string): string => `\0flounder-${userInfo().uid}-${id}`.padEnd(107, ".");

export const folderOf = (id: string): string => join(foundationsDir(), id);
/** Where the logs of the last foundation that could not be started are kept. */
export const lastFailure = (): string => join(foundationsDir(), "..", "last-failure");
export const keeperLog = (dir: string): string => join(dir, "logs", "keeper.log");
export const readToken = (dir: string): string => readFileSync(join(dir, "token"), "utf8").trim();
export const readSecret = (dir: string): string => readFileSync(join(dir, "secret"), "utf8").trim();

/** Replaces a small file as a whole: a reader sees the old one or the new one. */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, path);
}

/** Makes the folder of a new foundation; rejects an id that does not fit into the socket's name. */
export function makeFolder(spec: FoundationSpec, ownedByRun: boolean): void {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(spec.id))
    throw new FlounderError("usage", `foundation id "${spec.id}" is not 1 to 40 of a-z, 0-9 and -`, "choose another id");
  mkdirSync(join(spec.dir, "logs"), { recursive: true, mode: 0o700 });
  const { secret, ...rest } = spec;
  writeWhole(join(spec.dir, "secret"), secret);
  writeWhole(join(spec.dir, "token"), randomBytes(24).toString("hex"));
  writeRecord(spec.dir, { spec: rest, ownedByRun, state: "new" });
}

export const writeRecord = (dir: string, record: FoundationRecord): void => writeWhole(join(dir, "foundation.json"), `${JSON.stringify(record, null, 2)}\n`);

export function readRecord(dir: string): FoundationRecord {
  const path = join(dir, "foundation.json");
  if (!existsSync(path)) throw new FlounderError("unreachable", `there is no foundation in ${dir}`, "flounder up starts one; flounder status lists them");
  try {
    const { spec, ...rest } = recordSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    const { portBase, ...known } = spec;
    return { ...rest, spec: portBase === undefined ? known : { ...known, portBase } };
  } catch (cause) {
    throw new FlounderError("environment", `${path} is damaged: ${(cause as Error).message}`, `flounder down ends what is left; then remove ${dir}`, { cause });
  }
}

/** Ids of the foundations of this user that have a folder. */
export function folders(): string[] {
  if (!existsSync(foundationsDir())) return [];
  return readdirSync(foundationsDir())
    .filter((id) => statSync(join(foundationsDir(), id, "foundation.json"), { throwIfNoEntry: false }) !== undefined)
    .sort();
}
