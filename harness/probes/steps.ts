/** A probe of several steps, as a target system has them: what `flounder calibrate` asks with to know how far a run's figures are off. */
import { type Probe, ProbeFailure } from "../core.js";

/** Where a prober finds it, instead of at a target system. */
export const stepsSystem = "flounder's own steps";

const steps: Probe = {
  name: "steps",
  plane: "data",
  phrase: "go through two pages",
  async ask(context) {
    for (const path of ["/first", "/second"]) {
      const { status, body } = await context.http({ path });
      if (status >= 500) throw new ProbeFailure("http-5xx", `status ${status}`);
      if (!body.includes("well")) throw new ProbeFailure("wrong-answer", "the expected text is missing");
    }
  },
};
export const probes: readonly Probe[] = [steps];
