/** What a load may know of the foundation: its endpoints by the target's names, and the variables of `flounder env` but for those that only members need. */
import type { FoundationFacts, TargetSystem } from "../core.js";

export function loadEnv({ env }: Pick<TargetSystem, "env">, facts: FoundationFacts): Readonly<Record<string, string>> {
  const known = Object.entries(env?.(facts, () => "") ?? {}).filter(([, value]) => value !== "");
  const doors = Object.entries(facts.endpoints).map(([name, at]) => [`LOAD_${name.toUpperCase()}`, [at].flat().join(",")] as const);
  return { ...Object.fromEntries(known), ...Object.fromEntries(doors), LOAD_DOMAIN: facts.domain };
}
