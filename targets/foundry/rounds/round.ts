/**
 * One round: a fault bites, something happens to Flounder itself, and `flounder heal` or `flounder down` is asked for. Then all is as before; or what differs was
 * said with the command that ends it, and that command ends it. Throws with what did not hold.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep, until } from "../../../harness/clock.js";
import { leftovers } from "../conformance/leftovers.js";
import type { Round } from "./draw.js";
import { says } from "./draw.js";
import type { Command, Ground, Said } from "./ground.js";
import { type Struck, strike } from "./strike.js";

/** A keeper that is stopped is waited for 10 s, then it has 65 s to heal what it injected. */
const commandMs = 120_000;
/** The platform's own timers: registrations, and what a health manager starts again. */
const settleMs = 30_000;
/** From the last thing that could keep it to the end of a runner. */
const runnerMs = 90_000;

export interface Outcome {
  /** "as before", or the commands that were named and ended the difference. */
  readonly how: string;
  readonly undoMs: number;
  /** What was to be struck was there. */
  readonly hit: boolean;
}

/** Plays it on a foundation that is up, and ends it where the round says so. */
export async function play(ground: Ground, round: Round): Promise<Outcome> {
  const { deed, last, ending } = round;
  const told: Said[] = [];
  const note = (said: Said) => {
    told.push(said);
    return said;
  };
  let { hit, restore }: Struck = { hit: true, restore: () => {} };
  let runner: Command | undefined;
  try {
    if (deed.to === "disk" && deed.before) restore = ground.fill();
    runner = start(ground, round);
    if (round.from === "act") await begun(runner);
    await sleep(round.afterMs);
    if (deed.to !== "disk" || !deed.before) ({ hit, restore } = await strike(ground, deed, runner.pid));
    await sleep(round.thenMs);
    const first = note(await ground.run([ending, "--foundation", ground.id], commandMs).done);
    orderly(first);
    restore();
    note(await finish(runner, deed.to === "runner" && deed.signal));
    const outcome = ending === "down" ? await ended(ground, first) : await mended(ground, first, note);
    if (ground.isUp && last) {
      const down = note(await ground.run(["down", "--foundation", ground.id], commandMs).done);
      orderly(down);
      await ended(ground, down);
    }
    return { ...outcome, undoMs: first.tookMs, hit };
  } catch (error) {
    restore();
    const story = told.map(
      ({ words, status, signal, tookMs, text }) => `$ flounder ${words}\n${text}→ ${status ?? signal ?? "killed"} after ${tookMs.toFixed(0)} ms\n`,
    );
    const kept = ground.keep(round.seed, [says(round), String((error as Error).message), ...story, runner ? `the runner:\n${runner.said()}` : ""].join("\n\n"));
    throw new Error(`${(error as Error).message.slice(0, 3000)}\n${says(round)}\nkept in ${kept}`);
  }
}

function start(ground: Ground, { seed, runner, fault, options, target, forS }: Round): Command {
  if (runner === "break") {
    const set = Object.entries(options as object).flatMap(([name, value]) => ["--set", `${name}=${JSON.stringify(value)}`]);
    return ground.run(["break", fault, "--on", target, "--for", String(forS), ...set, "--foundation", ground.id], runnerMs * 2);
  }
  const file = join(ground.scratch, `round-${seed}.mjs`);
  const scenario = {
    name: `round-${seed}`,
    says: "one fault, while something happens to the run",
    foundation: { profile: "micro", timeFactor: 20 },
    acts: [{ id: "act", fault, options, on: { of: target, pick: "one" }, atS: 0, forS }],
    must: [],
    giveUpS: 60,
  };
  writeFileSync(file, `export default ${JSON.stringify(scenario)};\n`);
  return ground.run(["run", file, "--foundation", ground.id, "--results", join(ground.scratch, "results")], runnerMs * 2);
}
/** The header of what happens is shown when the steady phase is over. It may also end before. */
const begun = (runner: Command) => Promise.race([runner.done, until("the run to begin its act", () => runner.said().includes("what happened"), 40_000, 20)]);

/** A command ends in time, with a word of its own. */
function orderly({ words, status, signal, text }: Said): void {
  if (signal !== null) throw new Error(`flounder ${words} was ended by ${signal}`);
  if (status === null) throw new Error(`flounder ${words} did not end`);
  if (status === 70 || /^ {4}at |a defect in the harness/m.test(text)) throw new Error(`flounder ${words} ended with ${status}: ${text}`);
}
/** The runner is let go on, and ends. */
async function finish(runner: Command, struck: string | false): Promise<Said> {
  if (struck === "SIGSTOP")
    try {
      process.kill(runner.pid, "SIGCONT");
    } catch {
      // it has ended
    }
  const said = await runner.done;
  if (said.status === null && said.signal === null) throw new Error("the runner did not end");
  if (!struck) orderly(said);
  else if (said.status === 70 || /^ {4}at /m.test(said.text)) throw new Error(`the runner ended with ${said.status}: ${said.text}`);
  return said;
}

/** All is as before, or becomes so by the commands that were named. */
async function mended(ground: Ground, first: Said, note: (said: Said) => Said): Promise<Pick<Outcome, "how">> {
  const differs = await difference(ground, first.status === 0 ? settleMs : 2000);
  if (differs === "") return { how: "as before" };
  const status = note(await ground.run(["status", "--foundation", ground.id], commandMs).done);
  const named = [...new Set([first.text, status.text].flatMap(commandsIn))];
  if (named.length === 0) throw new Error(`no command is named for what differs: ${differs}`);
  for (const words of named) {
    const said = note(await ground.run([...words.split(" "), "--foundation", ground.id], commandMs).done);
    orderly(said);
    if (said.status !== 0) continue;
    if (words === "down") return ended(ground, said);
    if ((await difference(ground, settleMs)) === "") return { how: `as before by: ${named.slice(0, named.indexOf(words) + 1).join("; ")}` };
  }
  throw new Error(`${named.join("; ")} did not end it: ${await difference(ground, 0)}`);
}
/** Those that end a difference, in the order in which they are tried. */
const remedies = ["heal", "recover", "release", "down"];
function commandsIn(text: string): string[] {
  const found = [...text.matchAll(/flounder ([a-z]+)/g)].map(([, verb]) => verb!);
  return remedies.filter((verb) => found.includes(verb)).map((verb) => (verb === "release" ? "release --reason looked" : verb));
}

/** Empty when nothing differs within so many ms. */
async function difference(ground: Ground, withinMs: number): Promise<string> {
  let differs = "";
  const look = async () => {
    let now: Readonly<Record<string, string>>;
    try {
      now = await ground.look();
    } catch (error) {
      differs = (error as Error).message;
      return false;
    }
    const keys = [...new Set([...Object.keys(ground.before), ...Object.keys(now)])].filter((key) => now[key] !== ground.before[key]);
    differs = keys.map((key) => `${key}: ${ground.before[key] ?? "–"} → ${now[key] ?? "–"}`).join("; ");
    return differs === "";
  };
  await until("all to be as before", look, withinMs, 200).catch(() => {});
  return differs;
}

/** Down was said to be done: nothing is left, whatever it calls itself. */
async function ended(ground: Ground, down: Said): Promise<Pick<Outcome, "how">> {
  if (down.status !== 0) throw new Error(`flounder ${down.words} ended with ${down.status}: ${down.text}`);
  const { engine, id, folder } = ground;
  const left = [...(await leftovers(engine, { id, dir: folder }, [])), ...(existsSync(folder) ? [`the state folder ${folder}`] : []), ...ground.eye.left()];
  if (left.length > 0) throw new Error(`left behind:\n${left.join("\n")}`);
  ground.ended();
  return { how: "nothing is left" };
}
