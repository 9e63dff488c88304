/** report.md: the report for a terminal, a pull request, a chat. */
import type { Bounds, LoadVerdict } from "../core.js";
import { reproFor, setupOf, setupWords } from "../judge/setup.js";
import { sayLoad } from "../load/words.js";
import type { Window } from "../measure/windows.js";
import { figure, laneName, middle, range, sayCell } from "../words.js";
import { type BarOf, barOf, rulerWords, sayBar } from "./charts/bars.js";
import { lanesInOrder } from "./charts/strips.js";
import { loadColumns, loadRows, sayEnd } from "./load-words.js";
import type { Story } from "./story.js";

const marks = { pass: "✅", fail: "❌", inconclusive: "❔", aborted: "⏹" } as const;

export function markdown(story: Story): string {
  const { plan, verdict, acts, checks } = story;
  const bounds = (b: Bounds, of: BarOf) => (b.hi === 0 ? "0" : `${figure(middle(b))} [${range(b)}]${sayBar(b, barOf(story, of, b))}`);
  const windowOf = (during: string | undefined) => (during === undefined ? story.run : acts.find((act) => act.id === during)?.window);
  const lanes = lanesInOrder.map(({ plane, from }) => laneName(plane, from));
  const lost = (of: typeof verdict.lostS, within: Window | undefined) =>
    lanesInOrder.map(({ plane, from }) => bounds(of[plane][from], { plane, from, within }));
  const setup = setupOf(plan, story.events);
  const all: string[][] = [
    [`# ${marks[verdict.result]} ${verdict.result.toUpperCase()}: ${plan.name}, seed ${plan.seed}`],
    [story.sentence],
    [
      `${plan.system} ${verdict.profile} on engine ${plan.engine}, platform timers ÷${plan.foundation.timeFactor}, plan \`${plan.digest}\`, started ${story.startedIso}.`,
    ],
    [
      setupWords(setup)
        .map(([name, value]) => `${name}: ${escaped(value)}`)
        .join(" · "),
    ],
    [
      "## Lost seconds",
      "",
      ...table(["act", ...lanes], [...acts.map((act) => [act.id, ...lost(act.lostS, act.window)]), ["**whole run**", ...lost(verdict.lostS, story.run)]]),
    ],
    [
      "## What must hold",
      "",
      ...table(
        ["", "must", "measured"],
        story.musts.map(({ result, says, measured, must }) => [
          marks[result],
          says,
          "alarm" in must ? "" : measured ? `${bounds(measured, { ...must, within: windowOf(must.during) })} s` : "not measured",
        ]),
      ),
    ],
    [
      "## Plane matrix",
      "",
      ...table(
        ["outside: developers", "app users", "inside: developers", "app users", "seconds", ""],
        verdict.matrix.map((cell) => [
          cell.outside.control,
          cell.outside.data,
          cell.inside.control,
          cell.inside.data,
          figure(cell.seconds),
          cell === story.worstCell ? `**${sayCell(cell)}**` : sayCell(cell),
        ]),
      ),
    ],
    [
      "## Control-plane operations",
      "",
      ...table(
        ["operation", "lost s outside", "bad/all", "lost s inside", "bad/all"],
        Object.entries(verdict.operations).map(([name, { outside, inside }]) => [
          name,
          bounds(outside, { plane: "control", from: "outside", op: name, within: story.run }),
          `${outside.bad}/${outside.ok + outside.bad}`,
          bounds(inside, { plane: "control", from: "inside", op: name, within: story.run }),
          `${inside.bad}/${inside.ok + inside.bad}`,
        ]),
      ),
    ],
    [
      "## Recovery clock",
      "",
      ...table(
        ["act", "detected s", "decided s", "restored s", "verified s", "healed s", "stable s", "people s", "machines s"],
        verdict.recovery.map((r) => [
          r.censored ? `${r.act} (censored)` : r.act,
          ...[r.detectedS, r.decidedS, r.restoredS, r.verifiedS, r.healedS, r.stableS].map((s) => (s === null ? "–" : figure(s))),
          figure(r.humanS),
          figure(r.machineS),
        ]),
      ),
    ],
    ...(verdict.load ? [loadPart(verdict.load)] : []),
    [
      "## Findings",
      "",
      ...checks.flatMap((check) => check.findings.map((finding) => `- ${marks[finding.result]} ${escaped(finding.says)}${evidence(finding.atUs)}`)),
    ],
    [
      `Receipts ${verdict.receipts.bit}/${verdict.receipts.of} bit, ${verdict.receipts.healed}/${verdict.receipts.of} healed. Writes: ${verdict.ledger.acknowledged} acknowledged, ${verdict.ledger.missing.length} missing. Observer faults ${(verdict.observerFaults * 100).toFixed(2)} %.`,
    ],
    [
      `Calibration: ${escaped(rulerWords(story))}${story.ruler.is === "known" ? " Where that makes a difference, the error bar stands in brackets behind the bounds." : ""}`,
    ],
    ...(story.cuts.length > 0 ? [story.cuts.map((cut) => `Note: ${cut}.`)] : []),
    [`Repro: \`${reproFor(plan, setup)}\``],
  ];
  return `${all.map((part) => part.join("\n")).join("\n\n")}\n`;
}

/** The tool's own figures, apart from the probes'. */
const loadPart = (load: LoadVerdict): string[] => [
  `## Load: ${sayLoad(load)}`,
  "",
  ...(load.tool === "k6"
    ? table(
        ["", ...loadColumns],
        loadRows(load).map(({ when, cells }) => [when, ...cells]),
      )
    : [sayEnd(load)]),
];

const escaped = (text: string): string => text.replace(/[|*_`<>]/g, "\\$&");
const evidence = (atUs: readonly number[]): string =>
  atUs.length === 0
    ? ""
    : ` (at ${atUs
        .slice(0, 4)
        .map((us) => (us / 1e6).toFixed(1))
        .join(", ")}${atUs.length > 4 ? " …" : ""} s)`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(" | ")} |`,
  `|${head.map(() => "---").join("|")}|`,
  ...rows.map((row) => `| ${row.join(" | ")} |`),
];
