/** What a foundation left on this machine, found by nothing of its own reaper: processes, mounts, listeners; and what containers are made of, by label. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FoundationSpec } from "../../../harness/core.js";
import { root } from "../../../harness/paths.js";
import type { EngineName } from "../../../harness/registry.js";
import { docker } from "./hands.js";

/** `ports`: those that it listened on, on this machine. */
export async function leftovers(engine: EngineName, { id, dir }: Pick<FoundationSpec, "id" | "dir">, ports: readonly number[]): Promise<string[]> {
  const seen = spawnSync(process.execPath, [join(root, "scripts", "leftovers.mjs"), id, dir], { encoding: "utf8" });
  const here = [...seen.stdout.split("\n").filter((line) => line !== ""), ...listening(ports)];
  if (seen.status !== 0 && here.length === 0) throw new Error(`scripts/leftovers.mjs: ${seen.stderr}`);
  return engine === "compose" ? [...here, ...(await labelled(id))] : here;
}

/** Containers (dead ones too), networks and volumes with the foundation's label. */
export async function labelled(id: string): Promise<string[]> {
  const asked = docker();
  const filters = { label: [`org.flounder.foundation=${id}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    asked.listContainers({ all: true, filters }),
    asked.listNetworks({ filters }),
    asked.listVolumes({ filters }),
  ]);
  return [
    ...containers.map(({ Names, State }) => `container ${Names.join(" ")} (${State})`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(volumes ?? []).map(({ Name }) => `volume ${Name}`),
  ];
}

/** State 0A of proc_net(5): a listener. */
function listening(ports: readonly number[]): string[] {
  const lines = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1));
  const open = new Set(
    lines.map((line) => line.trim().split(/\s+/)).flatMap(([, local, , state]) => (state === "0A" ? [Number.parseInt(local!.split(":")[1]!, 16)] : [])),
  );
  return ports.filter((port) => open.has(port)).map((port) => `listener on port ${port}`);
}
