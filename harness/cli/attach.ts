/** flounder attach: a Docker Compose project that somebody else runs, taken as it is until flounder detach. */
import { type Command, Option } from "commander";
import type { TargetInfo } from "../core.js";
import { loadTarget } from "../registry.js";
import { attach, type FoundProject, lookAt, nameFor } from "../session/attach.js";
import { attachToxiproxy, lookAtToxiproxy } from "../session/attach-toxiproxy.js";
import { jsonOption, say } from "./flags/options.js";
import { nextCommands } from "./words/next-commands.js";

interface AttachFlags {
  readonly name?: string;
  readonly config?: string;
  readonly remote?: boolean;
  readonly beside?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("attach")
    .argument("<address>", "compose:PROJECT, or toxiproxy:URL")
    .description("takes a Docker Compose project that is up, so that faults, runs and suites work on it; changes nothing, until flounder detach")
    .addOption(new Option("--name <name>", "what it is called here (default: the project's own name)"))
    .addOption(new Option("--config <file>", "probes, what may be broken, bounds (default: flounder.config.ts, .mjs or .js of this folder)"))
    .addOption(new Option("--remote", "a Toxiproxy of another machine, on purpose"))
    .addOption(new Option("--beside", "proxies that have toxics of somebody else's may be broken, too"))
    .addOption(new Option("--dry-run", "says what it finds, and attaches nothing"))
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder attach compose:shop --dry-run")
    .action(async (address: string, flags: AttachFlags) => {
      if (address.startsWith("toxiproxy:")) return toToxiproxy(address, flags);
      const found = await lookAt(address, flags.config);
      const id = flags.name ?? nameFor(found.project.project);
      if (flags.dryRun) {
        if (flags.json) process.stdout.write(`${JSON.stringify({ ...found.project, targets: found.targets, asks: found.asks }, null, 2)}\n`);
        else for (const line of [...linesOf(found), "nothing was attached"]) process.stdout.write(`${line}\n`);
        return;
      }
      await using client = await attach(found, id, say);
      const facts = await client.facts();
      if (flags.json) {
        process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
        return;
      }
      for (const line of [...linesOf(found), `attached as ${id}`]) process.stdout.write(`${line}\n`);
      for (const line of nextCommands(await loadTarget(facts.system), facts)) say(line);
    });
}

async function toToxiproxy(address: string, flags: AttachFlags): Promise<void> {
  const looked = await lookAtToxiproxy(address, flags.config, flags);
  const id = flags.name ?? nameFor(`toxiproxy-${new URL(looked.found.url).port || "80"}`);
  const lines = [
    ...looked.found.proxies.map(
      ({ name, host, port, protocol, spared }) => `  *>${name}  ${host}:${port} (${protocol})${spared ? `; never broken: ${spared}` : ""}`,
    ),
    `  asked: ${looked.asks.map(({ name, plane }) => `${name} (${plane})`).join(", ") || "nothing: no proxy speaks HTTP, and no config has probes"}`,
    `  bounds: ${looked.config.blastRadius} injections at a time, ${looked.config.longestS} s each`,
  ];
  const print = (facts: object, more: string) => process.stdout.write(flags.json ? `${JSON.stringify(facts, null, 2)}\n` : `${[...lines, more].join("\n")}\n`);
  if (flags.dryRun) return void print({ ...looked.found, asks: looked.asks }, "nothing was attached");
  await using client = await attachToxiproxy(looked, id, say);
  const facts = await client.facts();
  print(facts, `attached as ${id}`);
  for (const line of nextCommands(await loadTarget(facts.system), facts)) say(line);
}

/** A line per container, what leads from one to another, what is asked, and the bounds. */
function linesOf({ project, targets, asks, config, lacks }: FoundProject): readonly string[] {
  const width = Math.max(...project.members.map(({ name }) => name.length));
  const ports = (all: Readonly<Record<string, string>>) =>
    Object.entries(all)
      .map(([port, kind]) => `${port} (${kind})`)
      .join(", ") || "listens nowhere";
  const links = targets.filter(({ kind }: TargetInfo) => kind === "link").map(({ name }) => name);
  return [
    ...project.members.map(({ name, ports: own, spared }) => `  ${name.padEnd(width)}  ${ports(own)}${spared ? `; never broken: ${spared}` : ""}`),
    `  links: ${links.join(", ") || `none${lacks ? `: ${lacks}` : ""}`}`,
    `  asked: ${asks.map(({ name, plane, from }) => `${name} (${plane}, ${from})`).join(", ") || "nothing: no HTTP port is published, and no config has probes"}`,
    `  bounds: ${config.blastRadius} injections at a time, ${config.longestS} s each`,
  ];
}
