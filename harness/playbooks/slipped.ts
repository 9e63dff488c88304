/** A step as slipping hands do it: the step that is meant stays the one that is told, something else is done. */
import type { PlannedSlip, Playbook, SlipperyConsole, Step } from "../core.js";

export function slipped(step: Step, slip: PlannedSlip | undefined, playbook: Playbook): Step {
  if (!slip) return step;
  const { kind, draw } = slip;
  if (kind === "skipped") return { ...step, run: async () => "" };
  if (kind === "repeated") {
    const { run } = step;
    return run ? { ...step, run: async (console) => `${await run.call(step, console)}; and again: ${await run.call(step, console)}` } : step;
  }
  if (kind === "wrong-step") {
    const others = playbook.procedures.flatMap(({ steps }) => steps).filter((one) => one.run && one.say !== step.say);
    const other = others[Math.floor(draw * others.length)];
    return other?.run ? { ...step, run: async (console) => `"${other.say}" instead: ${await other.run!.call(other, console)}` } : step;
  }
  return { ...step, run: (console) => (isSlippery(console) ? console.slip(kind, draw) : Promise.resolve("")) };
}

const isSlippery = (console: unknown): console is SlipperyConsole =>
  typeof console === "object" && console !== null && typeof (console as Partial<SlipperyConsole>).slip === "function";
