/** The firewall's config, DATA_DIR/firewall.json: rules that are asked in order, and what happens to whom none of them means. */
import * as z from "zod/mini";
import type { Config } from "../base/config.js";
import { KeptConfig } from "../base/kept-config.js";

const action = z.enum(["allow", "drop", "reject"]);
/** drop: never answered; reject: answered with a reset. */
export type Action = z.infer<typeof action>;

const shape = z.object({
  /** Names of the ports it listens on. None: nobody listens, as when a packet filter's whole ruleset is flushed, its DNAT too. */
  listeners: z.array(z.string()),
  rules: z.array(
    z.object({
      action,
      /** Name of a port, or "any". */
      port: z.string(),
    }),
  ),
  /** For whom no rule means. */
  otherwise: action,
});
export type Rules = z.infer<typeof shape>;

/** At the first boot: everybody may come in by every port, and nothing else is let through. */
export function rules(own: Config): KeptConfig<Rules> {
  const listeners = Object.keys(own.ports()).filter((name) => name !== "admin");
  return new KeptConfig<Rules>(own.dataDir, "firewall", shape, {
    listeners,
    rules: listeners.map((port) => ({ action: "allow", port })),
    otherwise: "drop",
  });
}

/** What happens to a connection that comes in by this port. */
export const judge = ({ rules, otherwise }: Rules, port: string): Action =>
  rules.find((rule) => rule.port === port || rule.port === "any")?.action ?? otherwise;

/** The whole config gone: nobody listens. The rules alone gone: the default policy holds. */
export const parts: Readonly<Record<string, (running: Rules) => Rules>> = {
  all: (running) => ({ ...running, listeners: [], rules: [] }),
  rules: (running) => ({ ...running, rules: [] }),
};

/** A rule before all others, for everybody. */
export const deny = (running: Rules, saved: Rules, how: Exclude<Action, "allow">): Rules => ({
  ...running,
  rules: [{ action: how, port: "any" }, ...saved.rules],
});
