/** Keeps the entries: a log in which every line is on the disk before it is acknowledged. What a kill tore off the end was never acknowledged. */
import { fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { need, Refusal, serve } from "./base/component.js";

/** Without a text the entry was removed. */
type Line = { readonly id: string; readonly text?: string };

const file = join(need("DATA_DIR"), "entries.jsonl");
const log = openSync(file, "a");
const entries = new Map<string, string>();

function apply({ id, text }: Line): void {
  if (text === undefined) entries.delete(id);
  else entries.set(id, text);
}
function write(lines: readonly Line[]): void {
  writeSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  fsyncSync(log);
  lines.forEach(apply);
}

const written = readFileSync(file);
const whole = written.subarray(0, written.lastIndexOf("\n") + 1);
ftruncateSync(log, whole.length);
for (const line of whole.toString("utf8").split("\n").slice(0, -1)) apply(JSON.parse(line) as Line);

serve(
  {
    "GET /entries": () => [...entries].map(([id, text]) => ({ id, text })),
    "POST /put": (body) => {
      const { id, text } = (body ?? {}) as Partial<Line>;
      if (typeof id !== "string" || typeof text !== "string") throw new Refusal(400, "an entry has an id and a text");
      if (entries.get(id) !== text) write([{ id, text }]);
    },
    "POST /remove": (body) => write([...entries.keys()].filter((id) => id.startsWith((body as { prefix: string }).prefix)).map((id) => ({ id }))),
  },
  { "GET /ids": () => [...entries.keys()] },
);
