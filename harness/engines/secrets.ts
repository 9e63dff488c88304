/**
 * What components are told in confidence: each gets the secrets whose labels it declares, in a file that its own user alone can read, and of whose path
 * alone its environment speaks (SECRETS_FILE): a process' environment is read by whoever runs as the same user, and handed on to whatever it starts.
 * The file: JSON, label → 64 hex digits.
 */
import { createHmac } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What a label stands for under a foundation's secret: hmac-sha256, as hex. */
export const derived = (secret: string, label: string): string => createHmac("sha256", secret).update(label).digest("hex");

/** What opens a component's admin port, and that of no other. */
export const adminToken = (secret: string, component: string): string => derived(secret, `admin:${component}`);

/** Of a component, below the folder of all. */
export const secretsFolder = (dir: string, component: string): string => join(dir, component);
export const secretsName = "secrets.json";

/** Writes somebody's file anew, whole or not at all: a folder of 0700 with a file of 0600, of `owner` (absent: our own). */
export function grant(dir: string, { name, secrets }: { readonly name: string; readonly secrets: readonly string[] }, secret: string, owner?: Owner): void {
  const folder = secretsFolder(dir, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${secretsName}.new`);
  rmSync(draft, { force: true });
  writeFileSync(draft, JSON.stringify(Object.fromEntries(secrets.map((label) => [label, derived(secret, label)]))), { mode: 0o600, flag: "wx" });
  if (owner) for (const path of [draft, folder]) chownSync(path, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  renameSync(draft, join(folder, secretsName));
}
