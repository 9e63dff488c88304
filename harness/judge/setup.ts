/** What was run, on what, and how it is done again: once, for verdict and reports. Pure. */
import type { Event, Plan, Setup } from "../core.js";

export function setupOf(plan: Plan, events: readonly Event[]): Setup {
  const zero = events.find((event) => event.kind === "zero");
  const { foundation, versions, repro } = zero ?? {};
  return {
    target: plan.system,
    timeFactor: plan.foundation.timeFactor,
    policies: plan.foundation.policy ?? {},
    playbook: plan.playbook ?? null,
    about: foundation && versions && repro !== undefined ? { foundation, versions, repro } : null,
  };
}

/** As it was recorded; for a run of a version before, what its plan says. */
export const reproFor = (plan: Plan, { about }: Setup): string =>
  about?.repro ??
  [
    `flounder run ${plan.name} --seed ${plan.seed} --engine ${plan.engine} --profile ${plan.foundation.profile} --time-factor ${plan.foundation.timeFactor}`,
    ...(plan.playbook === undefined ? [] : [`--playbook ${plan.playbook}`]),
  ].join(" ");

/** What a headline leaves out, as name and value. */
export function setupWords({ policies, playbook, about }: Setup): readonly (readonly [name: string, value: string])[] {
  const set = Object.entries(policies).map(([name, value]) => `${name}=${value}`);
  return [
    ["playbook", playbook ?? "the target's own recovery"],
    ["policies", set.length === 0 ? "defaults" : set.join(", ")],
    ...(about
      ? ([
          ["foundation", `${about.foundation.id} (${about.foundation.attached ? "attached" : "brought up for this run"})`],
          [
            "versions",
            Object.entries(about.versions)
              .map(([name, version]) => `${name} ${version}`)
              .join(", "),
          ],
        ] as const)
      : []),
  ];
}
