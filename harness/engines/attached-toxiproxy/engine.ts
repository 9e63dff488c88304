/** Takes a Toxiproxy that somebody else runs, and lets go of it as it was. Brings nothing up. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Asked, Engine } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { readOwn } from "../../state/own-file.js";
import { specFields } from "../../state/spec-fields.js";
import { proxiesSchema } from "./proxies.js";
import { ForeignToxiproxy } from "./running.js";

export const attachedName = "attached.json";
/** What `flounder attach` found, for the keeper and for every keeper after it. */
const fileSchema = z.object({
  spec: z.object({ ...specFields, engine: z.literal("attached-toxiproxy") }),
  found: proxiesSchema,
  rails: z.object({ blastRadius: z.number(), longestS: z.number() }),
  asks: z.array(z.custom<Asked>((value) => typeof value === "object")),
  recover: z.string().optional(),
});
export type AttachedFile = z.output<typeof fileSchema>;

function opened(dir: string): ForeignToxiproxy {
  try {
    const file = fileSchema.parse(JSON.parse(readOwn(join(dir, attachedName))));
    return new ForeignToxiproxy({ ...file, spec: { ...file.spec, dir } });
  } catch (error) {
    throw new FlounderError(
      "environment",
      `${dir} does not say what is attached: ${error instanceof Error ? error.message : error}`,
      "toxics of ours are called flounder-NAME-…: remove them by hand; then flounder detach",
      { cause: error },
    );
  }
}

const attachedToxiproxy: Engine = {
  name: "attached-toxiproxy",
  says: "a Toxiproxy of somebody else, taken as it runs",
  check: async () => [],
  async obtain() {},
  facts: async () => ({ links: "the proxies that are there" }),
  users: async () => ({}),
  async targets(topology) {
    throw new FlounderError(
      "usage",
      `what can be broken at ${topology.domain} is known once it is attached`,
      `flounder attach toxiproxy:http://${topology.domain}`,
    );
  },
  start: async ({ dir }) => opened(dir),
  attach: async (dir) => opened(dir),
  async clear(_, dir) {
    if (existsSync(join(dir, attachedName))) await opened(dir).reap();
  },
};
export default attachedToxiproxy;
