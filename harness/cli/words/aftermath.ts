/** What is left when a fault is healed: how the foundation differs from before, what the platform still suffers from, and the command that ends it. */
import { nowUs, sleep } from "../../clock.js";
import type { Ailment } from "../../core.js";
import type { KeeperClient } from "../../keeper/socket/client.js";
import type { KeeperStatus } from "../../keeper/socket/verbs.js";

type Fingerprint = Readonly<Record<string, string>>;

/** A sentence per fact that is not as it was, in the order of the facts' names. */
export const differences = (before: Fingerprint, after: Fingerprint): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .filter((fact) => before[fact] !== after[fact])
    .map((fact) => `differs from before: ${fact} was ${before[fact] ?? "not there"}, is ${after[fact] ?? "not there"}`);

export interface Aftermath {
  readonly differences: readonly string[];
  readonly ailments: readonly Ailment[];
}

/**
 * Waits while anything passes by itself: tables fill and instances register once per 20 s of the platform's time, and mounts are proved anew. With `before`, until
 * the fingerprint is the same again, too. What is still there when that time is over has come to stay.
 */
export async function aftermath(client: KeeperClient, before?: Fingerprint, waiting: () => void = () => {}): Promise<Aftermath> {
  const { timeFactor } = await client.facts();
  const endUs = nowUs() + (3 + 40 / timeFactor) * 1e6;
  for (let first = true; ; first = false) {
    const found = {
      differences: before === undefined ? [] : differences(before, await client.fingerprint()),
      ailments: await client.ailments(),
    };
    const isPassing = found.differences.length > 0 || found.ailments.some(({ endedBy }) => endedBy === "time");
    if (!isPassing || nowUs() > endUs) return found;
    if (first) waiting();
    await sleep(300);
  }
}

/** Lines for people: each ailment, and then what to do. `broken`: something is injected, so healing comes first. */
export function sayAilments(id: string, ailments: readonly Ailment[], broken = false): readonly string[] {
  if (ailments.length === 0) return [];
  const forOperators = ailments.some(({ endedBy }) => endedBy === "recover");
  const commands = [...(broken ? [`flounder heal --foundation ${id}`] : []), ...(forOperators ? [`flounder recover --foundation ${id}`] : [])];
  return [
    ...ailments.map(({ says }) => `still suffers: ${says}`),
    commands.length > 0 ? `  → ${commands.join(", then ")}` : `  → it should pass by itself; if it stays, read the log: flounder logs --foundation ${id}`,
  ];
}

/** Lines for people: what a stop or a freeze forbids, and the command that ends it. */
export const sayGate = (id: string, { stopped, frozen }: Pick<KeeperStatus, "stopped" | "frozen">): readonly string[] => [
  ...(stopped === null ? [] : [`new injections are refused: ${stopped}`, `  → flounder release --reason WHY --foundation ${id}`]),
  ...(frozen === null ? [] : [`frozen until ${frozen.untilIso}: ${frozen.reason}`, `  → flounder unfreeze --reason WHY --foundation ${id}`]),
];
