/** Early detection and prevention: a supply that is not as it should be is reason enough to move its LUNs before they are lost. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "fail-over-on-flicker",
  says: "bets on the first sign: a flickering supply is enough to move its silent LUNs to their mirrors; then power is restored",
  // Under the thresholds of 2011 nobody is woken for one supply: the alarm would come after the damage.
  policy: { "monitor.thresholds": "early-alarm" },
  procedures: [
    {
      name: "a supply flickers",
      detect: { alarm: "supply" },
      steps: [
        { say: "fail over what does not answer", does: "prevent", humanS: 1, run: (operator) => operator.failOverSilent(), limitS: 20 },
        { say: "restore the cabinet's power", does: "restore", humanS: 4, run: (operator) => operator.restorePower(), limitS: 20 },
        { say: "verify every blob", does: "verify", run: (operator) => operator.verify(), limitS: 60 },
      ],
    },
  ],
} satisfies Playbook<Operator>;
