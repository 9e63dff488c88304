/**
 * What this foundation has done to containers that are not ours, written down before it is done and struck out when it is undone. A later keeper, and whoever
 * clears away, undoes what is left here; a heal compares it with what the machine shows.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../../state/own-file.js";

const deed = z.object({
  /** held: dead until it is started again · paused · table: packet rules in its network namespace · shaped: its connections go through a proxy. */
  kind: z.enum(["held", "paused", "table", "shaped"]),
  /** Whose container it was done to: "web-1". */
  on: z.string(),
  /** What may be injected that does so: "web-1", "web-1>db-1". */
  target: z.string(),
  capability: z.enum(["process", "link", "links"]),
  /** Of kind table and shaped. */
  table: z.string().optional(),
});
export type Deed = z.output<typeof deed>;

const path = (dir: string) => join(dir, "deeds.json");
const keyOf = ({ kind, on, target, table }: Deed) => [kind, on, target, table].join(" ");

export class Deeds {
  readonly #deeds = new Map<string, Deed>();

  /** What an earlier keeper wrote down is there at once; a file that is no good has nothing: the machine shows the rest. */
  constructor(private readonly dir: string) {
    try {
      if (!existsSync(path(dir))) return;
      for (const one of z.array(deed).parse(JSON.parse(readFileSync(path(dir), "utf8")))) this.#deeds.set(keyOf(one), one);
    } catch (error) {
      console.error(`${path(dir)} is no good: ${error instanceof Error ? error.message : error}`);
    }
  }
  all(): readonly Deed[] {
    return [...this.#deeds.values()];
  }
  /** Rejects where it cannot be written: then nothing may be done. */
  add(one: Deed): void {
    this.#deeds.set(keyOf(one), one);
    this.#save();
  }
  /** Never throws: what healed is healed, also on a full disk. */
  strike(one: Deed): void {
    if (!this.#deeds.delete(keyOf(one))) return;
    try {
      this.#save();
    } catch (error) {
      console.error(`${path(this.dir)}: ${error instanceof Error ? error.message : error}`);
    }
  }
  #save(): void {
    writeWhole(path(this.dir), JSON.stringify(this.all(), null, 1));
  }
}
