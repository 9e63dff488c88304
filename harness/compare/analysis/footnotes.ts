/** The numbered footnotes below the sentence: what was replaced, whose delays these are, what pairing bought, what A/A found. */
import { plural } from "../../words.js";
import type { Comparison, Design, Trial } from "../shapes.js";
import { wilson } from "../statistics/proportion.js";
import { isMain } from "./counted.js";
import { list, percent, sayNumber, sayP } from "./figures.js";

const invalidWords: Readonly<Record<NonNullable<Trial["invalid"]>["code"], string>> = {
  "fault-not-witnessed": "fault not witnessed",
  "not-steady": "foundation not steady before the fault",
  observer: "the observer itself stumbled",
  "cut-off": "cut off before its end",
  "broken-off": "broken off",
  helped: "helped before the cap",
};
export const sayInvalid = (code: keyof typeof invalidWords): string => invalidWords[code];

export function footnotesOf(
  design: Design,
  trials: readonly Trial[],
  found: Pick<Comparison, "sensitivity" | "pairingGain" | "aa" | "drift" | "screening">,
): string[] {
  const bad = trials.filter((trial) => isMain(trial) && trial.invalid);
  const codes = [...new Set(bad.map(({ invalid }) => invalid!.code))];
  const reasons = codes.map((code) => {
    const k = bad.filter(({ invalid }) => invalid!.code === code).length;
    return codes.length > 1 ? `${invalidWords[code]} (${k})` : invalidWords[code];
  });
  return [
    ...(bad.length > 0 ? [`${plural(bad.length, "trial")} replaced: ${list(reasons)}.`] : []),
    delays(design, found.sensitivity),
    ...(found.pairingGain ? [pairing(found.pairingGain)] : []),
    ...(found.aa ? [sayAa(found.aa)] : []),
    ...(found.screening
      ? [`Friedman’s test over all arms of the family: χ² ${sayNumber(found.screening.chiSquared)}, df ${found.screening.df}, p ${sayP(found.screening.p)}.`]
      : []),
    `Ratios are of lost seconds plus ${design.shiftS} s (the sampling period), so that 0 counts. Trials that did not recover are kept, censored at ${design.capS} s.`,
  ];
}

function delays({ operator }: Design, sensitivity: Comparison["sensitivity"]): string {
  const model = `Human delays are modelled (operator ${operator})`;
  if (sensitivity.length === 0) return `${model}; other delays were not tried.`;
  const said = (one: Comparison["sensitivity"][number]) => `× ${one.delays} (${one.how})`;
  const broken = sensitivity.filter(({ pairs }) => pairs.some(({ holds }) => !holds));
  if (broken.length === 0) return `${model}; the order holds at ${list(sensitivity.map(said))}.`;
  const turned = broken.flatMap((one) => one.pairs.filter(({ holds }) => !holds).map(({ a, b }) => `${a} against ${b} at ${said(one)}`));
  return `${model}; the order does not hold: it turns for ${list(turned)}.`;
}
function pairing({ r, variance }: NonNullable<Comparison["pairingGain"]>): string {
  return r <= 0 || variance <= 1
    ? `Pairing by seed and time bought nothing here: correlation within blocks ${r.toFixed(2)}.`
    : `Pairing by seed and time made differences ${sayNumber(variance)} × less variable: correlation within blocks ${r.toFixed(2)}.`;
}
export function sayAa({ blocks, of, n, falseAlarms, ratio, p }: NonNullable<Comparison["aa"]>): string {
  const found = `A/A: the same playbook twice in ${plural(blocks, "block")}, ratio ${sayNumber(ratio)}${p === null ? "" : `, p ${sayP(p)}`}`;
  if (n === 0) return `${found}; too few blocks for a rate of false alarms.`;
  if (n === 1) return `${found}; ${falseAlarms === 0 ? "no false alarm" : "a false alarm"}.`;
  const worth = Math.max(1, Math.floor(blocks / of));
  const { lo, hi } = wilson((falseAlarms / n) * worth, worth);
  const interval = `(worth ${plural(worth, "independent one")}: 95 % interval ${percent(lo)} to ${percent(hi)})`;
  return `${found}; false alarms in ${percent(falseAlarms / n)} of ${n} comparisons of ${of} blocks drawn from them ${interval}.`;
}
