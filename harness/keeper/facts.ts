/** What clients need to know of a foundation, from its spec, its engine and what the target system says of itself. */
import type { FoundationFacts, FoundationSpec, Running, TargetSystem } from "../core.js";

export function factsOf(spec: FoundationSpec, running: Running, system: TargetSystem, versions?: FoundationFacts["versions"]): FoundationFacts {
  const { topology } = running;
  const reached = system.facts?.(topology, running, spec.secret) ?? { endpoints: {}, user: "", password: "" };
  return {
    id: spec.id,
    system: spec.system,
    engine: spec.engine,
    profile: spec.profile,
    timeFactor: spec.timeFactor,
    policy: spec.policy,
    domain: topology.domain,
    // Beside the rest as well: that is how facts were read before targets named their own.
    ...reached.endpoints,
    ...reached,
    components: running.components(),
    ...(versions ? { versions } : {}),
    ...(running.vantages ? { vantages: running.vantages } : {}),
  };
}
