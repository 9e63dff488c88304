/** flounder watch: measures endpoints, or both planes of a foundation, while a command runs. */
import { statSync } from "node:fs";
import type { Command } from "commander";
import { after } from "../clock.js";
import { sayDuration } from "../durations.js";
import { FlounderError } from "../errors.js";
import { folders } from "../keeper/folder.js";
import { sayOthers } from "../keeper/of-others.js";
import { plannedCalibration, thisMachine } from "../measure/calibration.js";
import { rulerOf } from "../measure/error-bars.js";
import { proxyFor, proxyVariables } from "../probes/http/connect/proxy.js";
import { parseUrl } from "../probes/http/question.js";
import { version } from "../registry.js";
import { serveMetrics } from "../report/metrics/exposition.js";
import { type OutputFile, openOutput } from "../report/metrics/output-file.js";
import { type RunningCommand, startCommand } from "../watch/command.js";
import { type Watched, watchedOf } from "../watch/endpoints.js";
import { watchFoundation } from "../watch/foundation.js";
import { junit } from "../watch/junit.js";
import { liveOutput } from "../watch/live.js";
import { metricsText } from "../watch/metrics.js";
import type { CommandEnd, WatchLimits, WatchResult } from "../watch/result.js";
import { WatchStrips } from "../watch/strips.js";
import { report } from "../watch/text.js";
import { type Measured, resultOf, type Watching, watchEndpoints } from "../watch/watch.js";
import { say } from "./flags/options.js";
import { specsOf, type WatchFlags, watchCommand, withoutSecrets } from "./flags/watch-flags.js";

export function register(program: Command): void {
  watchCommand(program).action(async (command: string[], flags: WatchFlags) => {
    // Anybody can list processes: a password is gone from there as soon as it was read.
    process.title = withoutSecrets(process.argv).join(" ");
    process.exitCode = await watch(command, flags);
  });
}

/** Resolves with the exit code: the verdict's, or that of a command that failed although the endpoints kept their limits. */
async function watch(argv: readonly string[], given: WatchFlags): Promise<number> {
  const specs = specsOf(given);
  const flags = specs.length > 0 || given.foundation !== undefined ? given : { ...given, foundation: await onlyFoundation() };
  if (specs.length > 0 && flags.foundation !== undefined)
    throw new FlounderError("usage", "--foundation and endpoints exclude each other", "run flounder watch twice to have both");
  if (flags.foundation !== undefined && flags.slow !== undefined)
    throw new FlounderError("usage", "--slow is for endpoints: a foundation's probes have their own deadlines", "leave it out");
  const watched = watchedOf(specs, {
    periodMs: 1000 / flags.rate,
    deadlineMs: flags.deadline,
    ...(flags.slow === undefined ? {} : { slowMs: flags.slow }),
    ...(flags.proxy === undefined ? {} : { proxy: flags.proxy }),
  });
  for (const says of proxyWords(watched, proxyVariables(process.env), flags.proxy)) process.stderr.write(`flounder: ${says}\n`);
  const outputs: { readonly flag: string; readonly path: string; readonly file: OutputFile; text(result: WatchResult): string | Promise<string> }[] = [];
  if (flags.json !== undefined)
    outputs.push({ flag: "--json", path: flags.json, file: openOutput(flags.json, "--json"), text: (result) => `${JSON.stringify(result, null, 2)}\n` });
  if (flags.junit !== undefined) outputs.push({ flag: "--junit", path: flags.junit, file: openOutput(flags.junit, "--junit"), text: junit });
  const strips = new WatchStrips();
  if (flags.html !== undefined)
    outputs.push({
      flag: "--html",
      path: flags.html,
      file: openOutput(flags.html, "--html"),
      // What draws takes half a second to load: after nothing is measured any more.
      text: async (result) => (await import("../watch/html.js")).watchHtml(result, strips),
    });
  // The prober opens it itself: here only what is no file is found out before anything is measured.
  if (flags.samples !== undefined) checkSamples(flags.samples);
  const toStdout = outputs.some(({ path }) => path === "-" || path === "/dev/stdout");

  const signalled: { name?: NodeJS.Signals } = {};
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    signalled.name ??= name;
    stop.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, onSignal);
  const startedIso = new Date().toISOString();
  const flounder = await version();
  const limits: WatchLimits = {
    ...(flags.slo === undefined ? {} : { slo: flags.slo }),
    ...(flags.allowLost === undefined ? {} : { allowLostS: flags.allowLost }),
  };
  let newest: WatchResult | undefined;
  let endsMs: number | undefined;
  const live = liveOutput({
    isTTY: process.stderr.isTTY,
    get columns() {
      return process.stderr.columns ?? 80;
    },
    get rows() {
      return process.stderr.rows ?? 24;
    },
    write: (text) => void process.stderr.write(text),
  });
  const ruler = rulerOf(plannedCalibration(), thisMachine().id);
  const make = (measured: Measured, complete: boolean, command: CommandEnd | null, aborted?: { by: NonNullable<WatchResult["abortedBy"]>; says: string }) =>
    resultOf(measured, { flounder, startedIso, complete, command, ...(aborted === undefined ? {} : { aborted }) }, limits, ruler);
  const onMeasured = (measured: Measured) => {
    newest = make(measured, false, null);
    strips.add(measured);
    for (const { flag, file } of outputs) if (flag === "--json") file.update(`${JSON.stringify(newest)}\n`);
    live.show(newest, endsMs === undefined ? undefined : (endsMs - performance.now()) / 1000);
  };

  const metrics = flags.metrics === undefined ? undefined : await serveMetrics(flags.metrics, () => (newest ? metricsText(newest) : ""));
  if (metrics) process.stderr.write(`metrics at http://127.0.0.1:${metrics.port}/metrics\n`);
  let watching: Watching | undefined;
  let running: RunningCommand | undefined;
  try {
    watching =
      flags.foundation === undefined
        ? await watchEndpoints(watched, flags.samples, onMeasured)
        : await watchFoundation({ id: flags.foundation, samplesFile: flags.samples, onMeasured, say });
    running = argv.length > 0 ? await startCommand(argv) : undefined;
    let timedOut = false;
    if (flags.for !== undefined) endsMs = performance.now() + flags.for;
    const cancel = after(flags.for ?? Number.POSITIVE_INFINITY, () => {
      timedOut = true;
      stop.abort();
    });
    const stopped = new Promise<undefined>((resolve) => {
      if (stop.signal.aborted) resolve(undefined);
      stop.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    let broken: string | undefined;
    const breaking = watching.broken.then((why) => {
      broken = why;
      process.stderr.write(`${why}\n`);
      return undefined;
    });
    // Our failing is no reason to end a command: it goes on, and is waited for.
    let end = await Promise.race([stopped, running ? running.ended : breaking]);
    cancel();
    const cut = running !== undefined && end === undefined;
    // What is measured ends now; what the command still does is its own affair.
    const measured = await watching.end();
    watching = undefined;
    if (cut && running) {
      await running.interrupt(signalled.name ?? "SIGTERM", flags.grace);
      end = await running.ended;
    }
    const aborted = abortion({ broken, signal: signalled.name, cut, timedOut, forMs: flags.for });
    const result = make(measured, true, end ?? null, aborted);
    strips.add(measured);
    live.end();
    const troubles =
      measured.samplesFailed === undefined
        ? []
        : [`--samples ${flags.samples}: samples are missing, the file could not be written (${measured.samplesFailed})`];
    for (const { flag, path, file, text } of outputs) {
      const failed = await file.finish(await text(result));
      if (failed !== undefined) troubles.push(`${flag} ${path} could not be written (${failed})`);
    }
    (toStdout ? process.stderr : process.stdout).write(report(result, troubles));
    for (const trouble of troubles) process.stderr.write(`flounder: ${trouble}\n`);
    return exitCode(result, troubles.length > 0);
  } finally {
    await watching?.end().catch(() => {});
    await running?.interrupt("SIGTERM", flags.grace);
    metrics?.close();
    for (const name of signals) process.off(name, onSignal);
  }
}

/** Where no endpoint is named, the only foundation that there is. */
async function onlyFoundation(): Promise<string> {
  const all = folders();
  if (all.length === 1) {
    say(`watching the foundation ${all[0]}`);
    return all[0]!;
  }
  const there = all.length === 0 ? ["no foundation is up", sayOthers()].filter(Boolean).join("; ") : `there are ${all.length} foundations: ${all.join(", ")}`;
  throw new FlounderError("usage", `there is nothing to watch: no endpoint is named, and ${there}`, "give --url URL, --config FILE, or --foundation NAME");
}

/** What is to be known of proxies before anything is asked. */
function proxyWords(watched: readonly Watched[], variables: readonly string[], given: string | undefined): string[] {
  const http = watched.flatMap(({ target: { name, question } }) => (question.kind === "http" ? [{ name, question }] : []));
  if (http.length === 0) return [];
  if (given === "env" && variables.length === 0) return ["--proxy env: the environment names no proxy; endpoints are asked directly"];
  if (variables.length > 0 && http.every(({ question }) => question.proxies === undefined))
    return [`${variables.join(", ")} ignored: endpoints are asked directly (--proxy env honours them)`];
  const direct = http.filter(({ question }) => question.proxies !== undefined && proxyFor(question.proxies, parseUrl(question.url).url) === undefined);
  return direct.map(({ name }) => `${name} is asked directly: no_proxy has it, or no proxy is for it`);
}

/** Why it was cut short, if it was. Without a command and without --for, a signal is how a watch ends. */
function abortion(how: { broken: string | undefined; signal: NodeJS.Signals | undefined; cut: boolean; timedOut: boolean; forMs: number | undefined }) {
  const { broken, signal, cut, timedOut, forMs } = how;
  if (broken !== undefined) return { by: "prober" as const, says: broken };
  if (signal !== undefined && (cut || forMs !== undefined))
    return { by: "signal" as const, says: `${signal}${cut ? " while the command ran" : ` before its ${sayDuration(forMs!)} were over`}` };
  if (cut && timedOut) return { by: "limit" as const, says: `the command ran longer than ${sayDuration(forMs!)} and was ended` };
  return undefined;
}

/** A file that is missing makes a good end inconclusive: whoever reads it would not know. */
function exitCode({ verdict, endpoints, command }: WatchResult, incomplete: boolean): number {
  if (verdict.result === "aborted") return 3;
  if (endpoints.some((one) => one.verdict.result === "fail")) return 1;
  if (endpoints.some((one) => one.verdict.result === "inconclusive") || verdict.result === "inconclusive") return 2;
  if (command !== null && command.exitCode !== 0) return command.exitCode ?? 1;
  return incomplete ? 2 : 0;
}

function checkSamples(path: string): void {
  if (path === "-") throw new FlounderError("usage", "--samples - cannot be: samples are gzipped members, not text", "give a file");
  const is = statSync(path, { throwIfNoEntry: false });
  if (!is?.isFIFO() && !is?.isCharacterDevice()) openOutput(path, "--samples");
}
