/**
 * The config that a component runs from, DATA_DIR/<name>.json, beside the copy that an operator restores it from, <name>.saved.json.
 * What is wiped is the file itself: a restart brings nothing back.
 */
import { join } from "node:path";
import * as z from "zod/mini";
import { AdminError, type AdminRoutes } from "./admin.js";
import { savedJson, writeAtomically } from "./saved.js";

const marks = z.object({
  /** Counts every change of the file, also over restarts. */
  generation: z.int(),
  wiped: z.boolean(),
  /** What a fault has made of it otherwise: ended by its undoing, or by a restore. What an operator changes bears no mark. */
  hurt: z.optional(z.nullable(z.enum(["denied", "drained"]))),
});
type Marks = z.infer<typeof marks>;

export class KeptConfig<T extends object> {
  readonly #path: string;
  readonly #copy: string;
  #marks: Marks;
  #running: T;

  /** At the first boot `first` is written to both files. Throws when a file has another shape. */
  constructor(
    dataDir: string,
    name: string,
    readonly shape: z.ZodMiniType<T>,
    first: T,
  ) {
    this.#path = join(dataDir, `${name}.json`);
    this.#copy = join(dataDir, `${name}.saved.json`);
    savedJson(this.#copy, first);
    const file = savedJson(this.#path, { generation: 1, wiped: false, ...first });
    this.#marks = marks.parse(file);
    this.#running = shape.parse(file);
  }

  get running(): T {
    return this.#running;
  }
  get saved(): T {
    return this.shape.parse(savedJson(this.#copy, {}));
  }
  get wiped(): boolean {
    return this.#marks.wiped;
  }
  /** What `GET /config` says. */
  facts(): Marks & { readonly running: T } {
    return { ...this.#marks, running: this.#running };
  }

  /** `marked`: marks that change with it. */
  change(to: T, marked: Partial<Pick<Marks, "wiped" | "hurt">> = {}): void {
    this.#marks = { ...this.#marks, ...marked, generation: this.#marks.generation + 1 };
    this.#running = to;
    writeAtomically(this.#path, `${JSON.stringify({ ...this.#marks, ...to }, null, 2)}\n`);
  }
}

export interface ConfigRules<T> {
  /** Parts that can be wiped by themselves: what is left of the running config. "all" is one of them. */
  readonly parts: Readonly<Record<string, (running: T) => T>>;
  /** Makes the component what its config says now. */
  readonly apply: () => unknown;
}

/** `POST /config/wipe` {part?}, `POST /config/restore`, `GET /config`: each answers with the facts. */
export function configRoutes<T extends object>(kept: KeptConfig<T>, { parts, apply }: ConfigRules<T>): AdminRoutes {
  return {
    "GET /config": () => kept.facts(),
    "POST /config/wipe": async (body) => {
      const { part = "all" } = (body ?? {}) as { part?: unknown };
      const wipe = typeof part === "string" && Object.hasOwn(parts, part) ? parts[part] : undefined;
      if (!wipe) throw new AdminError(400, `no part ${JSON.stringify(part)} here; expected one of ${Object.keys(parts).join(", ")}`);
      kept.change(wipe(kept.running), { wiped: true });
      await apply();
      return kept.facts();
    },
    "POST /config/restore": async () => {
      kept.change(kept.saved, { wiped: false, hurt: null });
      await apply();
      return kept.facts();
    },
  };
}
