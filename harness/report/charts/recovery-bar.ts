/** The recovery clock as one stacked bar per act: what passed before anybody noticed, what people took, and what each kind of step took. */
import type { RecoveryClock, Step } from "../../core.js";
import { figure } from "../../words.js";
import { datum, type Markup, markup, table } from "../html/markup.js";
import type { ActStory, Story } from "../story.js";

interface Segment {
  readonly kind: string;
  readonly fromS: number;
  readonly toS: number;
  readonly says: string;
}
const names: Readonly<Record<string, string>> = {
  undetected: "nobody has noticed",
  hurt: "fault held",
  held: "fault held, service was back",
  settling: "not yet stable",
  human: "people decide",
  prevent: "prevent",
  restore: "restore",
  verify: "verify",
  release: "release",
};

export function recovery(story: Story): Markup {
  const known = story.acts.flatMap((act) => (act.recovery ? [{ act, clock: act.recovery, segments: segmentsOf(act, act.recovery) }] : []));
  const longest = Math.max(1, ...known.map(({ segments }) => segments.at(-1)?.toS ?? 0));
  const rows = known.map(({ act, clock, segments }) => {
    const parts = segments.map(
      ({ kind, fromS, toS, says }) => markup`<span class="${kind}" title="${says}" style="width:${(((toS - fromS) / longest) * 100).toFixed(2)}%"></span>`,
    );
    return markup`<div><i class="swatch" style="background:${act.colour}"></i>${act.id}</div><div class="stack">${parts}</div><div class="says">${sayClock(story, clock)}</div>`;
  });
  const shown = new Set(known.flatMap(({ segments }) => segments.map(({ kind }) => kind)));
  const legend = Object.entries(names).flatMap(([kind, says]) => (shown.has(kind) ? [markup`<li><i class="${kind}"></i>${says}</li>`] : []));
  return markup`<section><h2>Recovery clock</h2><p class="soft">Seconds from each act’s injection until somebody noticed, through the steps that were taken, to the last good answer that somebody had to wait for. What people took is a seeded model’s, apart from what machines took.</p>
<ul class="legend">${legend}</ul><div class="clock">${rows}</div>${stepsTable(known.map(({ clock }) => clock))}</section>`;
}

function sayClock(story: Story, clock: RecoveryClock): Markup {
  const path = `recovery.${story.verdict.recovery.indexOf(clock)}`;
  const say = (name: "detectedS" | "healedS" | "stableS", word: string, never: string) =>
    clock[name] === null ? never : markup`${word} ${datum(`${path}.${name}`, clock[name])} s`;
  const stable = clock.stableS === 0 ? markup`nobody was hurt${datum(`${path}.stableS`, 0, "")}` : say("stableS", "stable after", "never stable");
  const edges = markup`${say("detectedS", clock.steps.length > 0 ? "detected after" : "alarm after", "not detected")} · ${say("healedS", "healed after", "never healed")} · ${stable}`;
  const censored = clock.censored ? markup` · <b class="inconclusive">ended by its rail: censored</b>` : "";
  if (clock.steps.length === 0) return markup`${edges}${censored}`;
  const people = markup` · people ${datum(`${path}.humanS`, clock.humanS)} s`;
  return markup`${edges}${people} · ${sayShares(clock)}${censored}`;
}

/** "restore 0.1 s · VERIFY 14.2 s (82 %)": the kind of step that took most of the machines' time is shouted. */
function sayShares({ steps, machineS }: RecoveryClock): string {
  const kinds = [...new Set(steps.map(({ does }) => does))].filter((does) => does !== "decide");
  const took = (does: Step["does"]) => steps.filter((step) => step.does === does).reduce((sum, step) => sum + step.machineS, 0);
  const most = Math.max(...kinds.map(took));
  return kinds
    .map((does) =>
      took(does) === most && machineS > 0
        ? `${does.toUpperCase()} ${figure(took(does))} s (${Math.round((took(does) / machineS) * 100)} % of the machines’ time)`
        : `${does} ${figure(took(does))} s`,
    )
    .join(" · ");
}

function stepsTable(clocks: readonly RecoveryClock[]): Markup | "" {
  const rows = clocks.flatMap(({ act, steps }) =>
    steps.map((step) => ({
      cells: [
        act,
        `${step.procedure} ${step.step}: ${step.says}`,
        figure(step.humanS),
        figure(step.machineS),
        step.state === "done" ? step.came || "done" : `${step.state}: ${step.came}`,
      ],
    })),
  );
  if (rows.length === 0) return "";
  const columns = [
    { title: "act" },
    { title: "step" },
    { title: "people, s", figures: true },
    { title: "machines, s", figures: true },
    { title: "what came of it" },
  ];
  return markup`<h3>The playbook, step by step</h3>${table(columns, rows)}`;
}

/** The clock of an act as one bar; an instant that never came is put at the end of the act's window. */
function segmentsOf(act: ActStory, clock: RecoveryClock): readonly Segment[] {
  const endS = act.window ? (act.window.toUs - act.window.fromUs) / 1e6 : 0;
  const healed = clock.healedS ?? endS;
  const stable = clock.stableS ?? endS;
  return clock.steps.length > 0 && clock.detectedS !== null ? throughSteps(clock, clock.detectedS, stable) : withoutSteps(clock.detectedS, healed, stable);
}

function throughSteps({ steps }: RecoveryClock, detectedS: number, stable: number): readonly Segment[] {
  const segments: Segment[] = [{ kind: "undetected", fromS: 0, toS: detectedS, says: `nobody has noticed: ${figure(detectedS)} s` }];
  let at = detectedS;
  const add = (kind: string, lasts: number, says: string) => {
    if (lasts > 0) segments.push({ kind, fromS: at, toS: at + lasts, says: `${says}: ${figure(lasts)} s` });
    at += lasts;
  };
  for (const step of steps) {
    add("human", step.humanS, `people, before “${step.says}”`);
    add(step.does === "decide" ? "human" : step.does, step.machineS, step.says);
  }
  if (stable > at) add("settling", stable - at, "not yet stable");
  return segments;
}

function withoutSteps(detectedS: number | null, healed: number, stable: number): readonly Segment[] {
  const instants = [...new Set([0, detectedS ?? 0, healed, stable])].sort((a, b) => a - b).filter((s) => s <= Math.max(healed, stable));
  return instants.slice(1).map((toS, i) => {
    const fromS = instants[i]!;
    const kind = fromS >= stable ? "held" : fromS >= healed ? "settling" : detectedS !== null && toS <= detectedS ? "undetected" : "hurt";
    return { kind, fromS, toS, says: `${names[kind]}: ${figure(toS - fromS)} s` };
  });
}
