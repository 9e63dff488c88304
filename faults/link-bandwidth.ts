/**
 * Leaves a link so little bandwidth that what goes over it crawls. Try it: flounder break link-bandwidth --on 'cc-1>ccdb-1' --for 10
 * Each connection has that rate for itself, each way (Toxiproxy's bandwidth toxic): a link with many connections carries more in all.
 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

/**
 * What is sent to measure takes about so long at the rate that is left, but is never more than servers take in one request. Long enough that a whole link
 * of a busy machine is three times as fast in any case, at the rates that one cuts to: many are often asked at once.
 */
const measureMs = 1000;
const mostBytes = 8000;
/** Its own request and Toxiproxy's pieces make it a little faster or slower than it should be; a link that is whole is faster by far. */
const slowShare = 1.4;
const fastShare = 3;

export default defineFault({
  name: "link-bandwidth",
  says: "leaves each connection over a link only so many kilobytes per second, until healed",
  colour: "#8c6d31",
  needs: ["link"],
  options: z.strictObject({ rateKBps: z.number().int().min(1).max(64).default(8) }),

  async inject(link, { rateKBps }) {
    await link.can.link.shape({ rateKBps });
  },
  async heal(link) {
    await link.can.link.mend();
  },
  async witness(link, { rateKBps }) {
    const seen = await link.can.link.throughputKBps(Math.min(mostBytes, rateKBps * measureMs));
    return { state: seen === 0 ? "unknown" : seen <= rateKBps * slowShare ? "broken" : seen >= rateKBps * fastShare ? "intact" : "unknown" };
  },
});
