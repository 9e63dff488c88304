/** Any Docker Compose project that somebody else runs: what is asked of it stands in its owner's config, and without one its published HTTP ports are its data plane. */
import { type PlannedProbe, type Probe, ProbeFailure, type TargetSystem } from "../../harness/core.js";
import { FlounderError } from "../../harness/errors.js";
import { recover } from "./recover.js";
import { asked, routes } from "./routes.js";

/** Asked as its route says; there is a question in each. */
const ask: Probe = {
  name: "ask",
  plane: "data",
  phrase: "get an answer",
  async ask({ route }) {
    throw new ProbeFailure("refused", `nothing is published for ${route.target}`);
  },
};

const composeProject: TargetSystem = {
  name: "compose-project",
  says: "any Docker Compose project that is up: flounder attach compose:PROJECT",
  profiles: [],
  timeFactorOf: () => 1,
  defaultScenario: "none",
  topology(profile) {
    throw new FlounderError(
      "usage",
      `a Compose project is not brought up here: "${profile}" is its owner's`,
      "flounder attach compose:PROJECT, then --foundation PROJECT",
    );
  },
  capabilities: () => [],
  adapters: () => ({}),
  facts: () => ({ endpoints: {}, user: "", password: "" }),
  tries({ id, components }) {
    const one = components.find(({ state, ports }) => state === "ready" && Object.keys(ports).length > 0) ?? components[0];
    if (!one) return [];
    return [
      { words: ["flounder", "break", "process-pause", "--on", one.name, "--for", "5", "-F", id], says: "a fault: what users lose, and that it heals" },
      { words: ["flounder", "detach", "-F", id], says: "lets go of the project, which stays as it is" },
    ];
  },
  fingerprint: async () => ({}),
  prepare: async () => {},
  tidy: async () => {},
  plannedProbes: (topology) =>
    asked(topology).map(
      ({ name, plane, from, periodMs, deadlineMs }): PlannedProbe => ({ probe: ask.name, plane, from, target: name, periodMs, deadlineMs, phaseMs: 0 }),
    ),
  probes: [ask],
  routes,
  // Its own time-outs are its owner's to know; connections that stood are made anew within this.
  delayedDamageS: () => 5,
  // No timer of it is shortened.
  shortestTimerMs: () => Number.POSITIVE_INFINITY,
  recover,
  missing: async () => [],
};
export default composeProject;
