/** What clients need to know of a foundation, from its spec, its engine and what the target system says of itself. */
import type { FoundationFacts, FoundationSpec, Running, TargetSystem } from "../core.js";

export function factsOf(spec: FoundationSpec, running: Running, system: TargetSystem, versions?: FoundationFacts["versions"]): FoundationFacts {
  const { topology } = running;
  const reached = system.facts?.(topology, running, spec.secret) ?? { api: `http://api.${topology.domain}`, router: "", dns: [], user: "", password: "" };
  return {
    id: spec.id,
    system: spec.system,
    engine: spec.engine,
    profile: spec.profile,
    timeFactor: spec.timeFactor,
    policy: spec.policy,
    domain: topology.domain,
    ...reached,
    components: running.components(),
    ...(versions ? { versions } : {}),
    ...(running.vantages ? { vantages: running.vantages } : {}),
  };
}
