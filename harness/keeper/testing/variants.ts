/** For suites over all faults: the choices of a fault's options, and the targets that it can act on with them. */
import { z } from "zod";
import type { Fault, TargetInfo } from "../../core.js";

interface JsonSchema {
  readonly properties?: Readonly<Record<string, { readonly enum?: readonly unknown[]; readonly type?: string }>>;
}
export const schemaOf = (fault: Fault): JsonSchema => z.toJSONSchema(fault.options as z.ZodType, { io: "input" }) as JsonSchema;

/** The default options, and each value of each option that is a choice. */
export function variants(fault: Fault): unknown[] {
  const choices = Object.entries(schemaOf(fault).properties ?? {}).flatMap(([name, { enum: values, type }]) =>
    (values ?? (type === "boolean" ? [true, false] : [])).map((value) => ({ [name]: value })),
  );
  return (choices.length > 0 ? choices : [{}]).map((options) => fault.options.parse(options));
}

export function ableTargets(fault: Fault, options: unknown, targets: readonly TargetInfo[]): TargetInfo[] {
  const way = fault.way?.(options);
  return targets.filter(
    (target) =>
      fault.needs.every((need) => target.can.includes(need) && (way === undefined || target.ways[need]?.includes(way) !== false)) &&
      (fault.among?.(target) ?? true),
  );
}
