/** Foundations of other users of this machine: who has one, as the list of processes shows it. They can be named, and neither seen into nor changed. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { FlounderError } from "../errors.js";

export interface OfAnother {
  readonly id: string;
  readonly uid: number;
}

/** Anybody can call a process like that: only names that a foundation can have are believed, and only told. */
export function foundationsOfOthers(me: number | undefined = process.geteuid?.()): readonly OfAnother[] {
  const found = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): OfAnother[] => {
      try {
        const { uid } = statSync(`/proc/${pid}`);
        if (uid === me) return [];
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
        const id = basename(words.at(-1) ?? "");
        const isKeeper = words.some((word) => /\/keeper\/keeper\.js$/.test(word)) && /\/flounder\/foundations\/[a-z0-9][a-z0-9-]{0,39}$/.test(words.at(-1)!);
        return isKeeper ? [{ id, uid }] : [];
      } catch {
        return []; // it has gone
      }
    });
  return [...new Map(found.map((one) => [`${one.id} ${one.uid}`, one])).values()];
}

/** "root (uid 0)" */
export function userName(uid: number): string {
  try {
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((one) => one.split(":")[2] === String(uid));
    if (line !== undefined) return `${line.split(":")[0]} (uid ${uid})`;
  } catch {
    // No list of users: the number says it.
  }
  return `uid ${uid}`;
}

/** Where there is none of that name: it may be somebody else's. */
export function noFoundation(id: string): FlounderError {
  const owner = foundationsOfOthers().find((one) => one.id === id);
  if (!owner) return new FlounderError("usage", `there is no foundation "${id}"`, "flounder status shows what there is; flounder up makes one");
  return new FlounderError(
    "owned",
    `the foundation "${id}" is of another user, ${userName(owner.uid)}: nobody else can see into it or change it`,
    `do it as that user; flounder up --name ${id} makes one of your own`,
  );
}

/** A sentence for whoever has none: what there is belongs to others. Empty: there is nothing. */
export function sayOthers(others: readonly OfAnother[] = foundationsOfOthers()): string {
  if (others.length === 0) return "";
  const each = others.slice(0, 5).map(({ id, uid }) => `${id} of ${userName(uid)}`);
  return `other users have ${each.join(", ")}${others.length > 5 ? ` and ${others.length - 5} more` : ""}: each user sees only their own`;
}
