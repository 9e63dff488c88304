/** What `flounder watch` shows: a live line, the report at its end, and junit.xml. */
import pc from "picocolors";
import { total, type WatchedEndpoint, type WatchResult } from "./result.js";

export const nameOf = (one: WatchedEndpoint): string => (one.probe === undefined ? `${one.url} ${one.connection}` : `${one.probe} ${one.url} ${one.from}`);

export function liveLine(result: WatchResult): string {
  const bad = result.endpoints.filter((one) => one.outages.some((outage) => outage.open.end));
  const lost = result.endpoints.reduce((sum, one) => sum + (one.lostS.lo + one.lostS.hi) / 2, 0);
  const state = bad.length === 0 ? pc.green("all up") : pc.red(`DOWN: ${bad.slice(0, 3).map(nameOf).join(", ")}${bad.length > 3 ? " …" : ""}`);
  const outages = result.endpoints.reduce((sum, one) => sum + one.outages.length, 0);
  return `${result.seconds.toFixed(0).padStart(4)} s  ${state}  ${outages} outages  lost ${lost.toFixed(2)} s  observer ${(100 * result.observer.share).toFixed(2)} %`;
}

export function report(result: WatchResult): string {
  const lines = [pc.bold(`watched ${result.endpoints.length} endpoint${result.endpoints.length === 1 ? "" : "s"} for ${result.seconds.toFixed(1)} s`)];
  for (const one of result.endpoints) {
    const counts = Object.entries(one.counts)
      .map(([outcome, n]) => `${outcome} ${n}`)
      .join(", ");
    const lost = one.lostS.hi === 0 ? pc.green("lost nothing") : pc.red(`lost ${seconds(one.lostS)} s`) + barOf(one);
    lines.push("", `${nameOf(one)}  ${one.rateHz} Hz`, `  ${lost}   ${counts}${one.slow > 0 ? ` (${one.slow} slower than ${one.slowMs} ms)` : ""}`);
    if (one.counts.ok) lines.push(`  latency p50 ${one.latencyMs.p50.toFixed(2)} ms, p99 ${one.latencyMs.p99.toFixed(2)} ms`);
    if (one.lastBad) lines.push(`  last bad answer: ${one.lastBad.outcome}${one.lastBad.note === "" ? "" : `, ${one.lastBad.note}`}`);
    for (const outage of one.outages) {
      const half = Math.max(outage.startMs.hi - outage.startMs.lo, outage.endMs.hi - outage.endMs.lo) / 2;
      const at = new Date((outage.startMs.lo + outage.startMs.hi) / 2).toISOString().slice(11, 23);
      const share = outage.badShare < 1 ? `, ${Math.round(100 * outage.badShare)} % of the answers` : "";
      const open = outage.open.start || outage.open.end ? `, ${outage.open.start ? "since before the first sample" : "not over at the last sample"}` : "";
      lines.push(`  ${pc.red("outage")} ${at}  ${seconds(lengthOf(outage))} s  ${outage.cause}${share}${open}  edges ±${half.toFixed(1)} ms${barOf(outage)}`);
    }
  }
  const { observer, command, verdict } = result;
  lines.push(
    "",
    `observer: ${observer.faults} samples lost to ourselves (${(100 * observer.share).toFixed(2)} %), schedule late by p50 ${observer.latenessMs.p50.toFixed(2)} p99 ${observer.latenessMs.p99.toFixed(2)} max ${observer.latenessMs.max.toFixed(1)} ms, ${(100 * observer.cpuShare).toFixed(1)} % of a core${observer.hiccups > 0 ? `; it stood still ${observer.hiccups} times` : ""}`,
  );
  lines.push(`calibration: ${result.calibration.says}`);
  if (command) lines.push(`command: ${command.argv.join(" ")} ended with ${command.signal ?? `exit code ${command.exitCode}`}`);
  const colour = verdict.result === "pass" ? pc.green : verdict.result === "fail" ? pc.red : pc.yellow;
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

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!).replace(/[^\t\n\x20-\uffff]/g, "");

/** One test case per endpoint and one for the command: fail → failure, inconclusive → error, aborted → skipped. */
export function junit(result: WatchResult): string {
  const { verdict, command } = result;
  const cases = result.endpoints.map((one) => {
    const name = nameOf(one);
    const mine = verdict.says.filter((says) =>
      says.startsWith(one.probe === undefined ? `${one.url} (${one.connection}):` : `${one.probe} ${one.url} from ${one.from}:`),
    );
    const how = mine.length === 0 ? "" : verdict.result === "fail" && mine.some((says) => !says.includes("leave it open")) ? "failure" : "error";
    return { name, body: how === "" ? "" : `<${how} message="${escaped(mine.join("; "))}"/>`, samples: total(one.counts), how };
  });
  if (verdict.result === "aborted")
    cases.push({ name: "not aborted", body: `<skipped message="${escaped(verdict.says.join("; "))}"/>`, samples: 0, how: "skipped" });
  if (command) {
    const failed = command.exitCode !== 0;
    cases.push({
      name: `command ${command.argv.join(" ")}`,
      body: failed ? `<failure message="${command.signal ?? `exit code ${command.exitCode}`}"/>` : "",
      samples: 0,
      how: failed ? "failure" : "",
    });
  }
  const count = (how: string) => cases.filter((one) => one.how === how).length;
  const rows = cases.map(
    (one) => `  <testcase classname="flounder.watch" name="${escaped(one.name)}" time="${result.seconds.toFixed(3)}">${one.body}</testcase>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="flounder watch" tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}" time="${result.seconds.toFixed(3)}">\n${rows.join("\n")}\n</testsuite>\n`;
}
