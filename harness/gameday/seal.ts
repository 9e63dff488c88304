/** Ends the record of a run whose runner has died: what people did meanwhile, and why it has no end, go into its timeline; then it is judged like any other. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { sorted } from "../canonical.js";
import { nowUs } from "../clock.js";
import type { Event, Verdict } from "../core.js";
import { files, writeReports } from "../results/results.js";
import { deedOf, type GameFolder, type RunnerState } from "./folder.js";

export async function seal(
  game: GameFolder,
  { folder, zeroUs }: RunnerState,
  end: { readonly kind: "aborted" | "broken-off"; readonly why: string },
): Promise<Verdict | undefined> {
  if (folder === null || zeroUs === null) return undefined;
  const path = join(folder, files.timeline);
  const text = readFileSync(path);
  // What a kill left of a line is none.
  truncateSync(path, text.lastIndexOf(10) + 1);
  const known = new Set(text.toString("utf8").split("\n"));
  const events = readFileSync(game.path("people.jsonl"), "utf8")
    .split("\n")
    .flatMap((line) => deedOf(line) ?? [])
    .flatMap((deed) => (deed.did === "event" ? [{ ...deed.event, atUs: Math.max(0, deed.event.atUs - zeroUs) } as Event] : []));
  const lines = [...events, { atUs: nowUs() - zeroUs, by: "keeper", ...end } as Event]
    .map((event) => JSON.stringify(sorted(event)))
    .filter((line) => !known.has(line));
  appendFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return existsSync(join(folder, files.plan)) ? writeReports(folder) : undefined;
}
