/** flounder status: what is up, how to reach it, what is injected, and what the platform suffers from. */
import type { Command } from "commander";
import pc from "picocolors";
import type { ComponentFacts, FoundationFacts, SaidDifference } from "../core.js";
import { sayOthers } from "../keeper/of-others.js";
import { listFoundations } from "../keeper/start.js";
import { isProtected } from "../state/foundation.js";
import { foundationOption, jsonOption, open } from "./flags/options.js";
import { sayAilments, sayGate } from "./words/aftermath.js";

export function register(program: Command): void {
  program
    .command("status")
    .description("the foundations on this machine; of one, its components and addresses, what is injected, and what it suffers from")
    .addOption(foundationOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder status --foundation demo --json")
    .action(async (flags: { foundation?: string; json?: boolean }) => {
      const all = await listFoundations();
      if (flags.foundation === undefined && all.length !== 1) {
        if (flags.json) process.stdout.write(`${JSON.stringify(all)}\n`);
        else
          process.stdout.write(
            all.length === 0
              ? `${["no foundation is up; flounder up makes one", sayOthers()].filter(Boolean).join("\n")}\n`
              : `${all.map((one) => `${one.id}  ${one.alive ? "up" : "its keeper is dead: flounder heal"}`).join("\n")}\n`,
          );
        return;
      }
      await using client = await open(flags.foundation);
      const [facts, status, differences, ailments] = await Promise.all([client.facts(), client.status(), client.differences(), client.ailments()]);
      const { injections, stopped, frozen } = status;
      const others = (status.clients ?? []).filter(({ pid }) => pid !== process.pid);
      if (flags.json) {
        process.stdout.write(
          `${JSON.stringify({ ...facts, stopped, frozen, protected: isProtected(client.id), writer: status.writer ?? null, clients: others, injections, differences, ailments }, null, 2)}\n`,
        );
        return;
      }
      printStatus(facts, false);
      const injected = injections.map(({ fault, target, state, reads }) => `${pc.red("injected")}: ${fault} on ${target} (${state}, reads ${reads})`);
      const suffers = sayAilments(client.id, ailments, injections.length > 0);
      const heal = injections.length > 0 && suffers.length === 0 ? [`  → flounder heal --foundation ${client.id}`] : [];
      const guarded = isProtected(client.id) ? ["protected: only a plan that was approved may run: flounder run PLAN --approve DIGEST"] : [];
      const owned = status.writer ? [`${status.writer.command} (process ${status.writer.pid}) has it, since ${status.writer.sinceIso}`] : [];
      const connected = others.map(({ name, lease }) => `connected: ${name}${lease ? ", which heals what it injects when it goes" : ""}`);
      for (const line of [
        ...injected,
        ...heal,
        ...differencesIn(client.id, differences),
        ...suffers,
        ...sayGate(client.id, status),
        ...guarded,
        ...owned,
        ...connected,
      ])
        process.stdout.write(`${line}\n`);
    });
}

export function printStatus(facts: FoundationFacts, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
    return;
  }
  const lines = [
    `${pc.bold(facts.id)}  ${facts.system} ${facts.profile} on ${facts.engine}, platform timers ÷${facts.timeFactor}`,
    ...Object.entries(facts.endpoints).map(([name, at]) => `${name.padEnd(7)} ${[at].flat().join(", ")}`),
    ...(facts.user === "" ? [] : [`user    ${facts.user}`]),
    ...facts.components.map(
      (c) =>
        `  ${c.name.padEnd(12)} ${(c.state === "ready" ? pc.green : pc.red)(c.state.padEnd(9))} pid ${String(c.pid ?? "-").padEnd(8)} ${reached(c)}${c.restarts ? `  restarts ${c.restarts}` : ""}`,
    ),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** What a foundation's machine shows that no injection holds, and what to do about it. */
export const differencesIn = (id: string, found: readonly SaidDifference[]): readonly string[] =>
  found.length === 0
    ? []
    : [...found.map(({ target, says }) => `${pc.red("✗")} ${id}: otherwise than it was made: ${target}: ${says}`), `    → flounder heal --foundation ${id}`];

/** Its host where that is not this machine, and its ports. */
const reached = ({ host, ports }: ComponentFacts): string =>
  [...(host === "127.0.0.1" ? [] : [host]), ...Object.entries(ports).map(([name, port]) => `${name}:${port}`)].join(" ");
