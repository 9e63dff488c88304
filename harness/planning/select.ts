/** Selectors are words; planning resolves them once, with the seed. Nothing matched is an error. */
import picomatch from "picomatch";
import type { Fault, Selector, TargetInfo } from "../core.js";
import { FlounderError } from "../errors.js";
import { type Random, sampleOf } from "../random.js";

/** A component, a link and a mount that there are, as globs. */
const examples = (targets: readonly TargetInfo[]): string[] =>
  (["component", "link", "mount"] as const).flatMap((kind) => {
    const name = targets.find((target) => target.kind === kind && !target.name.startsWith("*"))?.name;
    return name === undefined ? [] : [`"${name.replace(/-\d+/, "-*")}"`];
  });

/** Targets that the words mean, ignoring `pick`: same role, or a name that the glob matches, and able to do what the fault needs. */
export function candidates(of: string, fault: Fault, options: unknown, targets: readonly TargetInfo[], where: string): TargetInfo[] {
  const matches = picomatch(of, { dot: true });
  const named = targets.filter((t) => t.name === of || matches(t.name) || t.role === of);
  if (named.length === 0) {
    const roles = [...new Set(targets.map((t) => t.role))].sort();
    throw new FlounderError(
      "plan",
      `${where}: selector "${of}" matches none of the ${targets.length} targets`,
      `expected a role (${roles.join(", ")}) or a glob over names such as ${examples(targets).join(", ")}`,
    );
  }
  const able = named.filter((t) => fault.needs.every((need) => t.can.includes(need)) && (fault.among?.(t) ?? true));
  if (able.length === 0)
    throw new FlounderError(
      "plan",
      `${where}: "${of}" matches ${named.length} targets (${named[0]!.name} …), but none has what ${fault.name} needs: ${fault.needs.join(", ") || "anything"}`,
      "flounder list faults shows needs; flounder list targets shows what each target can",
    );
  const way = fault.way?.(options);
  const willing = able.filter((t) => way === undefined || fault.needs.every((need) => t.ways[need]?.includes(way) ?? true));
  if (willing.length === 0) {
    const offered = [...new Set(able.flatMap((t) => fault.needs.flatMap((need) => t.ways[need] ?? [])))];
    throw new FlounderError(
      "plan",
      `${where}: ${fault.name} needs the way "${way}", but ${able[0]!.name} offers ${offered.join(", ") || "none"}`,
      "flounder doctor says which ways this machine has, and what would add more",
    );
  }
  // A role means components where the fault can act on them, and links or mounts only where it cannot.
  const components = willing.filter((t) => t.role === of && t.kind === "component");
  return components.length > 0 && !named.some((t) => t.name === of) ? components : willing;
}

/** What a person wrote for it: a word, a count of 1 or more, a percentage of 1 to 100. Throws FlounderError "usage" for anything else. */
export function pickOf(text: string): Selector["pick"] {
  const [, number, percent] = /^(\d{1,6})(%?)$/.exec(text) ?? [];
  if (number !== undefined && percent === "" && Number(number) > 0) return Number(number);
  if (number !== undefined && percent === "%" && Number(number) > 0 && Number(number) <= 100) return `${Number(number)}%`;
  if (text === "one" || text === "minority" || text === "majority" || text === "all") return text;
  throw new FlounderError(
    "usage",
    `--pick "${text}" is not a choice of targets`,
    "give one, minority, majority, all, a count such as 2, or a percentage such as 30%",
  );
}

/** How many of n: minority = fewer than half, at least one; majority = more than half; percentages are rounded, at least one. */
export function howMany(pick: Selector["pick"], n: number): number {
  if (pick === "one") return 1;
  if (pick === "all") return n;
  if (pick === "minority") return Math.max(1, Math.ceil(n / 2) - 1);
  if (pick === "majority") return Math.floor(n / 2) + 1;
  if (typeof pick === "number") return pick;
  return Math.max(1, Math.round((Number.parseFloat(pick) / 100) * n));
}

export function select(selector: Selector, fault: Fault, options: unknown, targets: readonly TargetInfo[], random: Random, where: string): TargetInfo[] {
  const among = candidates(selector.of, fault, options, targets, where);
  const count = howMany(selector.pick, among.length);
  if (count > among.length)
    throw new FlounderError("plan", `${where}: pick ${selector.pick} of "${selector.of}", but only ${among.length} match`, "lower pick, or widen the selector");
  return sampleOf(among, count, random);
}
