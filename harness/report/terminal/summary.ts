/** The last lines of a run in the terminal: lost seconds, clocks, receipts, what decided it. Plain text; terminal.ts colours it. */
import type { Bounds, Plan, Verdict } from "../../core.js";
import { figure, middle, plural, range } from "../../words.js";
import { loadLines } from "../load-words.js";

const bounds = (b: Bounds): string => (b.hi === 0 ? "0.0" : `${figure(middle(b))} [${range(b)}]`);

export function summaryLines(plan: Plan, verdict: Verdict): string[] {
  const { lostS } = verdict;
  const inside =
    lostS.control.inside.hi === 0 && lostS.data.inside.hi === 0 ? "0.0" : `developers ${bounds(lostS.control.inside)}, apps ${bounds(lostS.data.inside)}`;
  const width = Math.max(...plan.acts.map((act) => act.id.length), 4);
  const clock = (s: number | null, word: string): string => (s === null ? `never ${word}` : `${word} ${figure(s)} s`);
  return [
    `lost seconds   developers outside ${bounds(lostS.control.outside)} · app users outside ${bounds(lostS.data.outside)} · inside ${inside}`,
    ...verdict.acts.map(({ act, lostS: lost }) => {
      const recovery = verdict.recovery.find((one) => one.act === act);
      const clocks = recovery
        ? ` · ${recovery.detectedS === null ? "no alarm" : clock(recovery.detectedS, recovery.steps.length > 0 ? "detected" : "alarm")}, ${clock(recovery.healedS, "healed")}, ${clock(recovery.stableS, "stable")}`
        : "";
      return `  ${act.padEnd(width)}   developers ${bounds(lost.control.outside)} · app users ${bounds(lost.data.outside)}${clocks}`;
    }),
    ...verdict.recovery.flatMap(({ act, steps, detectedS, humanS, machineS }) => {
      if (steps.length === 0) return [];
      const kinds = [...new Set(steps.map(({ does }) => does))].filter((does) => does !== "decide");
      const took = (does: string) => steps.filter((step) => step.does === does).reduce((sum, step) => sum + step.machineS, 0);
      const most = Math.max(...kinds.map(took));
      const parts = kinds.map((does) =>
        took(does) === most ? `${does.toUpperCase()} ${figure(most)} (${Math.round((100 * most) / (humanS + machineS))} %)` : `${does} ${figure(took(does))}`,
      );
      return [
        `  ${act.padEnd(width)}   ${detectedS === null ? "never detected" : `detect ${figure(detectedS)} s`} · people ${figure(humanS)} · ${parts.join(" · ")}`,
      ];
    }),
    ...loadLines(verdict),
    [
      `receipts ${verdict.receipts.bit}/${verdict.receipts.of} bit, ${verdict.receipts.healed}/${verdict.receipts.of} healed`,
      `${plural(verdict.ledger.acknowledged, "write")} acknowledged, ${verdict.ledger.missing.length} missing`,
      verdict.findings.find((finding) => finding.says.startsWith("fingerprint"))?.says ?? "no fingerprint",
      `observer faults ${(verdict.observerFaults * 100).toFixed(1)} %`,
    ].join(" · "),
    ...verdict.findings
      .filter((finding) => finding.result !== "pass")
      .map(({ result, says }) => `  ${says.startsWith(`${result}: `) ? says : `${result}: ${says}`}`),
  ];
}
