/** Whether an injection can be done at all: its fault, its options, its target, and what that target can. */
import { wrongOptions } from "../../core/options.js";
import type { Fault, Injection, TargetInfo } from "../../core.js";
import { FlounderError } from "../../errors.js";

/** The fault and its parsed options; throws "refused" with what does not fit. */
export function ableTo(
  injection: Injection,
  faults: ReadonlyMap<string, Fault>,
  targets: readonly TargetInfo[],
): { readonly fault: Fault; readonly options: unknown } {
  const fault = faults.get(injection.fault);
  if (!fault) throw refused(`fault "${injection.fault}" is unknown; there are ${[...faults.keys()].join(", ")}`, "flounder list faults");
  const given = injection.options ?? {};
  const wrong = wrongOptions(fault, given);
  if (wrong !== undefined) throw refused(wrong, `flounder describe ${fault.name} shows its options`);
  const options = fault.options.parse(given);
  const target = targets.find((one) => one.name === injection.target);
  if (!target) throw refused(`target "${injection.target}" is unknown`, "flounder list targets");
  if (fault.needs.some((need) => !target.can.includes(need)) || fault.among?.(target) === false)
    throw refused(`${fault.name} cannot act on ${target.name}: it can ${target.can.join(", ") || "nothing"}`, "flounder list targets");
  const way = fault.way?.(options);
  if (way !== undefined && fault.needs.some((need) => target.ways[need]?.includes(way) === false))
    throw refused(`${fault.name} needs the way "${way}", which ${target.name} does not have here`, "flounder doctor says which ways this machine has");
  return { fault, options };
}

const refused = (message: string, hint: string) => new FlounderError("refused", message, hint);
