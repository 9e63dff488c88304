/** What `flounder watch` prints: a line while it measures, and the report at its end. */
import pc from "picocolors";
import { sayDuration } from "../durations.js";
import { plural } from "../words.js";
import type { WatchedEndpoint, WatchResult } from "./result.js";

/** up: the newest answer is good, and no outage is under way. */
export function stateOf(one: WatchedEndpoint): "up" | "down" | "unmeasured" {
  if (one.last === undefined || one.samples === one.observerFaults) return "unmeasured";
  if (one.outages.some((outage) => outage.open.end)) return "down";
  return one.last === "ok" || one.last === "observer" || one.last === "not-attempted" ? (one.counts.ok ? "up" : "unmeasured") : "down";
}

/** `leftS`: of a watch that has an end. */
export function liveLine(result: WatchResult, leftS?: number): string {
  const those = (state: ReturnType<typeof stateOf>) => result.endpoints.filter((one) => stateOf(one) === state);
  const few = (all: readonly WatchedEndpoint[]) =>
    `${all
      .slice(0, 3)
      .map((one) => one.name)
      .join(", ")}${all.length > 3 ? ` and ${all.length - 3} more` : ""}`;
  const [down, unmeasured] = [those("down"), those("unmeasured")];
  const state = down.length > 0 ? pc.red(`DOWN: ${few(down)}`) : unmeasured.length > 0 ? pc.yellow(`no answer yet: ${few(unmeasured)}`) : pc.green("all up");
  const lost = result.endpoints.reduce((sum, one) => sum + (one.lostS.lo + one.lostS.hi) / 2, 0);
  const outages = result.endpoints.reduce((sum, one) => sum + one.outages.length, 0);
  const left = leftS === undefined ? "" : `, ${leftS < 1 ? "0 s" : sayDuration(1000 * Math.round(leftS))} left`;
  return `${result.seconds.toFixed(0).padStart(4)} s${left}  ${state}  ${plural(outages, "outage")}  lost ${lost.toFixed(2)} s  observer faults ${(100 * result.observer.share).toFixed(2)} %`;
}

function endpointLines(one: WatchedEndpoint): string[] {
  const counts = Object.entries(one.counts)
    .map(([outcome, n]) => `${outcome} ${n}`)
    .join(", ");
  const measured = one.samples - one.observerFaults - (one.counts["not-attempted"] ?? 0) > 0;
  const lost = !measured
    ? pc.yellow("nothing was measured")
    : one.lostS.hi === 0
      ? pc.green("lost nothing")
      : pc.red(`lost ${seconds(one.lostS)} s`) + barOf(one);
  const lines = [
    `${one.name}  ${one.rateHz} Hz${one.proxy === undefined ? "" : `  through the proxy ${one.proxy}`}`,
    `  ${lost}   ${counts}${one.slow > 0 ? ` (${one.slow} slower than ${one.slowMs} ms)` : ""}`,
  ];
  if (one.counts.ok) lines.push(`  latency p50 ${one.latencyMs.p50.toFixed(2)} ms, p99 ${one.latencyMs.p99.toFixed(2)} ms`);
  if (one.lastBad) lines.push(`  last bad answer: ${one.lastBad.outcome}${one.lastBad.note === "" ? "" : `, ${one.lastBad.note}`}`);
  for (const [what, times] of Object.entries(one.findings)) lines.push(pc.yellow(`  ${what} (${times === 1 ? "once" : `${times} times`})`));
  for (const outage of one.outages) {
    const half = Math.max(outage.startMs.hi - outage.startMs.lo, outage.endMs.hi - outage.endMs.lo) / 2;
    const at = new Date((outage.startMs.lo + outage.startMs.hi) / 2).toISOString().slice(11, 23);
    const share = outage.badShare < 1 ? `, ${Math.round(100 * outage.badShare)} % of the answers` : "";
    const open = outage.open.start || outage.open.end ? `, ${outage.open.start ? "since before the first sample" : "not over at the last sample"}` : "";
    lines.push(`  ${pc.red("outage")} ${at}  ${seconds(lengthOf(outage))} s  ${outage.cause}${share}${open}  edges ±${half.toFixed(1)} ms${barOf(outage)}`);
  }
  return lines;
}

/** `troubles`: what else the reader must know, such as files that could not be written. */
export function report(result: WatchResult, troubles: readonly string[] = []): string {
  const { observer, command, verdict } = result;
  const lines = [pc.bold(`watched ${plural(result.endpoints.length, "endpoint")} for ${result.seconds.toFixed(1)} s`)];
  for (const one of result.endpoints) lines.push("", ...endpointLines(one));
  lines.push(
    "",
    `observer: ${plural(observer.faults, "sample")} lost to the prober itself (${(100 * observer.share).toFixed(2)} %), schedule late by p50 ${observer.latenessMs.p50.toFixed(2)} p99 ${observer.latenessMs.p99.toFixed(2)} max ${observer.latenessMs.max.toFixed(1)} ms, ${(100 * observer.cpuShare).toFixed(1)} % of a core${observer.hiccups > 0 ? `; the prober itself paused ${observer.hiccups === 1 ? "once" : `${observer.hiccups} times`}` : ""}`,
  );
  const fastest = Math.max(...result.endpoints.map((one) => one.rateHz));
  if (result.endpoints.length > 0 && result.endpoints.every((one) => one.kind !== "probe"))
    lines.push(`resolution: an outage of fewer than three samples is not seen as one (${sayDuration(3000 / fastest)} at ${fastest} Hz)`);
  lines.push(`calibration: ${result.calibration.says}`, ...result.calibration.warnings.map((says) => pc.yellow(says)));
  if (command) lines.push(`command: ${command.argv.join(" ")} ended with ${command.signal ?? `exit code ${command.exitCode}`}`);
  for (const trouble of troubles) lines.push(pc.yellow(trouble));
  const colour = { pass: pc.green, measured: pc.bold, fail: pc.red, inconclusive: pc.yellow, aborted: pc.yellow }[verdict.result];
  lines.push(colour(verdict.result.toUpperCase()), ...verdict.says.map((says) => `  ${says}`));
  return `${lines.join("\n")}\n`;
}

const seconds = ({ lo, hi }: { lo: number; hi: number }): string => `${lo.toFixed(3)} to ${hi.toFixed(3)}`;
/** Only where it is wider than what stands before it. */
const barOf = ({ errorBarS, lostS }: Pick<WatchedEndpoint, "errorBarS" | "lostS">): string =>
  errorBarS === undefined || seconds(errorBarS) === seconds(lostS) ? "" : ` (error bar ${seconds(errorBarS)} s)`;
const lengthOf = ({ startMs, endMs }: WatchedEndpoint["outages"][number]) => ({
  lo: Math.max(0, endMs.lo - startMs.hi) / 1000,
  hi: (endMs.hi - startMs.lo) / 1000,
});
