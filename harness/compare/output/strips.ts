/** One row per trial, its lanes small: so a reader sees what happened. Each row is a picture without text, which may stretch with the page. */
import { boundsOf, Markup, markup, type Piece } from "../../report/html/markup.js";
import { laneName } from "../../words.js";
import { peopleArm, untested } from "../analysis/people.js";
import type { TrialStrip } from "../shapes.js";
import type { Report } from "./report.js";

const [laneH, width] = [7, 1000];

export function strips({ comparison, strips = [] }: Report): Markup | "" {
  if (strips.length === 0) return "";
  const toS = Math.max(...strips.map((strip) => strip.toS));
  const lanes = strips[0]!.lanes.map(({ plane, from }) => laneName(plane, from));
  const rows = comparison.arms.flatMap(({ arm }): Piece[] => {
    const own = comparison.blocks.flatMap(({ block, trials }, b) =>
      trials.flatMap((trial, t) => {
        const strip = strips.find((one) => one.block === block && one.arm === trial.arm && one.attempt === trial.attempt);
        return trial.arm === arm && !trial.invalid && strip ? [row(strip, `block ${block}`, toS, `blocks.${b}.trials.${t}.lostS`, trial.lostS)] : [];
      }),
    );
    return own.length > 0 ? [markup`<h3>${arm}</h3>`, ...own] : [];
  });
  const played = (comparison.people?.trials ?? []).flatMap((trial, t) => {
    const strip = strips.find((one) => one.arm === peopleArm && one.block === t + 1);
    return !trial.invalid && strip ? [row(strip, `seed ${trial.seed}`, toS, `people.trials.${t}.lostS`, trial.lostS)] : [];
  });
  if (played.length > 0) rows.push(markup`<h3>${peopleArm} (${untested})</h3>`, ...played);
  return markup`<section><h2>What each trial looked like</h2><p class="soft">A row is a trial: ${lanes.length} lanes from top to bottom (${lanes.join("; ")}), red from the foot of a lane is the share of users that was lost, blue ticks are the playbook’s steps. Seconds since the first injection; at the right, lost seconds of the primary outcome.</p>
<div class="strips">${rows}<span></span><span class="scale"><span>0 s</span><span>${Math.round(toS / 2)} s</span><span>${Math.round(toS)} s</span></span><span></span></div></section>`;
}

function row(strip: TrialStrip, name: string, toS: number, path: string, lostS: { readonly lo: number; readonly hi: number }): Markup {
  const height = strip.lanes.length * laneH;
  const x = (s: number) => Math.round((Math.min(s, toS) / toS) * width);
  const box = (x1: number, x2: number, y: number, h: number) => `M${x1} ${round(y)}h${Math.max(1, x2 - x1)}v${round(h)}h${-Math.max(1, x2 - x1)}z`;
  const path0 = (kind: string, boxes: readonly string[]) => (boxes.length > 0 ? `<path class="${kind}" d="${boxes.join("")}"/>` : "");
  const all = strip.lanes.flatMap(({ stretches }, lane) => stretches.map((stretch) => ({ ...stretch, lane })));
  const lost = all.flatMap(({ fromS, toS, lost, lane }) => {
    const h = lost === null || lost === 0 ? 0 : Math.max(0.2, lost) * (laneH - 1);
    return h > 0 ? [box(x(fromS), x(toS), (lane + 1) * laneH - h, h)] : [];
  });
  const unmeasured = all.flatMap(({ fromS, toS, lost, lane }) => (lost === null ? [box(x(fromS), x(toS), lane * laneH + 1, laneH - 1)] : []));
  const gaps = strip.lanes.map((_, lane) => `M0 ${lane * laneH + 0.5}h${width}`);
  const ticks = strip.marks.map(({ atS }) => `M${x(atS)} 0v${height}`);
  const after = strip.toS < toS ? [box(x(strip.toS), width, 0, height)] : [];
  const said = strip.marks.map(({ atS, says }) => `${atS.toFixed(1)} s ${says}`).join(" · ");
  const drawn = [
    path0("unmeasured", unmeasured),
    path0("lost", lost),
    path0("after", after),
    `<path class="gap" d="${gaps.join("")}"/>`,
    ticks.length > 0 ? `<path class="tick" d="${ticks.join("")}"/>` : "",
  ];
  const label = `${name}, ${strip.arm}: ${said}`;
  return markup`<span>${name}</span><svg class="strip" viewBox="0 0 ${width} ${height}" height="${height}" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${new Markup(drawn.join(""))}</svg><span>${boundsOf(path, lostS)}</span>`;
}
const round = (y: number): number => Math.round(y * 10) / 10;
