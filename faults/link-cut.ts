/** Cuts any link between two components. Try it: flounder break link-cut --on 'cc-1>ccdb-1' --for 5 --set how=reset */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "link-cut",
  says: "cuts a link: connections are refused, reset, or swallowed without a word until healed",
  colour: "#17807e",
  needs: ["link"],
  way: ({ how }) => how,
  options: z.strictObject({ how: z.enum(["refuse", "reset", "swallow"]).default("refuse") }),

  async inject(link, { how }) {
    await link.can.link.cut(how);
  },
  async heal(link) {
    await link.can.link.mend();
  },
  async witness(link) {
    return { state: (await link.can.link.carries()) ? "intact" : "broken" };
  },
});
