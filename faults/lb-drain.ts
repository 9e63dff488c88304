/** Takes routers out of a balancer's pool. Try it: flounder break lb-drain --on lb-1 --for 10 --set share=some */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "lb-drain",
  says: "takes some or all members out of a balancer's pool until healed",
  colour: "#7b9e1e",
  needs: ["pool"],
  options: z.strictObject({ share: z.enum(["some", "all"]).default("all") }),

  async inject(balancer, { share }) {
    await balancer.can.pool.drain(share);
  },
  async heal(balancer) {
    await balancer.can.pool.fill();
  },
  /** A pool that lost some of its members when all were to go is not yet what was asked for. */
  async witness(balancer, { share }) {
    const reaches = await balancer.can.pool.reaches();
    if (reaches === "all") return { state: "intact" };
    return { state: share === "some" || reaches === "none" ? "broken" : "unknown" };
  },
});
