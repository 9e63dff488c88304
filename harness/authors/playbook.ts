/** The shape of a playbook: somebody's own is held against it before anything is started. */
import { z } from "zod";
import { firstIssue } from "../core/shape.js";
import type { Playbook } from "../core.js";
import { FlounderError } from "../errors.js";

const seconds = z.number().nonnegative();
const condition = z.union([
  z.strictObject({ alarm: z.string().min(1) }),
  z.strictObject({ plane: z.enum(["control", "data"]), from: z.enum(["outside", "inside"]), is: z.enum(["up", "down"]), forS: seconds }),
]);
const runs = z.custom<(...words: never[]) => unknown>((value) => typeof value === "function", "expected a function: (operator) => operator.verify()");
const playbookSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected a kebab-case name"),
  says: z.string().min(1),
  policy: z.record(z.string(), z.string()).optional(),
  before: runs.optional(),
  procedures: z.array(
    z.strictObject({
      name: z.string().min(1),
      detect: condition,
      steps: z.array(
        z.strictObject({
          say: z.string().min(1),
          does: z.enum(["decide", "prevent", "restore", "verify", "release"]),
          humanS: seconds.optional(),
          guard: condition.optional(),
          run: runs.optional(),
          until: condition.optional(),
          limitS: z.number().positive(),
        }),
      ),
    }),
  ),
});

/** Refuses what is not a playbook, naming the first thing that is wrong. */
export function checkPlaybook(input: unknown, where: string): Playbook {
  const parsed = playbookSchema.safeParse(input);
  if (!parsed.success)
    throw new FlounderError("plan", `${where}: not a playbook: ${firstIssue(parsed.error)}`, "see docs/playbooks.md; flounder describe as-it-was shows one");
  return input as Playbook;
}
