/** --html: what a watch found as one page, of the parts that a run's report is made of. */
import type { Bounds } from "../core.js";
import { whiskerOf } from "../report/charts/bars.js";
import { namedLanesChart } from "../report/charts/charts.js";
import { type Column, type Markup, markup, table } from "../report/html/markup.js";
import { page } from "../report/html/page.js";
import { pictures } from "../report/html/sections.js";
import { plural } from "../words.js";
import type { WatchedEndpoint, WatchResult } from "./result.js";
import type { WatchStrips } from "./strips.js";

const s = (value: number): string => value.toFixed(3);
const range = ({ lo, hi }: Bounds): string => (s(lo) === s(hi) ? s(lo) : `${s(lo)}–${s(hi)}`);
const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
const barWords = ({ lostS, errorBarS }: Pick<WatchedEndpoint, "lostS" | "errorBarS">): string =>
  errorBarS === undefined || range(errorBarS) === range(lostS) ? "" : ` (${range(errorBarS)})`;
const measured = (one: WatchedEndpoint): boolean => one.samples - one.observerFaults - (one.counts["not-attempted"] ?? 0) > 0;
const bad = (one: WatchedEndpoint): number => one.samples - (one.counts.ok ?? 0) - one.observerFaults - (one.counts["not-attempted"] ?? 0);
const mark = (word: string): Markup => markup`<span class="mark ${word}">${word}</span>`;
const tilesMax = 8;

function sentence({ endpoints, seconds }: WatchResult): string {
  const over = `in ${seconds.toFixed(1)} s`;
  const unmeasured = endpoints.filter((one) => !measured(one));
  const hurt = endpoints.filter((one) => measured(one) && one.lostS.hi > 0);
  const lost = hurt.slice(0, 3).map((one) => `${one.name} lost ${range(one.lostS)} s`);
  if (hurt.length > 3) lost.push(`${plural(hurt.length - 3, "other")} lost time as well`);
  if (unmeasured.length > 0) lost.push(`of ${unmeasured.map((one) => one.name).join(", ")} nothing was measured`);
  if (lost.length === 0)
    return endpoints.length === 1 ? `${endpoints[0]!.name} lost nothing ${over}.` : `None of ${endpoints.length} endpoints lost anything ${over}.`;
  return `${lost.join("; ")} ${over}.`;
}

function top(result: WatchResult): Markup {
  const { verdict, command, startedIso, flounder, endpoints } = result;
  return markup`<header><div class="top"><span class="badge ${verdict.result}">${verdict.result.toUpperCase()}</span><b>flounder watch</b><span class="soft">${plural(endpoints.length, "endpoint")}${result.complete ? "" : ", cut short"}</span></div>
<h1>${sentence(result)}</h1>
<div class="meta"><span>started ${startedIso}</span><span>Flounder ${flounder}</span>${command ? markup`<span>meanwhile <code>${command.argv.join(" ")}</code>, which ended with ${command.signal ?? `exit code ${command.exitCode}`}</span>` : ""}</div></header>`;
}

function tiles({ endpoints }: WatchResult): Markup | "" {
  if (endpoints.length === 0 || endpoints.length > tilesMax) return "";
  const barIn = (one: WatchedEndpoint) => one.errorBarS ?? one.lostS;
  const most = Math.max(...endpoints.map((one) => barIn(one).hi));
  return markup`<div class="tiles">${endpoints.map((one) => {
    const { lo, hi } = one.lostS;
    const middle = measured(one) ? markup`${s((lo + hi) / 2)} <small>s lost</small>` : markup`<small>not measured</small>`;
    const label = `${one.name}: error bar ${range(barIn(one))} s, on a scale of 0–${s(most)} s`;
    return markup`<div class="tile"><span class="soft">${one.name}</span><b class="${hi > 0 || !measured(one) ? "bad" : "good"}">${middle}</b><span class="soft">bounds ${range(one.lostS)}${barWords(one)}</span>${whiskerOf({ most, bounds: one.lostS, bar: barIn(one), label })}</div>`;
  })}</div>`;
}

function verdict({ verdict: { result, says }, endpoints }: WatchResult): Markup {
  const whose = (line: string) => endpoints.find((one) => line.startsWith(`${one.name}: `))?.verdict.result ?? result;
  return markup`<section><h2>Verdict</h2><ul class="findings">${says.map((line) => markup`<li><span>${mark(whose(line))}</span><span>${line}</span></li>`)}</ul></section>`;
}

function lanes(result: WatchResult, strips: WatchStrips): Markup | "" {
  const drawn = result.endpoints.map(({ name }) => ({ name, stretches: strips.stretchesOf(name) })).filter(({ stretches }) => stretches.length > 0);
  if (drawn.length === 0) return "";
  const toUs = Math.max(...drawn.map(({ stretches }) => stretches.at(-1)!.toUs));
  return markup`<section><h2>Who answered, and when</h2><p class="soft">Red is the share of samples that were bad, from the foot of a lane (some) to its top (all). Seconds of the watch.</p>
<figure>${pictures((size) => namedLanesChart(drawn, { fromUs: 0, toUs }, `A lane for each endpoint over seconds of the watch. ${sentence(result)}`, size))}</figure>
<ul class="legend"><li><i style="background:var(--ok)"></i>good</li><li><i style="background:var(--lost)"></i>bad</li></ul></section>`;
}

const figures = (title: string): Column => ({ title, figures: true });

function endpointTable({ endpoints }: WatchResult): Markup {
  const columns = [
    { title: "endpoint" },
    { title: "how" },
    figures("lost, s"),
    figures("outages"),
    figures("bad / samples"),
    figures("p50, ms"),
    figures("p99, ms"),
    { title: "what was found" },
    { title: "limits" },
  ];
  const rows = endpoints.map((one) => ({
    cells: [
      markup`${one.name}${one.url === one.name ? "" : markup`<br><span class="b">${one.url}</span>`}`,
      `${one.plane === undefined ? "" : `${one.plane}, `}${one.rateHz}\u00a0Hz${one.kind === "http" ? `, ${one.connection}` : ""}${one.proxy === undefined ? "" : `, through ${one.proxy}`}`,
      measured(one) ? markup`${range(one.lostS)}<span class="b">${barWords(one)}</span>` : "not measured",
      one.outages.length,
      `${bad(one)} / ${one.samples}`,
      one.counts.ok ? ms(one.latencyMs.p50) : "–",
      one.counts.ok ? ms(one.latencyMs.p99) : "–",
      [
        ...(one.lastBad ? [`last bad: ${one.lastBad.outcome}${one.lastBad.note === "" ? "" : `, ${one.lastBad.note}`}`] : []),
        ...Object.entries(one.findings).map(([what, times]) => `${what} (${times === 1 ? "once" : `${times} times`})`),
        ...(one.observerFaults > 0 ? [`${plural(one.observerFaults, "sample")} lost to the prober itself`] : []),
      ].join("; ") || "–",
      mark(one.verdict.result),
    ],
  }));
  return markup`<section><h2>Endpoints</h2><p class="soft">Time without service, with the bounds that the sampling leaves open; in brackets the error bar, where the ruler’s own error makes it wider (see Calibration, below).</p>${table(columns, rows)}</section>`;
}

function outageTable({ endpoints }: WatchResult): Markup | "" {
  const rows = endpoints.flatMap((one) =>
    one.outages.map((outage) => {
      const { startMs, endMs } = outage;
      const length = { lo: Math.max(0, endMs.lo - startMs.hi) / 1000, hi: (endMs.hi - startMs.lo) / 1000 };
      const half = Math.max(startMs.hi - startMs.lo, endMs.hi - endMs.lo) / 2;
      const open = outage.open.start ? ", since before the first sample" : outage.open.end ? ", not over at the last sample" : "";
      return {
        atMs: (startMs.lo + startMs.hi) / 2,
        cells: [
          one.name,
          `${new Date((startMs.lo + startMs.hi) / 2).toISOString().slice(0, 23).replace("T", " ")}Z`,
          markup`${range(length)}<span class="b">${barWords(outage)}</span>`,
          `±${half.toFixed(1)}`,
          `${outage.cause}${outage.badShare < 1 ? `, ${Math.round(100 * outage.badShare)} % of the answers` : ""}${open}`,
        ],
      };
    }),
  );
  if (rows.length === 0) return "";
  const columns = [{ title: "endpoint" }, { title: "began" }, figures("length, s"), figures("edges, ms"), { title: "how" }];
  return markup`<section><h2>Outages</h2>${table(
    columns,
    rows.sort((a, b) => a.atMs - b.atMs),
  )}</section>`;
}

function foot({ observer, calibration, flounder }: WatchResult): Markup {
  return markup`<footer><p><b>Observer.</b> ${(100 * observer.share).toFixed(2)} % of the samples were lost to the prober itself and are excluded; over 1 % of an endpoint’s it would be inconclusive. It asked ${observer.latenessMs.p50.toFixed(2)} ms late at the median, ${observer.latenessMs.p99.toFixed(2)} ms at the 99th percentile, at most ${observer.latenessMs.max.toFixed(1)} ms, and used ${(100 * observer.cpuShare).toFixed(1)} % of a core${observer.hiccups > 0 ? `; it paused ${observer.hiccups === 1 ? "once" : `${observer.hiccups} times`}` : ""}.</p>
<p><b>Calibration.</b> ${[calibration.says, ...calibration.warnings].join(" ")}</p>
<p>Made by Flounder ${flounder}; the JSON of this watch is embedded in this page.</p></footer>`;
}

export const watchHtml = (result: WatchResult, strips: WatchStrips): string =>
  page({
    title: `${result.verdict.result}: flounder watch ${result.startedIso}`,
    body: [top(result), tiles(result), verdict(result), lanes(result, strips), endpointTable(result), outageTable(result), foot(result)],
    dataId: "watch",
    data: result,
  });
