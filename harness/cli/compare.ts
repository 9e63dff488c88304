/** flounder compare: one incident under several playbooks, in randomised blocks, each trial on a foundation of its own; says which works best, or that it is not decided. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { digestOf } from "../canonical.js";
import { analyse } from "../compare/analysis/analyse.js";
import { type Asked, prepared, readAsked, settled } from "../compare/asked.js";
import { type ComparisonFolder, commandIn, openFolder } from "../compare/folder.js";
import { liveLaboratory } from "../compare/laboratory.js";
import { LiveComparison } from "../compare/live.js";
import { renderMarkdown } from "../compare/output/markdown.js";
import { renderTerminal } from "../compare/output/terminal.js";
import { type GameDays, readGameDays, systemOf } from "../compare/people.js";
import { engines, printed } from "../compare/print.js";
import type { Comparison, Design, TrialStrip } from "../compare/shapes.js";
import { gather } from "../compare/shards.js";
import { runTrials, type Shard, trialsLeft } from "../compare/trials.js";
import { FlounderError } from "../errors.js";
import { addToStepSummary } from "../report/step-summary.js";
import { refuseTrouble } from "../session/foundation.js";
import { writeWhole } from "../state/own-file.js";
import { engineOption, jsonOption, operatorOption, positive, say, seedOption, whole } from "./flags/options.js";
import { abortOnSignals } from "./flags/signals.js";
import { refuseUnwritable } from "./flags/writable.js";

interface Flags {
  readonly playbooks?: readonly string[];
  readonly against?: string;
  readonly allPairs?: boolean;
  readonly aa?: boolean;
  readonly primary?: Asked["outcome"];
  readonly sequential?: boolean;
  readonly blocks?: number;
  readonly maxBlocks?: number;
  readonly matters: number;
  readonly alpha: number;
  readonly cap?: number;
  readonly expect?: string;
  readonly seed: number;
  readonly engine: string;
  readonly profile?: string;
  readonly timeFactor?: number;
  readonly operator: string;
  readonly rerunDelays?: number | undefined;
  readonly shard?: Shard | undefined;
  readonly resume?: string;
  readonly from?: readonly string[];
  readonly people?: readonly string[];
  readonly print?: (typeof engines)[number];
  readonly shards: number;
  readonly image?: string;
  readonly results: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("compare")
    .argument("[scenario]", "a scenario's name or file")
    .description(
      "lives through one incident under each playbook, again and again, and says which one works best (exit 0 decided, 1 refuted or harmful, 2 not decided, 3 aborted)",
    )
    .addOption(new Option("--playbooks <names>", "names or files, with commas; one that comes twice is held against itself").argParser(list))
    .addOption(new Option("--against <name>", "each against this one; default: the scenario's own playbook"))
    .addOption(new Option("--all-pairs", "each against each"))
    .addOption(new Option("--aa", "the reference once more, as an arm of its own: how often chance alone finds a difference"))
    .addOption(
      new Option("--primary <outcome>", "control.outside, control.inside, data.outside or data.inside; default: what the scenario says must be lost").argParser(
        outcome,
      ),
    )
    .addOption(new Option("--blocks <n>", "each block has every playbook once (default 12)").argParser(count))
    .addOption(new Option("--sequential", "stops as soon as every pair is decided"))
    .addOption(new Option("--max-blocks <n>", "with --sequential: no more than these (default 30)").argParser(count))
    .addOption(new Option("--matters <ratio>", "the smallest ratio that matters").default(1.25, "1.25x").argParser(ratio))
    .addOption(new Option("--alpha <p>", "how often a false decision may come").default(0.05).argParser(Number))
    .addOption(new Option("--cap <seconds>", "a trial that has not recovered by then counts as not recovered (default: the longest act)").argParser(positive))
    .addOption(new Option("--expect <order>", '"faster < slower": exit 1 if the opposite is shown'))
    .addOption(operatorOption())
    .addOption(seedOption())
    .addOption(engineOption())
    .addOption(new Option("--profile <name>", "instead of the scenario's"))
    .addOption(new Option("--time-factor <n>", "instead of the scenario's").argParser(positive))
    .addOption(
      new Option(
        "--rerun-delays <blocks>",
        "at its end, so many blocks once more at human delays x 0.5 and x 2, of playbooks that cannot be re-simulated",
      ).argParser(count),
    )
    .addOption(new Option("--shard <i/n>", "runs this share of the blocks; --from reads them together").argParser(shard))
    .addOption(new Option("--resume <dir>", "goes on with a comparison that was cut off; trials that were over stay"))
    .addOption(new Option("--from <dirs...>", "runs nothing: reads the trials of one design from these folders"))
    .addOption(new Option("--people <results...>", "game days of the same scenario, shown beside the playbooks: not randomised, so not tested"))
    .addOption(new Option("--print <engine>", "runs nothing: prints the job for an engine of yours").choices(engines))
    .addOption(new Option("--shards <n>", "with --print: so many tasks").default(2).argParser(count))
    .addOption(new Option("--image <name>", "with --print: an image that has flounder and sshfs"))
    .addOption(new Option("--results <dir>", "where results go; with --print a folder of each node, or a volume").default("results"))
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder compare day-2 --playbooks none,all-at-once,ordered --against all-at-once")
    .action(async (scenario: string | undefined, flags: Flags) => {
      if (flags.rerunDelays !== undefined && (flags.from || flags.print || flags.shard))
        throw new FlounderError(
          "usage",
          "--rerun-delays with --shard, --from or --print: what must be run again is seen in all blocks together",
          "give it to a comparison on one machine, also once it is over: flounder compare --resume DIR --rerun-delays 3",
        );
      if (flags.people && (flags.print || flags.shard))
        throw new FlounderError(
          "usage",
          `--people with ${flags.print ? "--print" : "--shard"}: a share of the blocks is no comparison yet`,
          "give it when all shares are read together: flounder compare --from DIR DIR … --people RESULTS",
        );
      if (flags.from) return await readTogether(flags.from, flags);
      const kept = flags.resume === undefined ? undefined : readAsked(commandIn(flags.resume), flags.resume);
      const asked = kept && scenario === undefined ? kept : askedBy(scenario, flags);
      if (kept && digestOf(kept.shard ?? null) !== digestOf(flags.shard ?? asked.shard ?? null))
        throw new FlounderError("usage", `${flags.resume} has another share of the blocks`, `flounder compare --resume ${flags.resume}, and nothing else`);
      if (asked.shard && asked.sequential)
        throw new FlounderError(
          "usage",
          "--shard with --sequential: whether to stop is seen in all blocks together",
          "leave --sequential out, and give --blocks",
        );
      if (!flags.print) refuseUnwritable(resolve(flags.resume ?? flags.results));
      const { bench, design } = await prepared(asked);
      if (flags.people && asked.shard)
        throw new FlounderError("usage", "--people with a share of the blocks, which is no comparison yet", "give it with --from DIR DIR …");
      const people = flags.people && readGameDays(flags.people, design, bench.system.name);
      if (flags.print) return void process.stdout.write(jobOf(flags.print, flags));
      await refuseTrouble(asked.engine, say);
      const dir = resolve(flags.resume ?? join(flags.results, `${utc()}-compare-${design.scenario}-${design.seed}`));
      const folder = openFolder(dir, design, asked);
      try {
        sayDesign(design, folder, asked.shard);
        await live(design, folder, { ...flags, shard: asked.shard }, people, (view) =>
          liveLaboratory(bench, design, folder.dir, folder.runsDir, [{ say: (line) => view.progress(line) }]),
        );
      } finally {
        folder.close();
      }
    });
}

async function live(
  design: Design,
  folder: ComparisonFolder,
  flags: Flags,
  people: GameDays | undefined,
  open: (view: LiveComparison) => ReturnType<typeof liveLaboratory>,
): Promise<void> {
  const view = new LiveComparison(design, () => folder.trials, process.stderr, flags.shard);
  const abort = abortOnSignals();
  const strips = () => [...folder.strips, ...(people?.strips ?? [])];
  try {
    const { writeOutputs } = await outputs();
    const laboratory = await open(view);
    const comparison = await runTrials({
      design,
      folder,
      laboratory,
      signal: abort.signal,
      shard: flags.shard,
      delaysBlocks: flags.rerunDelays,
      people: people?.trials,
      begins: (slot, state) => view.begins(slot, state),
      ended: (trial, state) => {
        view.ended(trial);
        writeOutputs(design, state, strips(), folder.write);
      },
    });
    view.done();
    writeOutputs(design, comparison, strips(), folder.write);
    tell({ design, comparison, strips: strips() }, folder.dir, flags);
    // A share can decide nothing by itself: it is well when its trials are over, or whoever runs it as a task would take it for failed.
    if (flags.shard && comparison.exitCode === 2 && trialsLeft(design, folder.trials, flags.shard) === 0) process.exitCode = 0;
    if (flags.shard) say(`share ${flags.shard.index} of ${flags.shard.of}: read all shares together with flounder compare --from DIR DIR …`);
    else if (!comparison.finished) say(`go on with it: flounder compare --resume ${folder.dir}`);
  } finally {
    abort.off();
  }
}

/** Loaded by whoever writes them, not with every command: drawing takes a third of a second to load. */
const outputs = () => import("../compare/outputs.js");

/** The same command once more, for each of the tasks. What cannot be planned was refused before. */
function jobOf(engine: (typeof engines)[number], { image, shards, results, sequential }: Flags): string {
  if (image === undefined) throw new FlounderError("usage", "--print without --image", "name an image that has flounder and sshfs: docs/compare.md");
  if (sequential) throw new FlounderError("usage", "--print with --sequential: whether to stop is seen in all blocks together", "leave --sequential out");
  const own = new Set(["--print", "--shards", "--image", "--results"]);
  const words = process.argv
    .slice(2)
    .flatMap((word) => (/^--[a-z-]+=/.test(word) ? [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)] : [word]));
  return printed(engine, { words: words.filter((word, i) => !own.has(word) && !own.has(words[i - 1] ?? "")), shards, image, results });
}

/** Trials of one design from several folders: nothing is run. */
async function readTogether(dirs: readonly string[], flags: Flags): Promise<void> {
  const { writeOutputs } = await outputs();
  const { design, digest, trials, strips: drawn } = gather(dirs);
  const people = flags.people && readGameDays(flags.people, design, systemOf(dirs, trials));
  const strips = [...drawn, ...(people?.strips ?? [])];
  refuseUnwritable(resolve(flags.results));
  const comparison = analyse(design, trials, { digest, people: people?.trials });
  const dir = resolve(flags.results, `${utc()}-compare-${design.scenario}-${design.seed}`);
  mkdirSync(dir, { recursive: true });
  writeOutputs(design, comparison, strips, (name, text) => writeWhole(join(dir, name), text, 0o644));
  tell({ design, comparison, strips }, dir, flags);
}

function tell(report: { readonly design: Design; readonly comparison: Comparison; readonly strips: readonly TrialStrip[] }, dir: string, flags: Flags): void {
  const { comparison } = report;
  if (flags.json) process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
  else
    process.stdout.write(
      `${renderTerminal(report, { columns: process.stdout.columns ?? 100, colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined })}\n`,
    );
  addToStepSummary(renderMarkdown(report), say);
  say(`report: ${join(dir, "report.html")}`);
  process.exitCode = comparison.exitCode;
}

function sayDesign(design: Design, { dir, digest, trials }: ComparisonFolder, share: Shard | undefined): void {
  const { arms, blocks, maxBlocks, path, outcome: primary, reference, matters, capS } = design;
  say(
    `design ${digest}: ${arms.length} playbooks, ${path === "fixed" ? blocks : `${blocks} to ${maxBlocks}`} blocks${share ? ` (share ${share.index} of ${share.of})` : ""}; ` +
      `primary outcome: lost seconds of ${primary.plane} ${primary.from}; ${reference === null ? "all pairs" : `against ${reference}`}; ` +
      `what matters: ${matters}x; cap ${capS} s`,
  );
  say(`${trials.length > 0 ? `${trials.length} trials were over before; ` : ""}files: ${dir}`);
}

function askedBy(scenario: string | undefined, flags: Flags): Asked {
  if (scenario === undefined) throw new FlounderError("usage", "no scenario was named", "flounder compare SCENARIO --playbooks a,b,…; flounder list scenarios");
  if (!flags.playbooks) throw new FlounderError("usage", "no playbooks were named", "--playbooks none,as-it-was,…; flounder list playbooks");
  const { against, allPairs, aa, primary, sequential, blocks, maxBlocks, matters, alpha, cap, expect, seed, engine, profile, timeFactor, operator } = flags;
  const given = {
    against,
    allPairs,
    aa,
    outcome: primary,
    sequential,
    blocks,
    maxBlocks,
    capS: cap,
    expect,
    profile,
    timeFactor,
    shard: flags.shard,
  };
  return {
    scenario: settled(scenario),
    playbooks: flags.playbooks.map(settled),
    matters,
    alpha,
    seed,
    engine,
    operator: operator.endsWith(".json") ? resolve(operator) : operator,
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Asked>),
  };
}

/** 20110425T124500Z, as results folders of runs have it. */
const utc = (): string => new Date().toISOString().replace(/[-:]|\.\d+/g, "");

const list = (text: string): readonly string[] => {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === "")) throw new InvalidArgumentError("expected names with commas between them");
  return names;
};
const count = (text: string): number => {
  if (whole(text) < 1) throw new InvalidArgumentError("expected a whole number above 0");
  return whole(text);
};
const ratio = (text: string): number => {
  const value = Number(text.replace(/x$/, ""));
  if (!Number.isFinite(value)) throw new InvalidArgumentError("expected a ratio such as 1.25x");
  return value;
};
const outcome = (text: string): NonNullable<Asked["outcome"]> => {
  const [plane, from, ...more] = text.split(".");
  if (more.length > 0 || (plane !== "control" && plane !== "data") || (from !== "outside" && from !== "inside"))
    throw new InvalidArgumentError("expected control.outside, control.inside, data.outside or data.inside");
  return { plane, from };
};
const shard = (text: string): Shard => {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index === undefined || of === undefined || Number(index) < 1 || Number(index) > Number(of))
    throw new InvalidArgumentError("expected a share such as 2/4");
  return { index: Number(index), of: Number(of) };
};
