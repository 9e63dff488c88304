/** Capability `console`: the verbs that operators have, at one component, where nobody meant them. The verbs are those of console.ts: slips and playbooks do the same. */
import type { Call, Capabilities, Component, ConsoleSlip } from "../../../harness/core.js";
import { blockMirrorsOf, isHealthy, isRestartable, pidOf, restart, restoreConfig, wipeConfig } from "../operator/console.js";
import { edgeWays } from "./edge.js";

interface SlipAt {
  /** The component has what the verb acts on. */
  is(component: Component): boolean;
  slip(call: Call, name: string): Promise<void>;
  /** Absent: nothing is left that could be taken back. */
  undo?(call: Call, name: string): Promise<void>;
  asMeant(call: Call, name: string, config: Capabilities["config"] | undefined): Promise<boolean>;
  generation?(call: Call, name: string, config: Capabilities["config"] | undefined): Promise<string>;
}

const slips: Readonly<Record<ConsoleSlip, SlipAt>> = {
  /** The restart was meant for another one. Its supervisor starts it again: an undo that is not proved ends with the engine's own restart. */
  "wrong-target": {
    is: isRestartable,
    slip: restart,
    asMeant: isHealthy,
    generation: async (call, name) => String(await pidOf(call, name)),
  },
  /** The step that stops mirrors from copying, which a storm of them calls for, while there is no storm. */
  "wrong-step": {
    is: ({ role, links }) => role === "cabinet" && links.peer !== undefined,
    slip: (call, name) => blockMirrorsOf(call, name, true, true),
    undo: (call, name) => blockMirrorsOf(call, name, false),
    // A mirror that lags is no sign of it: there may be nothing to copy. Each copier says what it does, and why not.
    async asMeant(call, name) {
      const { copies } = (await call(name, "/mirrors")) as { copies: Readonly<Record<string, { state: string }>> };
      return Object.values(copies).every(({ state }) => state !== "blocked");
    },
  },
  /** What was meant for a machine to be set up anew, on 26 April 2011: its config is gone. */
  "wrong-terminal": {
    is: (component) => edgeWays(component).config !== undefined,
    slip: wipeConfig,
    undo: restoreConfig,
    asMeant: (_call, _name, config) => config!.serves("all"),
    generation: (_call, _name, config) => config!.generation(),
  },
};
const kinds = Object.keys(slips) as readonly ConsoleSlip[];

/** Which slips there are at a component; none: it has no such capability. */
export const slipsAt = (component: Component): readonly ConsoleSlip[] => kinds.filter((kind) => slips[kind].is(component));

/** `config` is that of a component that has one. */
export function consoleAt(component: Component, call: Call, config: Capabilities["config"] | undefined): Capabilities["console"] {
  const { name } = component;
  return {
    slip: (kind) => slips[kind].slip(call, name),
    async undo(kind) {
      await slips[kind].undo?.(call, name);
    },
    asMeant: (kind) => slips[kind].asMeant(call, name, config),
    generation: async (kind) => (await slips[kind].generation?.(call, name, config)) ?? "",
  };
}
