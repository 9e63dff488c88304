/** A playbook as pure data for a plan: its words, its conditions, and every human delay drawn by the seed. */
import type { Foresight, OperatorModel, PlannedProcedure, PlannedStep, Playbook } from "../core.js";
import { FlounderError } from "../errors.js";
import type { Random } from "../random.js";
import { sayCondition } from "./conditions.js";
import { delayS, slipOf, usual } from "./operator-model.js";

export const plannedProcedures = ({ procedures }: Playbook, random: Random, operator: OperatorModel = usual): readonly PlannedProcedure[] =>
  procedures.map(({ name, detect, steps }) => ({
    name,
    detect,
    steps: steps.map(({ say, does, humanS, guard, until, limitS }): PlannedStep => {
      const delay = delayS(humanS ?? 0, operator, random);
      const slip = slipOf(operator, random);
      return {
        say,
        does,
        humanS: delay,
        limitS,
        ...(guard === undefined ? {} : { guard }),
        ...(until === undefined ? {} : { until }),
        ...(slip === undefined ? {} : { slip }),
      };
    }),
  }));

/** Each alarm that a procedure waits for and that the platform, as it is configured, does not give in time. */
export function lateAlarms(procedures: readonly PlannedProcedure[], foresight: readonly Foresight[]): readonly string[] {
  return procedures.flatMap(({ name, detect }) => {
    if (!("alarm" in detect)) return [];
    const row = foresight.find((one) => one.alarm === detect.alarm);
    const waits = `the playbook's "${name}" waits for ${sayCondition(detect)}`;
    if (!row) return [`${waits}, which nobody gives`];
    if (row.alarmS === null) return [`${waits}, which is switched off`];
    if (row.tooLateS !== null && row.alarmS >= row.tooLateS)
      return [`${waits}, which comes ${row.alarmS} s after its sign (${row.says}); the damage is done after ${row.tooLateS} s`];
    return [];
  });
}

/** A plan carries a playbook's words; what is played must be what was planned. */
export function refuseOther(planned: readonly PlannedProcedure[], playbook: Playbook): void {
  const words = (procedures: readonly { readonly name: string; readonly steps: readonly { readonly say: string }[] }[]) =>
    JSON.stringify(procedures.map(({ name, steps }) => [name, steps.map(({ say }) => say)]));
  if (words(planned) !== words(playbook.procedures))
    throw new FlounderError(
      "plan",
      `the playbook "${playbook.name}" is not the one that was planned: its steps have changed`,
      "make the plan anew with flounder plan",
    );
}
