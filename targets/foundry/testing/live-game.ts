/** For tests: `flounder gameday` as a child, with a tab for the facilitator, a player and the room. */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { type Ended, ended, startFlounder } from "../../../harness/cli/testing/program.js";
import { until } from "../../../harness/clock.js";
import { joiner, type Tab } from "../../../harness/gameday/testing/client.js";

export interface StagedGame {
  readonly child: ChildProcess;
  readonly end: Promise<Ended>;
  readonly facilitator: Tab;
  readonly player: Tab;
  readonly room: Tab;
}

/** Resolves when all three tabs have joined. Throws what the command said where it ended before. */
export async function stageGame(cwd: string, words: readonly string[]): Promise<StagedGame> {
  const child = startFlounder(["gameday", ...words], { cwd });
  const end = ended(child);
  let out = "";
  child.stdout!.on("data", (chunk) => {
    out += chunk;
  });
  const links = () => [...out.matchAll(/http:\S+/g)].map(([link]) => link);
  await until("the links", () => links().length >= 3 || child.exitCode !== null, 60_000, 50);
  if (child.exitCode !== null) throw new Error((await end).says);
  const [facilitator, player, room] = await Promise.all(links().map((link, i) => joiner(link, ["ann", "bob", "the room"][i]!)));
  return { child, end, facilitator: facilitator!, player: player!, room: room! };
}
export const inPhase = ({ facilitator }: StagedGame, phase: string): Promise<void> =>
  facilitator.until(`phase ${phase}`, () => facilitator.events().some((event) => event.kind === "phase" && event.phase === phase), 90_000);

/** Processes of the command, by the entry that they run. */
export const pidsOf = ({ child }: StagedGame, entry: "runner.js" | "serve.js"): readonly number[] =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[1] === String(child.pid) &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(entry)
        );
      } catch {
        return false;
      }
    })
    .map(Number);

/** Ends it whatever it is at. */
export async function leaveGame({ child, end, facilitator, player, room }: StagedGame): Promise<void> {
  for (const tab of [facilitator, player, room]) tab.leave();
  if (child.exitCode === null) child.kill("SIGINT");
  if (child.exitCode === null) child.kill("SIGINT");
  await end;
}
