/**
 * What a run looks like in the terminal: a line per thing that happened, with what developers, app users and the inside see just then.
 * On a TTY a last line ticks with the newest state; else plain lines only. Colours honour NO_COLOR and FORCE_COLOR.
 */
import pc from "picocolors";
import type { About, Event, Plan, Sample, Setup, Verdict } from "../../core.js";
import { reproFor, setupOf, setupWords } from "../../judge/setup.js";
import { plural } from "../../words.js";
import { sayExit } from "../load-words.js";
import { sayDelay, sayStep } from "../steps.js";
import { type Column, type ColumnState, columns, LiveState } from "./live-state.js";
import { summaryLines } from "./summary.js";

export interface LiveView {
  event(event: Event): void;
  samples(batch: readonly Sample[]): void;
  /** A line of progress that is no event: boot, preparation. */
  say(line: string): void;
  end(verdict: Verdict, dir: string): void;
}
export interface Out {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ViewOptions {
  /** Default: whether picocolors would and `out` is a TTY. */
  readonly colour?: boolean;
  /** On what the run takes place, and how it is done again. */
  readonly about?: About;
}

const cell = 13;
/** Of the words in a row, and of clock and time before them. */
const mostSays = 58;
const before = 18;
/** Where nothing ticks, what is left of a phase of fixed length is said so often. */
const everyUs = 30e6;
/** With less a row has no room for a column of each state: the last line has them, in words. */
const wideColumns = 100;

/** Header at once, then lines as events and samples come in. */
export function liveView(plan: Plan, out: Out, options: ViewOptions = {}): LiveView {
  const { about, colour = pc.isColorSupported && (out.isTTY === true || process.env.FORCE_COLOR !== undefined) } = options;
  const paint = pc.createColors(colour);
  const width = out.isTTY === true ? (out.columns ?? 80) : Number.POSITIVE_INFINITY;
  const narrow = width < wideColumns;
  const says = narrow ? Math.max(20, width - before - 1) : Math.min(mostSays, width - before - columns.length * cell);
  const state = new LiveState(plan.probes);
  const shown = new Map<Column, ColumnState["state"]>();
  const seen = new Map<string, Set<string>>();
  let turbulence = false;
  let ticking = false;
  let steadyFromUs = 0;
  /** Of fixed length: a phase, or an act that its own time ends. */
  let phase: { readonly name: string; readonly endUs: number } | undefined;
  let saidLeftUs = 0;
  let lost = 0;
  let measured = 0;

  const clear = () => {
    if (ticking) out.write("\r\u001b[2K");
    ticking = false;
  };
  const line = (text: string) => {
    clear();
    out.write(`${text}\n`);
  };
  const paintState = (text: string, { state: word }: ColumnState): string =>
    ({ ok: paint.green, slow: paint.yellow, some: paint.yellow, down: (t: string) => paint.bold(paint.red(t)), unknown: paint.dim })[word](text);
  const cells = () => (narrow ? "" : columns.map((column) => paintState(state.of(column).text.padEnd(cell), state.of(column))).join(""));
  /** The same in words, for the last line of a narrow terminal: only what is not well. */
  const inWords = () => {
    const unwell = columns.filter((column) => state.of(column).state !== "ok");
    return unwell.length === 0 ? "all ok" : unwell.map((column) => `${column} ${state.of(column).text}`).join(" · ");
  };
  const row = (atUs: number, text: string, clock = "", tint = (t: string) => t) => {
    for (const column of columns) shown.set(column, state.of(column).state);
    const at = `${(atUs / 1e6).toFixed(1)} s`.padStart(8);
    // A terminal has so many columns; a file has room for every word.
    const cut = out.isTTY === true && text.length > says;
    const body = cut ? `${text.slice(0, says - 2)}… ` : text.length >= says ? `${text}  ` : text.padEnd(says);
    line(`  ${paint.dim(clock.padEnd(6))}${at}  ${tint(body)}${cells()}`.trimEnd());
  };
  /** Runs of one act are told as one line, when the last of its injections got there. */
  const together = (kind: string, injection: string): { act: string; targets: string[] } | undefined => {
    const act = plan.injections.find((one) => one.id === injection)?.act;
    if (act === undefined) return undefined;
    const key = `${kind} ${act}`;
    const done = seen.get(key) ?? new Set();
    seen.set(key, done);
    const before = done.size;
    done.add(injection);
    const mine = plan.injections.filter((one) => one.act === act);
    return before < mine.length && done.size === mine.length ? { act, targets: mine.map((one) => one.target) } : undefined;
  };

  const { foundation } = plan;
  const [head, ...more] = wrapped(
    [
      `flounder ${plan.name}`,
      `seed ${plan.seed}`,
      `${foundation.profile} on ${plan.engine}`,
      `platform timers ÷${foundation.timeFactor}`,
      `plan ${plan.digest.slice(0, 8)}`,
    ],
    width,
  );
  line(head!.replace(`flounder ${plan.name}`, paint.bold));
  for (const text of more) line(`  ${text}`);
  const setup: Setup = { ...setupOf(plan, []), about: about ?? null };
  const words = setupWords(setup).flatMap(([name, value]) => (narrow ? `${name} ${value}`.split(", ") : `${name} ${value}`));
  for (const text of wrapped(words, width - 2)) line(paint.dim(`  ${text}`));
  for (const warning of plan.warnings) line(paint.yellow(`  warning: ${warning}`));

  const leftOf = (atUs: number) => (phase === undefined ? "" : `${phase.name}: ${Math.max(0, Math.ceil((phase.endUs - atUs) / 1e6))} s left`);
  const tick = (atUs: number, text: string) => {
    if (!out.isTTY) {
      if (phase === undefined || atUs - saidLeftUs < everyUs || atUs >= phase.endUs) return;
      saidLeftUs = atUs;
      return row(atUs, `  ${leftOf(atUs)}`, "", paint.dim);
    }
    clear();
    out.write(paint.dim(`  ${"".padEnd(6)}${`${(atUs / 1e6).toFixed(1)} s`.padStart(8)}  ${text}`));
    ticking = true;
  };

  const lasts = (name: string, lengthS: number | undefined, atUs: number) => {
    phase = lengthS === undefined ? undefined : { name, endUs: atUs + lengthS * 1e6 };
    saidLeftUs = atUs;
  };
  const onPhase = (name: string, atUs: number) => {
    lasts(name === "steady" ? "steady phase" : "watching", name === "steady" ? plan.phases.steadyS : name === "watch" ? plan.phases.watchS : undefined, atUs);
    if (name === "boot") return line(`  preparing apps and probes …`);
    if (name === "steady") {
      steadyFromUs = atUs;
      measured = lost = 0;
      return line(`ready at ${(atUs / 1e6).toFixed(1)} s · steady phase of ${plan.phases.steadyS} s …`);
    }
    if (name === "turbulence") {
      turbulence = true;
      for (const column of columns) shown.set(column, state.of(column).state);
      line(`steady ${((atUs - steadyFromUs) / 1e6).toFixed(0)} s: ${lost} of ${plural(measured, "sample")} lost`);
      return line(paint.dim(`  clock      run   ${"what happened".padEnd(says)}${narrow ? "" : columns.map((name) => name.padEnd(cell)).join("")}`.trimEnd()));
    }
    if (name === "watch") return row(atUs, `watching ${plan.phases.watchS} s for damage that comes late`, "", paint.dim);
    return undefined;
  };

  return {
    event(event) {
      const { atUs } = event;
      if (event.kind === "phase") onPhase(event.phase, atUs);
      else if (event.kind === "injected") {
        const all = together("injected", event.injection);
        const act = plan.acts.find((one) => one.id === all?.act);
        if (!all || !act) return;
        row(atUs, `▲ ${act.fault} ${sayTargets(all.targets)}`, act.clock, paint.magenta);
        // How long a playbook takes nobody knows.
        if (act.endedBy !== "playbook") lasts(act.id, act.forS, atUs);
      } else if (event.kind === "healed") {
        const all = together("healed", event.injection);
        if (all && phase?.name === all.act) phase = undefined;
        if (all) row(atUs, `▼ ${all.act} healed on ${sayTargets(all.targets)}`, "", event.proved ? paint.cyan : paint.yellow);
        if (!event.proved) row(atUs, `healing ${event.injection} is NOT proved`, "", paint.red);
      } else if (event.kind === "step" && event.state !== "due") {
        const came = event.came ? `: ${event.came}` : "";
        if (event.procedure !== undefined && event.state === "acting") row(atUs, `▸ ${sayStep(plan, event)}${sayDelay(plan, event)}`, "", paint.blue);
        else if (event.procedure !== undefined && event.state === "done") came && row(atUs, `  ${event.came}`, "", paint.blue);
        else
          row(
            atUs,
            `▸ ${sayStep(plan, event)}${event.state === "done" ? came : ` (${event.state}${came})`}`,
            "",
            event.state === "done" ? paint.blue : paint.red,
          );
      } else if (event.kind === "detected") row(atUs, `◆ ${event.procedure}: ${event.says}`, "", paint.blue);
      else if (event.kind === "alarm" || event.kind === "trouble")
        row(atUs, `  ${event.from}: ${event.says}`, "", event.kind === "alarm" ? paint.yellow : paint.dim);
      else if (event.kind === "act" && event.state === "steady-again") row(atUs, `  steady again after ${event.act}`, "", paint.dim);
      else if (event.kind === "act" && event.state === "not-steady") row(atUs, `  NOT steady again after ${event.act}`, "", paint.red);
      else if (event.kind === "missing") row(atUs, `an acknowledged write is gone: ${event.write}`, "", paint.red);
      else if (event.kind === "aborted") row(atUs, `ABORTED: ${event.why}`, "", paint.red);
      else if (event.kind === "load-began") row(atUs, `  load: ${event.says} began`, "", paint.dim);
      else if (event.kind === "load-ended") row(atUs, `  load ended${event.byItself ? " by itself" : ""}, ${sayExit(event)}`, "", paint.dim);
      else if (event.kind === "foreign") row(atUs, event.says, "", paint.red);
      else if (event.kind === "broken-off") row(atUs, `BROKEN OFF: ${event.why}`, "", paint.red);
    },
    samples(batch) {
      state.add(batch);
      for (const { outcome } of batch) {
        if (outcome === "observer" || outcome === "not-attempted") continue;
        measured++;
        if (outcome !== "ok") lost++;
      }
      const atUs = Math.max(0, ...batch.map((sample) => sample.endUs));
      if (batch.length === 0) return;
      if (!turbulence) return void (phase && tick(atUs, leftOf(atUs)));
      // Only what a column *is* makes a line of its own; figures that drift (2 of 6, 3 of 6) tick below.
      const changes = columns.filter((column) => (shown.get(column) ?? "unknown") !== state.of(column).state);
      if (changes.length > 0) row(atUs, `  ${changes.map((column) => `${column} ${sayState(state.of(column))}`).join(", ")}`, "", paint.dim);
      else tick(atUs, narrow ? [leftOf(atUs), inWords()].filter(Boolean).join(" · ").slice(0, says) : leftOf(atUs).padEnd(says) + cells().trimEnd());
    },
    say: (text) => line(`  ${text}`),
    end(verdict, dir) {
      for (const text of summaryLines(plan, verdict))
        line(text.startsWith("  fail") ? paint.red(text) : text.startsWith("  inconclusive") ? paint.yellow(text) : text);
      const badge = verdict.result.toUpperCase();
      const tint = { pass: paint.green, fail: paint.red, inconclusive: paint.yellow, aborted: paint.magenta }[verdict.result];
      line(`${paint.bold(tint(badge))}   ${dir}/report.html`);
      line(`Repro: ${reproFor(plan, setup)}`);
    },
  };
}

/** Parts with dots between, on as few lines as so many columns allow; all but the first have two columns less. */
function wrapped(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const room = lines.length > 1 ? width - 2 : width;
    if (last !== undefined && `${last} · ${part}`.length <= room) lines[lines.length - 1] = `${last} · ${part}`;
    else lines.push(part);
  }
  return lines;
}

const sayState = ({ state, text }: ColumnState): string => ({ ok: "back", slow: text, some: text, down: "DOWN", unknown: "not seen yet" })[state];

/** "router-1, router-2" or "cc-1>nats-1 and 7 more". */
const sayTargets = (targets: readonly string[]): string => (targets.length <= 3 ? targets.join(", ") : `${targets[0]} and ${targets.length - 1} more`);
