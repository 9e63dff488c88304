/** A container as a process: killed and held dead, frozen, started. Whoever asks it comes from this machine, over the bridge of its network. */
import { until } from "../../clock.js";
import type { Capabilities } from "../../core.js";
import { knock } from "../knock.js";
import type { Deed, Deeds } from "./deeds.js";
import type { Members } from "./members.js";
import { addressesOf } from "./project.js";

/** For its service to answer after a start. */
const readyMs = 15_000;
const answerMs = 1000;

export function processOf(name: string, members: Members, deeds: Deeds): Capabilities["process"] {
  const { daemon } = members;
  const deed = (kind: "held" | "paused"): Deed => ({ kind, on: name, target: name, capability: "process" });
  const responds = async () => {
    const now = await members.now(name);
    if (!now?.State.Running || now.State.Paused) return false;
    const [port] = Object.entries(members.of(name).ports);
    const [host] = addressesOf(now);
    // A worker listens nowhere: that it runs is all that can be seen of it, and what its own health check says.
    if (!port || host === undefined) return now.State.Health?.Status !== "unhealthy";
    return Number.isFinite(await knock({ host, port: Number(port[0]) }, port[1], answerMs));
  };
  return {
    // Both scopes: the first process of a container takes all others with it.
    async kill() {
      const { Id } = await members.there(name);
      deeds.add(deed("held"));
      await daemon.kill(Id);
    },
    async start() {
      const now = await members.now(name);
      if (now) {
        await daemon.start(now.Id);
        await until(`${name} to answer`, responds, readyMs, 100);
      }
      deeds.strike(deed("held"));
    },
    async pause() {
      const { Id } = await members.there(name);
      deeds.add(deed("paused"));
      await daemon.pause(Id);
    },
    async resume() {
      const now = await members.now(name);
      if (now) await daemon.unpause(now.Id);
      deeds.strike(deed("paused"));
    },
    responds,
    async generation() {
      const now = await members.now(name);
      return now ? `${now.Id.slice(0, 12)} ${now.State.StartedAt}` : "gone";
    },
    population: async () => ((await members.pid(name)) === 0 ? 0 : await daemon.population((await members.there(name)).Id)),
  };
}
