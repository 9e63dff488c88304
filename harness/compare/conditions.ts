/** What all trials of a comparison have in common besides its design's own words: who goes on with it must go on with the same. */

import { digestOf } from "../canonical.js";
import type { OperatorModel, PlannedProbe, Playbook, Scenario } from "../core.js";
import { usual } from "../playbooks/operator-model.js";
import { plannedProcedures } from "../playbooks/planned.js";
import { seeded } from "../random.js";
import type { Design, Outcome } from "./shapes.js";

export function conditionsOf(scenario: Scenario, playbooks: readonly Playbook[], operator: OperatorModel): Design["conditions"] {
  const { timeFactor, policy = {} } = scenario.foundation;
  // Words alone: two playbooks that read alike are taken for the same.
  const words = (playbook: Playbook) => digestOf({ ...plannedPart(playbook), policy: playbook.policy ?? {} });
  return {
    timeFactor,
    ...Object.fromEntries(Object.entries(policy).map(([name, value]) => [`policy ${name}`, value])),
    "scenario digest": digestOf(scenario),
    ...Object.fromEntries(playbooks.map((playbook) => [`playbook ${playbook.name} digest`, words(playbook)])),
    ...(operator.name === usual.name ? {} : { "operator digest": digestOf(operator) }),
  };
}
const plannedPart = (playbook: Playbook) => ({ says: playbook.says, procedures: plannedProcedures(playbook, seeded(0), { ...usual, sigma: 0 }) });

/** What is added before a logarithm: the sampling period of a plane's probes, the median of them, s. */
export function periodS(probes: readonly PlannedProbe[], { plane, from }: Outcome): number {
  const periods = probes
    .filter((probe) => probe.plane === plane && probe.from === from)
    .map(({ periodMs }) => periodMs)
    .sort((a, b) => a - b);
  return (periods[Math.floor((periods.length - 1) / 2)] ?? 100) / 1000;
}
