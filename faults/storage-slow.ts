/** Delays every answer of a LUN to one component. Try it: flounder break storage-slow --on 'cc-1:lun-1' --for 10 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

/** A proof asks some six questions, one after the other. */
const questions = 6;

export default defineFault({
  name: "storage-slow",
  says: "slows a mount: each of its answers comes later by some milliseconds",
  colour: "#c2a5cf",
  needs: ["mount"],
  way: () => "slow",
  options: z.strictObject({ latencyMs: z.number().int().min(20).max(10_000).default(100) }),

  async inject(mount, { latencyMs }) {
    await mount.can.mount.slow(latencyMs);
  },
  async heal(mount) {
    await mount.can.mount.mend();
  },
  /** By how long a proof takes, so an answer that came late by chance is told from a slow mount. */
  async witness(mount, { latencyMs }) {
    const tookMs = await mount.can.mount.proofMs();
    return { state: tookMs >= (latencyMs * questions) / 2 ? "broken" : tookMs < (latencyMs * questions) / 3 ? "intact" : "unknown" };
  },
});
