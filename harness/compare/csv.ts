/** trials.csv: one row per attempt (RFC 4180), so that anybody can redo the analysis with their own tools; and back again. */
import { FlounderError } from "../errors.js";
import { type Trial, trialSchema } from "./shapes.js";

type Flat = Record<string, string>;
const lanes = ["control", "data"].flatMap((plane) => ["outside", "inside"].flatMap((from) => ["lo", "hi"].map((edge) => ["lostS", plane, from, edge])));
/** Where each column is found in a trial; its name is the path. */
const columns: readonly (readonly string[])[] = [
  ...["block", "arm", "playbook", "attempt", "position", "seed", "startedIso", "delays"].map((name) => [name]),
  ...lanes,
  ["recovered"],
  ["recoveryS"],
  ...["detectS", "humanS", "machineS", "lostWhileHumanS"].map((name) => ["clock", name]),
  ...["done", "refused", "repeated", "wrong"].map((name) => ["steps", name]),
  ["writes", "acknowledged"],
  ["writes", "lost"],
  ["harm"],
  ["ending"],
  ["undone"],
  ["invalid", "code"],
  ["invalid", "says"],
  ["results"],
];
const header = columns.map((path) => path.join("."));
const text = new Set(["arm", "playbook", "startedIso", "harm", "ending", "invalid.code", "invalid.says", "results"]);

const quote = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value);
const at = (trial: Trial, path: readonly string[]): unknown => path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], trial);

export const trialsCsv = (trials: readonly Trial[]): string =>
  [header, ...trials.map((trial) => columns.map((path) => quote(String(at(trial, path) ?? ""))))].map((row) => `${row.join(",")}\r\n`).join("");

export function parseTrialsCsv(csv: string, where = "trials.csv"): Trial[] {
  const [names, ...rows] = cells(csv);
  if (names?.join() !== header.join())
    throw new FlounderError("usage", `${where} does not have the columns of a comparison’s trials`, `expected: ${header.join(",")}`);
  return rows.map((row, i) => {
    const parsed = trialSchema.safeParse(nested(Object.fromEntries(header.map((name, c) => [name, row[c] ?? ""]))));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new FlounderError("usage", `${where}, row ${i + 2}: ${issue!.path.join(".")}: ${issue!.message}`, "run that trial again, or take the row out");
  });
}

function nested(flat: Flat): unknown {
  const trial: Record<string, unknown> = { invalid: null };
  for (const path of columns) {
    const name = path.join(".");
    if (path[0] === "invalid" && flat["invalid.code"] === "") continue;
    let inner = trial;
    for (const key of path.slice(0, -1)) {
      inner[key] ??= {};
      inner = inner[key] as Record<string, unknown>;
    }
    inner[path.at(-1)!] = valueIn(name, flat[name]!);
  }
  return trial;
}
function valueIn(name: string, value: string): unknown {
  if (text.has(name)) return value;
  if (value === "true" || value === "false") return value === "true";
  return value === "" ? null : Number(value);
}

/** Rows of cells; a quoted cell may hold commas, quotes and line breaks. */
function cells(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const match of csv.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|\n|$)/g)) {
    if (match[0] === "" && row.length === 0) break;
    const cell = match[1]!;
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replace(/""/g, '"') : cell);
    if (match[2] !== ",") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
