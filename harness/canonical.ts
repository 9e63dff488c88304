/** JSON that is the same for the same data, whatever order the keys were written in; and its digest. */
import { createHash } from "node:crypto";

/** Keys sorted at every depth; undefined left out. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

/** Two spaces, newline at the end. */
export const canonical = (value: unknown): string => `${JSON.stringify(sorted(value), null, 2)}\n`;

/** sha256 of the canonical JSON, first 16 hex digits. */
export const digestOf = (value: unknown): string => createHash("sha256").update(canonical(value)).digest("hex").slice(0, 16);
