/** The three views: which parts each has, and where they stand. */
import { abortPanel } from "./abort.js";
import { banner } from "./banner.js";
import { consolePart } from "./console.js";
import { h } from "./dom.js";
import { happenings } from "./happenings.js";
import { notes, safety, start } from "./helm.js";
import { acts, injects } from "./injects.js";
import { logs } from "./logs.js";
import { marks } from "./marks.js";
import { lanesPart, planes } from "./planes.js";
import { playbook } from "./playbook.js";
import type { Part, Tab, View } from "./tab.js";

const isAlarm = ({ kind }: { readonly kind: string }) => kind === "alarm";
/** What people said and did. */
const isPeoples = ({ kind, by }: { readonly kind: string; readonly by: string }) => kind === "mark" || kind === "audit" || (kind === "step" && by === "person");
/** Readings and heartbeats of the observer are figures, not news. */
const isNews = ({ kind }: { readonly kind: string }) => !["reading", "observer", "acked", "zero", "fingerprint"].includes(kind);
/** What players see of the past, s. */
const playersWindowS = 180;

const columns = (left: readonly Part[], right: readonly Part[]): HTMLElement =>
  h("div", { class: "columns" }, h("div", null, ...left.map(({ element }) => element)), h("div", null, ...right.map(({ element }) => element)));

function facilitator(tab: Tab): View {
  const left = [
    abortPanel(tab),
    planes(tab),
    lanesPart(tab, { title: "Who is served, and what is held" }),
    acts(tab),
    happenings(tab, { title: "Timeline", empty: "Nothing has happened yet.", of: isNews, announced: true }),
  ];
  const right = [start(tab), injects(tab), safety(tab), notes(tab)];
  return { parts: [...left, ...right], element: h("div", null, columns(left, right)) };
}

function player(tab: Tab): View {
  const first = [banner(tab), marks(tab)];
  const left = [
    abortPanel(tab),
    planes(tab),
    lanesPart(tab, { title: "What users get", windowS: playersWindowS }),
    happenings(tab, { title: "Alarms", empty: "No alarm has been raised.", of: isAlarm, announced: true, most: 40 }),
  ];
  const right = tab.session.seat?.console ? [playbook(tab), consolePart(tab), logs(tab)] : [];
  const done = happenings(tab, { title: "What we said and did", empty: "Nobody has said or done anything yet.", of: isPeoples, announced: true });
  const sides: readonly [readonly Part[], readonly Part[]] = right.length > 0 ? [[...left, done], right] : [left, [done]];
  return { parts: [...first, ...sides[0], ...sides[1]], element: h("div", { class: "players" }, ...first.map(({ element }) => element), columns(...sides)) };
}

function room(tab: Tab): View {
  const scale = () => (window.innerWidth >= 1600 ? 2 : window.innerWidth >= 1000 ? 1.5 : 1);
  const parts = [banner(tab), abortPanel(tab), planes(tab), lanesPart(tab, { title: "What users get", windowS: 300, scale })];
  const lists = [
    happenings(tab, { title: "Alarms", empty: "No alarm has been raised.", of: isAlarm, most: 5 }),
    happenings(tab, { title: "What people say and do", empty: "Nobody has said anything yet.", of: isPeoples, most: 5, announced: true }),
  ];
  return {
    parts: [...parts, ...lists],
    element: h("div", { class: "room" }, ...parts.map(({ element }) => element), h("div", { class: "halves" }, ...lists.map(({ element }) => element))),
  };
}

export const views = { facilitator, player, room } as const;
