/** People take longer than a playbook: the rails of acts that a playbook would end, and the time limit of the run, are lengthened for them. Pure. */
import type { Scenario } from "../core.js";

export function withPatience(scenario: Scenario, times: number): Scenario {
  const longer = ({ forS, endedBy }: Scenario["acts"][number]) => (endedBy === "playbook" ? forS * (times - 1) : 0);
  return {
    ...scenario,
    acts: scenario.acts.map((act) => ({ ...act, forS: act.forS + longer(act) })),
    giveUpS: scenario.giveUpS + scenario.acts.reduce((sum, act) => sum + longer(act), 0),
  };
}
