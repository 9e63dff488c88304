/** The shape of a fault: somebody's own is held against it before anything is started. */
import { z } from "zod";
import { firstIssue } from "../core/shape.js";
import type { Capability, Fault } from "../core.js";
import { FlounderError } from "../errors.js";

const capabilities = Object.keys({
  process: 0,
  link: 0,
  mount: 0,
  power: 0,
  content: 0,
  room: 0,
  table: 0,
  subjects: 0,
  config: 0,
  rules: 0,
  pool: 0,
  console: 0,
  links: 0,
} satisfies Record<Capability, 0>);
const does = (what: string) => z.custom((value) => typeof value === "function", `expected a function: async ${what} { … }`);
const faultSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected a kebab-case name, like the file's"),
  says: z.string().min(1),
  colour: z.string().regex(/^#([0-9a-f]{3}|[0-9a-f]{6})$/i, 'expected a colour like "#3a6ea5"'),
  needs: z.array(z.enum(capabilities)),
  among: does("among(target)").optional(),
  way: does("way(options)").optional(),
  options: z.custom(
    (value) => typeof value === "object" && value !== null && typeof (value as { safeParse?: unknown }).safeParse === "function" && "_zod" in value,
    'expected a zod schema: z.strictObject({ … }), with z from "flounder"',
  ),
  changesNothing: z.literal(true).optional(),
  inject: does("inject(target, options, signal)"),
  heal: does("heal(target, options, signal)"),
  witness: does("witness(target, options, signal)"),
});

/** Refuses what is not a fault, naming the first thing that is wrong. */
export function checkFault(input: unknown, where: string): Fault {
  const parsed = faultSchema.safeParse(input);
  if (!parsed.success)
    throw new FlounderError("plan", `${where}: not a fault: ${firstIssue(parsed.error)}`, "see docs/faults.md; flounder describe link-cut shows one");
  return input as Fault;
}
