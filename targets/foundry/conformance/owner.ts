/**
 * A keeper that is to be killed: starts a foundation, hurts it in every way that must be remembered, tells its parent, and stays.
 * Its parent gives it engine, folder and id. Its environment is the parent's, so that folders are found again.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ComponentFacts } from "../../../harness/core.js";
import type { EngineName } from "../../../harness/registry.js";
import { engineOf, timeFactor } from "./lab.js";

export interface Said {
  readonly intact: Readonly<Record<string, string>>;
  readonly hurt: Readonly<Record<string, string>>;
  readonly components: readonly ComponentFacts[];
  /** Of those that live on: what must be the same to the next keeper. */
  readonly generations: Readonly<Record<string, string>>;
}
/** Killed; paused; and the links and mounts that are hurt. */
export const hurts = { killed: "hm-1", paused: "router-1", cut: "cc-1>nats-1", shaped: "hm-1>ccdb-1", mount: "cc-1:lun-1" } as const;

const [, file, engine, dir, id] = process.argv;
if (file?.endsWith("owner.js") && dir && id) {
  const name = engine as EngineName;
  const secret = readFileSync(join(dir, "secret"), "utf8");
  const spec = { id, system: "foundry", profile: "micro", timeFactor, policy: {}, engine: name, dir, secret };
  const running = await (await engineOf(name)).start(spec, () => {}, new AbortController().signal);
  const life = (component: string) => running.target(component, ["process"]).can.process;
  const intact = await running.fingerprint();
  await running.target(hurts.cut, ["link"]).can.link.cut("swallow");
  await running.target(hurts.shaped, ["link"]).can.link.shape({ latencyMs: 120 });
  await running.target(hurts.mount, ["mount"]).can.mount.cut("detach");
  await life(hurts.killed).kill("agent");
  await life(hurts.paused).pause();
  const generations: Record<string, string> = {};
  for (const component of running.components()) if (component.name !== hurts.killed) generations[component.name] = await life(component.name).generation();
  process.send?.({ intact, hurt: await running.fingerprint(), components: running.components(), generations } satisfies Said);
  setInterval(() => undefined, 1000);
}
