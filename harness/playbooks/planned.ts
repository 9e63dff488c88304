/** A playbook as pure data for a plan: its words, its conditions, and every human delay drawn by the seed. */
import type { Foresight, PlannedProcedure, PlannedStep, Playbook } from "../core.js";
import { FlounderError } from "../errors.js";
import type { Random } from "../random.js";
import { sayCondition } from "./conditions.js";

/**
 * Human delays are log-normal about their median: people are seldom much faster than usual, and sometimes much slower. The width is our choice; analyses
 * of a comparison try half and double of the whole delay.
 */
const sigma = 0.25;
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export const plannedProcedures = ({ procedures }: Playbook, random: Random): readonly PlannedProcedure[] =>
  procedures.map(({ name, detect, steps }) => ({
    name,
    detect,
    steps: steps.map(({ say, does, humanS, guard, until, limitS }): PlannedStep => {
      // Drawn for each step, asked or not, so that a delay which is added leaves the others as they were.
      const factor = Math.exp(sigma * normal(random));
      return {
        say,
        does,
        humanS: Math.round((humanS ?? 0) * factor * 1000) / 1000,
        limitS,
        ...(guard === undefined ? {} : { guard }),
        ...(until === undefined ? {} : { until }),
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
