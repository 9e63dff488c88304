/** Cuts components off the message bus. Try it: flounder break nats-sever --on 'dea-*>nats-1' --pick all --for 10 --set how=swallow */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "nats-sever",
  says: "cuts a component's link to the bus: refused, reset, or swallowed without a word",
  colour: "#1f78b4",
  needs: ["link"],
  among: (target) => target.class === "bus",
  way: ({ how }) => how,
  options: z.strictObject({ how: z.enum(["refuse", "reset", "swallow"]).default("refuse") }),

  async inject(link, { how }) {
    await link.can.link.cut(how);
  },
  async heal(link) {
    await link.can.link.mend();
  },
  /** A swallowed bus link looks alive from both ends: carries() asks over the bus what only the cut component can answer. */
  async witness(link) {
    return { state: (await link.can.link.carries()) ? "intact" : "broken" };
  },
});
