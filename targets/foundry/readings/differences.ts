/**
 * What only our adapters make of a component, and is still so: as it says itself. A config counts by the mark that a fault leaves in it, so that what an operator
 * changed is left alone; a mirror that is blocked, a read-only platform are an operator's to end.
 */
import type { Call, Capability, Component, Difference, Host, Topology } from "../../../harness/core.js";
import { isMuted, unmute } from "../adapters/bus-mute.js";
import { asked } from "./fingerprint.js";

/** Whoever is stopped does not answer: that is another's difference. */
const answerMs = 1500;

type Found = readonly [capability: Capability, says: string | false | undefined, mend: () => Promise<unknown>];
type Look = (ask: <T>(path: string) => Promise<T | undefined>, tell: (path: string, body?: object) => () => Promise<unknown>) => Promise<readonly Found[]>;
interface Config {
  readonly wiped: boolean;
  readonly hurt?: "denied" | "drained" | null;
}

const config: Look = async (ask, tell) => {
  const now = await ask<Config>("/config");
  return [
    ["config", now?.wiped && "config wiped", tell("/config/restore")],
    ["rules", now?.hurt === "denied" && "everybody denied by a rule before all others", tell("/rules/allow")],
    ["pool", now?.hurt === "drained" && "pool drained", tell("/pool/fill")],
  ];
};
const looks: Readonly<Record<string, readonly Look[]>> = {
  router: [
    config,
    async (ask, tell) => {
      const now = await ask<{ held: boolean; poison: string | null }>("/table");
      return [
        ["table", now?.held && "table held empty", tell("/table/hold", { hold: false })],
        ["table", now?.poison != null && `table poisoned (${now.poison})`, tell("/table/cure")],
      ];
    },
  ],
  lb: [config],
  dns: [config],
  firewall: [
    config,
    async (ask, tell) => [
      ["rules", (await ask<{ enforced: boolean }>("/rules"))?.enforced === false && "packet rules changed by hand", tell("/rules/enforce")],
    ],
  ],
  cabinet: [
    async (ask, tell) => {
      const now = await ask<{ state: string }>("/power");
      return [["power", now && now.state !== "steady" && `power ${now.state}`, tell("/power/restore")]];
    },
    async (ask, tell) => {
      const now = await ask<{ lying: readonly string[] }>("/content");
      return [["content", now && now.lying.length > 0 && `${now.lying.length} corrupted files`, tell("/content/restore")]];
    },
    async (ask, tell) => {
      const now = await ask<{ full: readonly string[] }>("/room");
      return [["room", now && now.full.length > 0 && `no room on ${now.full.join(", ")}`, tell("/room/free")]];
    },
    async (ask, tell) => {
      const now = await ask<{ blockedByMistake: boolean }>("/mirrors");
      return [["console", now?.blockedByMistake === true && "mirrors stopped by mistake", tell("/mirrors/block", { blocked: false })]];
    },
  ],
};

async function of({ name, role }: Component, call: Call): Promise<readonly Difference[]> {
  const ask = <T>(path: string) => asked<T>((...words) => call(words[0], words[1], undefined, answerMs), name, path);
  const found = await Promise.all(
    (looks[role] ?? []).map((look) =>
      look(
        ask,
        (path, body = {}) =>
          () =>
            call(name, path, body),
      ),
    ),
  );
  return found.flat().flatMap(([capability, says, mend]) => (says ? [{ target: name, capability, says, mend: async () => void (await mend()) }] : []));
}

async function muted(component: Component, host: Host): Promise<readonly Difference[]> {
  const { name } = component;
  if (!(await isMuted(name, host).catch(() => false))) return [];
  return [{ target: name, capability: "subjects", says: "publishing denied on some subjects", mend: () => unmute(name, host) }];
}

export async function differences(topology: Topology, call: Call, host: Host): Promise<readonly Difference[]> {
  const each = topology.components.map((one) => (one.role === "nats" ? muted(one, host) : of(one, call)));
  return (await Promise.all(each)).flat();
}
