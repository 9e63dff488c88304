/** flounder watch: measures endpoints, or both planes of a foundation, while a command runs. */
import { type Command, Option } from "commander";
import { FlounderError } from "../errors.js";
import { plannedCalibration, thisMachine } from "../measure/calibration.js";
import { rulerOf } from "../measure/error-bars.js";
import { version } from "../registry.js";
import { serveMetrics } from "../report/exposition.js";
import { startCommand } from "../watch/command.js";
import { watchFoundation } from "../watch/foundation.js";
import { metricsText } from "../watch/metrics.js";
import type { CommandEnd, WatchResult } from "../watch/result.js";
import { junit, liveLine, report } from "../watch/text.js";
import { checkedUrl, checkWritable, type Measured, replaceFile, resultOf, type Watching, watchUrls } from "../watch/watch.js";
import { positive, whole } from "./options.js";

interface Flags {
  readonly url?: string[];
  readonly foundation?: string;
  readonly rate: number;
  readonly deadline: number;
  readonly slow?: number;
  readonly expect?: string;
  readonly connection: "fresh" | "kept" | "both";
  readonly for?: number;
  readonly slo?: number;
  readonly allowLost?: number;
  readonly json?: string;
  readonly junit?: string;
  readonly samples?: string;
  readonly metrics?: number;
}
const percent = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value <= 100)) throw new FlounderError("usage", `--slo ${text} is not a percentage`, "give one like 99.9");
  return value;
};
const notNegative = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new FlounderError("usage", `--allow-lost ${text} is not a number of seconds`, "give one like 0 or 2.5");
  return value;
};

export function register(program: Command): void {
  program
    .command("watch")
    .description("measures HTTP endpoints, or both planes of a foundation, while a command runs: outages with bounds on both edges, and the ruler's own faults")
    .option("--url <url...>", "endpoints, anywhere; several may be given")
    .option("-f, --foundation <name>", "instead: every probe of a foundation, outside and inside")
    .option("--rate <hz>", "samples per second and endpoint", positive, 20)
    .option("--deadline <ms>", "no answer by then is a time-out", positive, 1000)
    .option("--slow <ms>", "an answer later than this is bad (default: ten times what is usual, at least 100 ms)", positive)
    .option("--expect <text>", "the body of a good answer holds this")
    .addOption(
      new Option("--connection <how>", "fresh: one per sample, what a new user feels; kept: a pool, what a browser has")
        .choices(["fresh", "kept", "both"])
        .default("fresh"),
    )
    .option("--for <s>", "ends after so many seconds (default: when the command ends, or at Ctrl-C)", positive)
    .option("--slo <percent>", "fails if an endpoint is up for less of the time", percent)
    .option("--allow-lost <s>", "fails if an endpoint loses more seconds than this", notNegative)
    .option("--json <file>", "writes what was found; anew each second while it runs")
    .option("--junit <file>", "writes a JUnit report")
    .option("--samples <file>", "keeps every sample, gzipped JSON lines, each second")
    .option("--metrics <port>", "serves Prometheus /metrics on 127.0.0.1 while it runs", whole)
    .argument("[command...]", "after --: what to run meanwhile")
    .addHelpText("after", "\nExample: flounder watch --url https://app.example.com/ --rate 10 --expect welcome --allow-lost 2 --json out.json -- cf push app")
    .action(async (command: string[], flags: Flags) => {
      process.exitCode = await watch(command, flags);
    });
}

/** Resolves with the exit code: the verdict's, or that of a command that failed although the verdict passes. */
async function watch(argv: readonly string[], flags: Flags): Promise<number> {
  if (flags.url === undefined && flags.foundation === undefined)
    throw new FlounderError("usage", "there is nothing to watch", "give --url URL, or --foundation NAME");
  if (flags.url !== undefined && flags.foundation !== undefined)
    throw new FlounderError("usage", "--url and --foundation exclude each other", "run flounder watch twice to have both");
  for (const url of flags.url ?? []) checkedUrl(url);
  for (const flag of ["json", "junit", "samples"] as const) if (flags[flag] !== undefined) checkWritable(flags[flag], `--${flag}`);

  const stop = new AbortController();
  let interrupted = false;
  const onSignal = () => {
    interrupted = true;
    stop.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const startedIso = new Date().toISOString();
  const flounder = await version();
  const limits = { ...(flags.slo === undefined ? {} : { slo: flags.slo }), ...(flags.allowLost === undefined ? {} : { allowLostS: flags.allowLost }) };
  let newest: WatchResult | undefined;
  const live = liveOutput();
  const ruler = rulerOf(plannedCalibration(), thisMachine().id);
  const make = (measured: Measured, complete: boolean, command: CommandEnd | null, how: { aborted?: string; broken?: string } = {}) =>
    resultOf(measured, { flounder, startedIso, complete, command, ...how }, limits, ruler);
  const onMeasured = (measured: Measured) => {
    newest = make(measured, false, null);
    if (flags.json !== undefined) replaceFile(flags.json, `${JSON.stringify(newest)}\n`);
    live.show(newest);
  };

  const metrics = flags.metrics === undefined ? undefined : await serveMetrics(flags.metrics, () => (newest ? metricsText(newest) : ""));
  if (metrics) process.stderr.write(`metrics at http://127.0.0.1:${metrics.port}/metrics\n`);
  let watching: Watching | undefined;
  try {
    watching = await begin(flags, onMeasured);
    const running = argv.length > 0 ? await startCommand(argv) : undefined;
    const timer = flags.for === undefined ? undefined : setTimeout(() => stop.abort(), flags.for * 1000);
    const stopped = new Promise<undefined>((resolve) => {
      if (stop.signal.aborted) resolve(undefined);
      stop.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    let broken: string | undefined;
    const breaking = watching.broken?.then((why) => {
      broken = why;
      process.stderr.write(`${why}\n`);
      return undefined;
    });
    // Our failing is no reason to end a command: it goes on, and is waited for.
    let end = await Promise.race([stopped, ...(running ? [running.ended] : breaking ? [breaking] : [])]);
    clearTimeout(timer);
    const cut = running !== undefined && end === undefined;
    // What is measured ends now; what the command still does is its own affair.
    const measured = await watching.end();
    watching = undefined;
    if (cut) {
      running.interrupt();
      end = await running.ended;
    }
    const aborted =
      cut && broken === undefined
        ? interrupted
          ? "interrupted while the command ran"
          : `the command ran longer than ${flags.for} s and was ended`
        : undefined;
    const result = make(measured, true, end ?? null, { ...(aborted === undefined ? {} : { aborted }), ...(broken === undefined ? {} : { broken }) });
    live.end();
    if (flags.json !== undefined) replaceFile(flags.json, `${JSON.stringify(result, null, 2)}\n`);
    if (flags.junit !== undefined) replaceFile(flags.junit, junit(result));
    process.stdout.write(report(result));
    const code = { pass: 0, fail: 1, inconclusive: 2, aborted: 3 }[result.verdict.result];
    return code === 0 && end !== undefined && end.exitCode !== 0 ? (end.exitCode ?? 1) : code;
  } finally {
    await watching?.end().catch(() => {});
    metrics?.close();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

async function begin(flags: Flags, onMeasured: (measured: Measured) => void): Promise<Watching> {
  if (flags.foundation !== undefined) {
    const { slow: slowMs, samples: samplesFile } = flags;
    return watchFoundation(
      flags.foundation,
      { ...(slowMs === undefined ? {} : { slowMs }), ...(samplesFile === undefined ? {} : { samplesFile }) },
      onMeasured,
    );
  }
  return watchUrls(
    {
      urls: flags.url!,
      connections: flags.connection === "both" ? ["fresh", "kept"] : [flags.connection],
      rateHz: flags.rate,
      deadlineMs: flags.deadline,
      ...(flags.slow === undefined ? {} : { slowMs: flags.slow }),
      ...(flags.expect === undefined ? {} : { expect: flags.expect }),
      ...(flags.samples === undefined ? {} : { samplesFile: flags.samples }),
    },
    onMeasured,
  );
}

/** On a terminal one line that is overwritten; else a line only when something changes. */
function liveOutput() {
  let outages = -1;
  return {
    show(result: WatchResult) {
      const now = result.endpoints.reduce((sum, one) => sum + one.outages.length + one.outages.filter((outage) => !outage.open.end).length, 0);
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${liveLine(result)}`);
      else if (now !== outages) process.stderr.write(`${liveLine(result)}\n`);
      outages = now;
    },
    end() {
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    },
  };
}
