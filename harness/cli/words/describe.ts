/** A fault, a scenario or a playbook in words: what it does, what it takes, and how it is tried. */

import { optionsOf } from "../../core/options.js";
import type { Fault, Playbook, Scenario, TargetInfo } from "../../core.js";
import { sayCondition } from "../../playbooks/conditions.js";

/** A value as it is typed after --set NAME=. */
const typed = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return rows.map((row) => `  ${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join("  ")}`.trimEnd());
};

/** `targets`: those of a foundation that examples are for. */
export function describeFault(fault: Fault, targets: readonly TargetInfo[]): readonly string[] {
  const options = optionsOf(fault);
  const able = targets.filter((one) => fault.needs.every((need) => one.can.includes(need)) && (fault.among?.(one) ?? true));
  const [example] = able;
  const one = options.find(({ required, default: value }) => required || value !== undefined);
  const set = one === undefined ? "" : ` --set ${one.name}=${one.default === undefined ? exampleOf(one.takes) : typed(one.default)}`;
  return [
    `${fault.name} (fault): ${fault.says}`,
    `needs ${fault.needs.join(", ") || "nothing"}: ${able.length} of ${targets.length} targets have it${example ? `, such as ${example.name}` : ""}`,
    options.length === 0 ? "It has no options." : "options:",
    ...table(
      options.map(({ name, takes, default: value, required, says }) => [
        name,
        takes,
        required ? "required" : value === undefined ? "" : `default ${typed(value)}`,
        says ?? "",
      ]),
    ),
    ...(example ? ["example:", `  flounder break ${fault.name} --on '${example.name}' --for 5${set}`] : []),
  ];
}
/** A value that such an option takes. */
const exampleOf = (takes: string): string => (takes.includes(" | ") ? takes.split(" | ")[0]! : (/\d+/.exec(takes)?.[0] ?? "1"));

export function describeScenario(scenario: Scenario): readonly string[] {
  const { name, says, foundation, acts, must, playbook } = scenario;
  const policies = Object.entries(foundation.policy ?? {}).map(([key, value]) => `${key}=${value}`);
  return [
    `${name} (scenario): ${says}`,
    `on profile ${foundation.profile}, timers ÷${foundation.timeFactor}${policies.length > 0 ? `, policies ${policies.join(", ")}` : ""}, playbook ${playbook ?? "none of its own"}`,
    "acts:",
    ...table(
      acts.map((act) => [
        act.clock === undefined ? act.id : `${act.id} (${act.clock})`,
        act.fault,
        `on ${act.on.pick} of ${act.on.of}`,
        `${act.after === undefined ? `at ${act.atS ?? 0} s` : `after ${act.after}${act.atS ? ` + ${act.atS} s` : ""}`}, ${act.endedBy === "playbook" ? `until the playbook ends it, at most ${act.forS} s` : `for ${act.forS} s`}`,
      ]),
    ),
    "must hold:",
    ...must.map((one) => {
      const when = one.during === undefined ? "in all" : `during ${one.during}`;
      if ("alarm" in one) return `  ${when}: the alarm ${one.alarm} is raised`;
      const { min, max } = one.lostS;
      const bounds = min === undefined ? `at most ${max} s` : max === undefined ? `at least ${min} s` : `${min} to ${max} s`;
      return `  ${when}: ${one.plane} plane ${one.from}${one.op === undefined ? "" : ` (${one.op})`} loses ${bounds}${one.notBeforeS === undefined ? "" : `, nothing before ${one.notBeforeS} s`}`;
    }),
    "example:",
    `  flounder run ${name} --seed 7`,
  ];
}

export function describePlaybook({ name, says, procedures }: Playbook): readonly string[] {
  return [
    `${name} (playbook): ${says}`,
    ...(procedures.length === 0 ? ["Nobody does anything."] : []),
    ...procedures.flatMap((one) => [
      `${one.name}: begins at ${sayCondition(one.detect)}`,
      ...table(one.steps.map((step, i) => [`${i + 1}`, step.does, `${step.say}${step.humanS ? ` (a person takes about ${step.humanS} s)` : ""}`])),
    ]),
    "examples:",
    `  flounder paper ${name}`,
    `  flounder run SCENARIO --playbook ${name}`,
  ];
}
