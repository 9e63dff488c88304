/** flounder gameday: people in front of a live outage. The page, the run and this command are a process each; see harness/gameday/host.ts. */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { FlounderError } from "../errors.js";
import { GameFolder, type GameRecord } from "../gameday/folder.js";
import { host } from "../gameday/host.js";
import { codeOf, newSecret } from "../gameday/keys.js";
import { withPatience } from "../gameday/patience.js";
import { defaultSeats, seatsOf } from "../gameday/seats.js";
import { loadScenario } from "../registry.js";
import type { ScenarioWork, Work } from "../session/planning.js";
import { exitOf } from "./flags/exit.js";
import { positive, say, whole } from "./flags/options.js";
import { abortOnSignals } from "./flags/signals.js";
import { isGiven, type WorkFlags, withWork, workOf } from "./flags/work.js";
import { refuseUnwritable } from "./flags/writable.js";

interface GamedayFlags extends WorkFlags {
  readonly foundation?: string;
  readonly approve?: string;
  readonly portBase?: number;
  readonly results: string;
  readonly blind: boolean;
  readonly roles: string;
  readonly patience: number;
  readonly port: number;
  readonly share?: string;
  readonly linger: boolean;
  readonly supervised: boolean;
}

export function register(program: Command): void {
  withWork(program.command("gameday"))
    .argument("<scenario>", "a scenario's name or file, or a plan.json")
    .description("people play a scenario on a live page: a facilitator breaks, players see, act and mark (exit as flounder run)")
    .addOption(new Option("-F, --foundation <name>", "a foundation that is up already; it is healed, not ended"))
    .addOption(new Option("--approve <digest>", "the plan's digest, for a foundation made with up --protect"))
    .addOption(new Option("--port-base <n>", "first port of the foundation's block").argParser(whole))
    .addOption(new Option("--results <dir>", "where results go").default("results"))
    .addOption(new Option("--blind", "players and the room are told nothing of what is planned, injected and witnessed").default(false))
    .addOption(new Option("--roles <list>", "seats of players, each with what it has: NAME[:console][:inside],…").default(defaultSeats))
    .addOption(new Option("--patience <n>", "acts that a playbook would end get so many times their time: people take longer").argParser(positive).default(5))
    .addOption(new Option("--port <n>", "of the page; 0 takes a free one").argParser(whole).default(0))
    .addOption(new Option("--share <host>", "serves the page beyond this machine, at this name or address of it, without encryption"))
    .addOption(new Option("--supervised", "the playbook is played, and players are asked before each of its steps").default(false))
    .addOption(new Option("--linger", "the page stays when the game is over, until Ctrl-C").default(false))
    .addHelpText("after", "\nExample: flounder gameday day-2 --blind")
    .action(async (what: string, flags: GamedayFlags, command: Command) => {
      refuseUnwritable(resolve(flags.results));
      if (flags.port > 65_535) throw new FlounderError("usage", `--port ${flags.port} is not a port`, "give one up to 65535; 0 takes a free one");
      const { work, inside } = await forPeople(workOf(what, flags, command), flags.patience);
      const folder = new GameFolder(`${process.pid}-${randomBytes(3).toString("hex")}`);
      const { foundation, approve, portBase, share } = flags;
      const record: GameRecord = {
        id: folder.id,
        secret: newSecret(),
        port: flags.port,
        blind: flags.blind,
        supervised: flags.supervised,
        seats: seatsOf(flags.roles, inside),
        work: { ...work },
        resultsDir: resolve(flags.results),
        engine: isGiven(command, "engine") ? flags.engine : undefined,
        foundation,
        approve,
        portBase,
        share,
      };
      folder.make(record);
      if (share !== undefined) say(`warning: the page is served at ${share} without encryption: whoever can listen on the way can read it, and take part`);
      const abort = abortOnSignals();
      try {
        const outcome = await host({
          folder,
          say,
          links({ facilitator, player, room }) {
            process.stdout.write(`facilitator  ${facilitator}\nplayers      ${player}\nroom         ${room}\n`);
            if (share !== undefined) process.stdout.write(`join code    ${codeOf(record.secret)}   (players may type it instead)\n`);
          },
          signal: abort.signal,
          linger: flags.linger,
        });
        if (outcome.result === undefined) {
          say(outcome.why ?? "the run never began");
          process.exitCode = outcome.aborted ? exitOf.aborted : exitOf.inconclusive;
        } else {
          process.stdout.write(`${outcome.result.toUpperCase()}   ${outcome.folder}\n`);
          process.exitCode = exitOf[outcome.result];
        }
      } finally {
        abort.off();
        folder.remove();
      }
    });
}

/** A plan is played as it is; a scenario gets the time that people need. */
async function forPeople(work: Work, patience: number): Promise<{ readonly work: Work; readonly inside: boolean }> {
  if ("plan" in work) return { work, inside: false };
  const { scenario: asked = "", ...rest } = work;
  const { scenario, system } = typeof asked === "string" ? await loadScenario(asked, work.target) : { scenario: asked, system: work.target };
  return { work: { ...rest, scenario: withPatience(scenario, patience), target: system } satisfies ScenarioWork, inside: scenario.playersSee === "both" };
}
