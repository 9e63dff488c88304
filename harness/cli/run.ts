/** flounder run: a session whose observers are a terminal and, if asked for, metrics. */
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { askInTerminal } from "../gameday/ask-in-terminal.js";
import { againstBaseline } from "../history/against.js";
import { readBaseline } from "../history/baseline-file.js";
import { serveMetrics } from "../report/metrics/exposition.js";
import { RunMetrics } from "../report/metrics/run-metrics.js";
import { liveView } from "../report/terminal/terminal.js";
import { attachTo, bringUp } from "../session/foundation.js";
import { fromPlan, type Observer } from "../session/observers.js";
import { runSession } from "../session/session.js";
import { defectExit, exitOf } from "./flags/exit.js";
import { isQuiet, jsonOption, say, whole } from "./flags/options.js";
import { abortOnSignals } from "./flags/signals.js";
import { isGiven, type WorkFlags, withWork, workOf } from "./flags/work.js";
import { refuseUnwritable } from "./flags/writable.js";

interface RunFlags extends WorkFlags {
  readonly foundation?: string;
  readonly approve?: string;
  readonly portBase?: number;
  readonly results: string;
  readonly metrics?: number;
  readonly baseline?: string;
  readonly json?: boolean;
  readonly supervised: boolean;
}

export function register(program: Command): void {
  withWork(program.command("run"))
    .argument("[scenario]", "a scenario's name or file, or a plan.json")
    .description("breaks a foundation by a scenario, measures, heals and judges (exit 0 pass, 1 fail, 2 inconclusive, 3 aborted)")
    .addOption(new Option("-F, --foundation <name>", "a foundation that is up already; it is healed, not ended"))
    .addOption(new Option("--approve <digest>", "the plan's digest, for a foundation made with up --protect"))
    .addOption(new Option("--port-base <n>", "first port of the foundation's block").argParser(whole))
    .addOption(new Option("--results <dir>", "where results go").default("results"))
    .addOption(new Option("--metrics <port>", "serves Prometheus /metrics on 127.0.0.1 while it runs; 0 takes a free port").argParser(whole))
    .addOption(
      new Option(
        "--baseline <what>",
        "fails when more is lost than runs of before let expect: a file of flounder history --save, a folder of results, or a git revision",
      ),
    )
    .addOption(new Option("--supervised", "asks in the terminal before each step of the playbook").default(false))
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder run four-cuts --seed 7")
    .action(async (what: string | undefined, flags: RunFlags, command: Command) => {
      refuseUnwritable(resolve(flags.results));
      const work = workOf(what, flags, command);
      const foundation = foundationOf(flags, command);
      const baseline = flags.baseline === undefined ? undefined : readBaseline(flags.baseline);
      let metrics: RunMetrics | undefined;
      const served = flags.metrics === undefined ? undefined : await serveMetrics(flags.metrics, () => metrics?.text() ?? "");
      if (served) say(`metrics at http://127.0.0.1:${served.port}/metrics`);
      const terminal = fromPlan((plan, about) => liveView(plan, process.stderr, { about }), say);
      const counting: Observer = fromPlan((plan) => {
        metrics = new RunMetrics(plan);
        return metrics;
      });
      const asking = flags.supervised ? askInTerminal(process.stdin, process.stderr) : undefined;
      const abort = abortOnSignals();
      try {
        const once = () =>
          runSession({
            work,
            foundation,
            resultsDir: resolve(flags.results),
            observers: [...(isQuiet() ? [] : [terminal]), ...(served ? [counting] : [])],
            signal: abort.signal,
            supervise: asking?.supervise,
          });
        const outcome = await once();
        if (flags.json) process.stdout.write(`${JSON.stringify(outcome.verdict, null, 2)}\n`);
        else if (isQuiet()) process.stdout.write(`${outcome.verdict.result.toUpperCase()}   ${join(outcome.folder, "report.html")}\n`);
        process.exitCode = outcome.defect === undefined ? exitOf[outcome.verdict.result] : defectExit;
        if (flags.baseline === undefined) return;
        const { standing, says } = await againstBaseline(baseline, flags.baseline, outcome, once);
        for (const line of says) say(line);
        if (standing === "worse") process.exitCode = Math.max(process.exitCode, exitOf.fail);
      } finally {
        served?.close();
        abort.off();
        asking?.close();
      }
    });
}

function foundationOf(flags: RunFlags, command: Command) {
  const engine = isGiven(command, "engine") ? flags.engine : undefined;
  if (flags.foundation === undefined) return bringUp({ engine, portBase: flags.portBase });
  return attachTo(flags.foundation, { approve: flags.approve, engine });
}
