/** The sections of report.html, one function each, from the top of the page to its foot. */
import type { Bounds, LostMust, MatrixCell, PlaneState } from "../../core.js";
import { reproFor, setupOf, setupWords } from "../../judge/setup.js";
import { badness, figure, laneName, middle, plural, sayCell, who } from "../../words.js";
import { type BarOf, barOf, rulerWords, sayBar, whisker } from "../charts/bars.js";
import { lanesChart, latencyChart, sizes } from "../charts/charts.js";
import { lanesInOrder } from "../charts/strips.js";
import { flags, sayStep } from "../steps.js";
import type { Story } from "../story.js";
import { boundsOf, datum, Markup, markup, type Piece, plainBounds, table } from "./markup.js";

const at = (us: number): string => `${(us / 1e6).toFixed(1)} s`;
const stamps = (atUs: readonly number[]): string =>
  atUs.length === 0 ? "" : ` at ${[...new Set(atUs.map(at))].slice(0, 4).join(", ")}${atUs.length > 4 ? " …" : ""}`;
const result = (word: string): Markup => markup`<span class="mark ${word}">${word}</span>`;
const swatch = (colour: string): Markup => markup`<span class="swatch" style="background:${colour}"></span>`;
/** One for each width; the page shows the one that fits. */
export const pictures = (draw: (size: (typeof sizes)[number]) => string): Markup =>
  new Markup(sizes.map((size) => `<div class="${size.name}">${draw(size)}</div>`).join(""));

export function top(story: Story): Markup {
  const { plan, verdict } = story;
  return markup`<header><div class="top"><span class="badge ${verdict.result}">${verdict.result.toUpperCase()}</span><b>${plan.name}</b><span class="soft">${plan.says}</span></div>
<h1>${story.sentence.replace(/(\d) s\b/g, "$1\u00a0s")}</h1>
<div class="meta"><span>seed ${datum("seed", verdict.seed, String(verdict.seed))}</span><span>${plan.system}, profile ${verdict.profile}, engine ${plan.engine}</span><span>platform timers ÷${plan.foundation.timeFactor}</span><span>started ${story.startedIso}</span><span>plan <code>${plan.digest}</code></span>${setupWords(setupOf(plan, story.events)).map(([name, value]) => markup`<span>${name} ${value}</span>`)}</div></header>`;
}

const barWords = (story: Story, of: BarOf, bounds: Bounds): string => sayBar(bounds, barOf(story, of, bounds));

export function tiles(story: Story): Markup {
  const { verdict } = story;
  return markup`<div class="tiles">${lanesInOrder.map(({ plane, from }) => {
    const bounds = verdict.lostS[plane][from];
    const path = `lostS.${plane}.${from}`;
    return markup`<div class="tile"><span class="soft">${laneName(plane, from)}</span><b class="${bounds.hi > 0 ? "bad" : "good"}">${figure(middle(bounds))} <small>s lost</small></b><span class="soft">bounds ${datum(`${path}.lo`, bounds.lo)}–${datum(`${path}.hi`, bounds.hi)}${barWords(story, { plane, from, within: story.run }, bounds)}</span>${whisker(story, { plane, from })}</div>`;
  })}</div>`;
}

export function lanes(story: Story): Markup {
  const has = (kind: string) => story.events.some((event) => event.kind === kind);
  return markup`<section><h2>Who was served, and when</h2><p class="soft">Red is the share of requests that were lost, from the foot of a lane (some) to its top (all). A band shows where readings prove that a fault held; its edges are blurred to their bounds. Seconds of the run${story.acts.some((act) => act.clock) ? "; the scenario’s own clock stands with each act" : ""}.</p>
<figure>${pictures((size) => lanesChart(story, size))}</figure>
<ul class="legend"><li><i style="background:var(--ok)"></i>served</li><li><i style="background:var(--lost)"></i>lost</li>${story.acts.map(
    (act) =>
      markup`<li><i style="background:${act.colour};opacity:.6"></i>${act.id}: ${act.fault} on ${sayTargets(act.targets)}${act.clock ? `, ${act.clock}` : ""}</li>`,
  )}${has("step") ? markup`<li>▸ step, numbered as below</li>` : ""}${has("alarm") ? markup`<li><i style="background:var(--alarm);width:4px"></i>alarm</li>` : ""}${has("trouble") ? markup`<li><i style="background:var(--trouble);width:4px"></i>trouble</li>` : ""}</ul></section>`;
}
const sayTargets = (targets: readonly string[]): string => (targets.length <= 2 ? targets.join(", ") : plural(targets.length, "target"));

const mayLose = ({ lostS: { min, max }, notBeforeS }: LostMust): string =>
  [
    ...(min === undefined ? [] : [`≥ ${min}`]),
    ...(max === undefined ? [] : [`≤ ${max}`]),
    ...(notBeforeS === undefined ? [] : [`not before ${notBeforeS} s`]),
  ].join(", ");
const lostWords = (story: Story, { during, plane, from, op }: LostMust, measured: Bounds | undefined) => {
  const within = during === undefined ? story.run : story.acts.find((act) => act.id === during)?.window;
  return measured ? plainBounds(measured, barWords(story, { plane, from, op, within }, measured)) : "not measured";
};

export function lostTable(story: Story): Markup {
  const columns = [{ title: "act" }, ...lanesInOrder.map(({ plane, from }) => ({ title: laneName(plane, from), figures: true }))];
  const rows = [
    ...story.acts.map((act, i) => ({
      cells: [
        markup`${swatch(act.colour)}${act.id}`,
        ...lanesInOrder.map(({ plane, from }) => {
          const bounds = act.lostS[plane][from];
          return boundsOf(`acts.${i}.lostS.${plane}.${from}`, bounds, barWords(story, { plane, from, within: act.window }, bounds));
        }),
      ],
    })),
    {
      cells: [
        markup`<b>whole run</b>`,
        ...lanesInOrder.map(({ plane, from }) => {
          const bounds = story.verdict.lostS[plane][from];
          return boundsOf(`lostS.${plane}.${from}`, bounds, barWords(story, { plane, from, within: story.run }, bounds));
        }),
      ],
    },
  ];
  const musts = story.musts.map(({ must, measured, ...held }) => ({
    cells: [
      result(held.result),
      must.during ?? "whole run",
      ...("alarm" in must
        ? ["monitoring", `alarm ${must.alarm}`, "–"]
        : [`${must.op ?? who(must.plane)}, ${must.from}`, mayLose(must), lostWords(story, must, measured)]),
    ],
  }));
  return markup`<section><h2>Lost seconds</h2><p class="soft">Time without service, the mean over a lane’s probes, with the bounds that their periods leave open${story.ruler.is === "known" ? "; in brackets the error bar, where the ruler’s own error makes it wider (see Calibration, below)" : ""}. An act’s window reaches from its injection to the next act’s.</p>${table(columns, rows)}
<h3>What must hold</h3>${table([{ title: "" }, { title: "act" }, { title: "who" }, { title: "may lose, s", figures: true }, { title: "lost, s", figures: true }], musts)}</section>`;
}

export function matrix(story: Story): Markup {
  const { verdict, worstCell } = story;
  const total = verdict.matrix.reduce((sum, cell) => sum + cell.seconds, 0) || 1;
  const state = (word: PlaneState) => markup`<span class="state ${word}">${word}</span>`;
  const rowOf = (cell: MatrixCell) => ({
    mark: cell === worstCell ? "worst" : undefined,
    cells: [
      state(cell.outside.control),
      state(cell.outside.data),
      state(cell.inside.control),
      state(cell.inside.data),
      datum(`matrix.${verdict.matrix.indexOf(cell)}.seconds`, cell.seconds, figure(cell.seconds)),
      markup`<span class="bar${badness(cell) === 0 ? " calm" : ""}" style="width:${((cell.seconds / total) * 100).toFixed(2)}%"></span>${cell === worstCell ? markup`<b>${sayCell(cell)}</b>` : sayCell(cell)}`,
    ],
  });
  const columns = [
    { title: "outside: developers" },
    { title: "outside: app users" },
    { title: "inside: developers" },
    { title: "inside: app users" },
    { title: "seconds", figures: true },
    { title: "which means" },
  ];
  const cells = [...verdict.matrix].sort((a, b) => b.seconds - a.seconds);
  const brief = cells.filter((cell) => cell.seconds < briefS);
  const named = worstCell
    ? markup`<p>Most of the bad time: <b>${sayCell(worstCell)}</b>, ${figure(worstCell.seconds)} s.</p>`
    : markup`<p>Everything was up all the time.</p>`;
  const rest =
    brief.length > 0
      ? markup`<details><summary>${plural(brief.length, "passing state")}, each under ${briefS} s</summary>${table(columns, brief.map(rowOf))}</details>`
      : undefined;
  return markup`<section><h2>Plane matrix</h2>${named}${table(columns, cells.filter((cell) => cell.seconds >= briefS).map(rowOf))}${rest}</section>`;
}
/** States shorter than this are edges of longer ones: one probe sees it sooner than another. */
const briefS = 0.5;

/** Three configurations of one sign, side by side: in April 2011 they did not agree. */
export function thresholds({ plan }: Story): Markup | "" {
  const rows = (plan.foresight ?? []).map((sign) => {
    const late = sign.alarmS === null || (sign.tooLateS !== null && sign.alarmS >= sign.tooLateS);
    const s = (value: number | null, never: string) => (value === null ? never : figure(value));
    return {
      mark: late ? "worst" : undefined,
      cells: [
        sign.says,
        s(sign.alarmS, "never"),
        s(sign.failOverS, "–"),
        sign.trigger ? "waited for" : "–",
        s(sign.tooLateS, "–"),
        late ? markup`<b>too late</b>` : "in time",
      ],
    };
  });
  if (rows.length === 0) return "";
  const columns = [
    { title: "sign" },
    { title: "alarm after, s", figures: true },
    { title: "fail-over after, s", figures: true },
    { title: "early playbook" },
    { title: "damage done after, s", figures: true },
    { title: "the alarm comes" },
  ];
  const warnings = plan.warnings.map((warning) => markup`<p class="inconclusive">${warning}</p>`);
  return markup`<section><h2>Three thresholds</h2><p class="soft">Seconds from a sign until its alarm is raised, until software acts by itself, and until the damage is done; and the alarm that the playbook for early detection waits for. Each may be sensible alone.</p>${warnings}${table(columns, rows)}</section>`;
}

export function operations(story: Story): Markup {
  const { verdict } = story;
  const vantages = ["outside", "inside"] as const;
  const rows = Object.entries(verdict.operations).map(([name, of]) => ({
    cells: [
      name,
      ...vantages.flatMap((from): Piece[] => {
        const path = `operations.${name}.${from}`;
        const { ok, bad } = of[from];
        return ok + bad === 0
          ? ["not asked", ""]
          : [
              boundsOf(path, of[from], barWords(story, { plane: "control", from, op: name, within: story.run }, of[from])),
              markup`${datum(`${path}.bad`, bad, String(bad))} / ${ok + bad}`,
            ];
      }),
    ],
  }));
  return markup`<section><h2>What developers tried</h2>${table(
    [
      { title: "operation" },
      { title: "lost s, outside", figures: true },
      { title: "bad / asked", figures: true },
      { title: "lost s, inside", figures: true },
      { title: "bad / asked", figures: true },
    ],
    rows,
  )}</section>`;
}

export function latencies(story: Story): Markup {
  return markup`<section><h2>How long answers took</h2><p class="soft">Good answers only, from the instant they were due: the line is the median, the shade reaches to the 99th percentile. A gap is time without a good answer.</p>
<ul class="legend"><li><i style="background:var(--outside)"></i>outside</li><li><i style="background:var(--inside)"></i>inside</li></ul>
${(["control", "data"] as const).map((plane) => markup`<h3>${plane === "control" ? "Developers" : "App users"}</h3><figure>${pictures((size) => latencyChart(story, plane, size))}</figure>`)}</section>`;
}

export function happened(story: Story): Markup {
  const numbered = new Map(flags(story.events.filter(({ atUs }) => atUs >= story.shown.fromUs && atUs <= story.shown.toUs)).map((event, i) => [event, i + 1]));
  const rows = story.events.flatMap((event) => {
    const row = (what: string, kind: string) => [{ cells: [at(event.atUs), kind, what] }];
    if (event.kind === "phase") return row(event.phase, "phase");
    if (event.kind === "act") return row(`${event.act} ${event.state}`, "act");
    if (event.kind === "detected") return row(`${event.procedure}: ${event.says}`, "detected");
    if (event.kind === "audit") return row(`${event.verb} on ${event.on}, by ${event.who}: ${event.ok ? "" : "REFUSED, "}${event.says}`, "audit");
    if (event.kind === "step" && event.state !== "due") {
      const number = numbered.get(event);
      const came = event.came ? `: ${event.came}` : "";
      return row(
        `${number === undefined ? "" : `▸${number} `}${sayStep(story.plan, event)}${event.state === "done" ? came : ` (${event.state}${came})`}`,
        `step, ${event.by}`,
      );
    }
    if (event.kind === "alarm" || event.kind === "trouble") return row(`${event.from}: ${event.says}`, event.kind);
    if (event.kind === "aborted") return row(event.why, "aborted");
    if (event.kind === "foreign") return row(event.says, "somebody else");
    return [];
  });
  return markup`<section><details><summary>What happened, line by line</summary>${table([{ title: "run" }, { title: "kind" }, { title: "what" }], rows)}</details></section>`;
}

export function proof({ verdict, checks }: Story): Markup {
  const { receipts, ledger } = verdict;
  const interval = (of: { lo: number; hi: number } | null) =>
    of ? `${(of.lo / 1e6).toFixed(2)}–${(of.hi / 1e6).toFixed(2)} s` : markup`<span class="fail">never seen</span>`;
  const order = { fail: 0, aborted: 1, inconclusive: 2, pass: 3 } as const;
  const findings = checks.flatMap((check) => check.findings).sort((a, b) => order[a.result] - order[b.result]);
  return markup`<section><h2>Findings</h2><ul class="findings">${findings.map((finding) => markup`<li><span>${result(finding.result)}</span><span>${finding.says}<span class="soft">${stamps(finding.atUs)}</span></span></li>`)}</ul></section>
<section><h2>Proof</h2><p>Receipts: ${datum("receipts.bit", receipts.bit, String(receipts.bit))} of ${datum("receipts.of", receipts.of, String(receipts.of))} faults were seen to bite, ${datum("receipts.healed", receipts.healed, String(receipts.healed))} to be healed.
Ledger: ${datum("ledger.acknowledged", ledger.acknowledged, String(ledger.acknowledged))} writes were acknowledged, ${ledger.missing.length === 0 ? "none is missing" : markup`<b class="fail">${ledger.missing.length} missing: ${ledger.missing.slice(0, 5).join(", ")}</b>`}.</p>
<details><summary>Receipts, one by one</summary>${table(
    [{ title: "fault" }, { title: "target" }, { title: "act" }, { title: "bit between", figures: true }, { title: "healed between", figures: true }],
    receipts.each.map((receipt) => ({ cells: [receipt.fault, receipt.target, receipt.act, interval(receipt.bitUs), interval(receipt.healedUs)] })),
  )}</details></section>`;
}

export function foot(story: Story): Markup {
  const { plan, verdict } = story;
  const health = story.events.filter((event) => event.kind === "observer");
  const [first, last] = [health[0], health.at(-1)];
  const core = first && last && last.atUs > first.atUs ? ((last.cpuUs - first.cpuUs) / (last.atUs - first.atUs)) * 100 : undefined;
  const factor = plan.foundation.timeFactor;
  return markup`<footer><p><b>Observer.</b> ${datum("observerFaults", verdict.observerFaults, (verdict.observerFaults * 100).toFixed(2))} % of the samples were lost to the observer itself and are excluded; over 1 % the run would be inconclusive. ${last ? `The prober used ${core === undefined ? "an unknown share" : `${core.toFixed(1)} %`} of one core and asked ${(last.latenessP50Us / 1000).toFixed(1)} ms late at the median, ${(last.latenessP99Us / 1000).toFixed(1)} ms at the 99th percentile.` : ""} ${story.cuts.map((cut) => `Note: ${cut}. `)}</p>
<p><b>Calibration.</b> ${rulerWords(story)}</p>
<p><b>Time factor ${factor}.</b> It divides the platform’s long timers only (route expiry, heartbeats, scans …). It scales nothing that was measured: no seconds here are multiplied back. Processes, TCP, clients’ back-off and anything under a second run at their own pace. ${story.acts.some((act) => act.clock) ? "Clock labels such as 05:45 are the scenario’s own." : ""}</p>
<p><b>Again, with the same choices:</b></p><pre>${reproFor(plan, setupOf(plan, story.events))}</pre>
<p>Made by Flounder ${story.flounder} from plan.json, timeline.jsonl and samples.jsonl.gz beside this file; <code>flounder judge</code> makes it again, byte for byte. verdict.json is embedded in this page.</p></footer>`;
}
