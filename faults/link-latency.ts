/** Delays everything on a link. Try it: flounder break link-latency --on 'cc-*>ccdb-1' --pick all --for 10 --set latencyMs=300 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

/** A knock that takes this share of the added latency was delayed by it: timers may fire a little early, links here take about 1 ms. */
const seenShare = 0.9;

export default defineFault({
  name: "link-latency",
  says: "adds latency to a link until healed",
  colour: "#33a02c",
  needs: ["link"],
  options: z.strictObject({ latencyMs: z.number().int().min(50).max(10_000).default(200) }),

  async inject(link, { latencyMs }) {
    await link.can.link.shape({ latencyMs });
  },
  async heal(link) {
    await link.can.link.mend();
  },
  async witness(link, { latencyMs }) {
    return { state: (await link.can.link.rttMs()) >= latencyMs * seenShare ? "broken" : "intact" };
  },
});
