/** A playbook on paper: what a person reads, with nothing in hand that could touch a foundation. */
import type { Playbook } from "../core.js";
import { sayCondition } from "./conditions.js";

/** Markdown. Takes a playbook and nothing else: no console, no engine, no client. */
export function paper({ name, says, procedures }: Playbook): string {
  const parts = procedures.map(({ name: procedure, detect, steps }) => {
    const lines = steps.map((step, i) =>
      [
        `${i + 1}. **${step.say}** (${step.does}; give up after ${step.limitS} s${step.humanS ? `; a person takes about ${step.humanS} s` : ""})`,
        ...(step.guard ? [`   - only when: ${sayCondition(step.guard)}`] : []),
        ...(step.until ? [`   - done when: ${sayCondition(step.until)}`] : []),
      ].join("\n"),
    );
    return `## ${procedure}\n\nBegin at ${sayCondition(detect)}.\n\n${lines.join("\n")}\n`;
  });
  return `# Playbook ${name}\n\n${says}\n\n${parts.length > 0 ? parts.join("\n") : "Nobody does anything.\n"}`;
}
