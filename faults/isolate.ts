/** Cuts every link of a component at once, in and out. Try it: flounder break isolate --on router-1 --for 10 --set how=swallow */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "isolate",
  says: "cuts all links of a component, those that it dials and those that lead to it; its mounts stay",
  colour: "#0b6e99",
  needs: ["links"],
  options: z.strictObject({ how: z.enum(["refuse", "reset", "swallow"]).default("swallow") }),

  async inject(component, { how }) {
    await component.can.links.cut(how);
  },
  async heal(component) {
    await component.can.links.mend();
  },
  async witness(component) {
    const carry = await component.can.links.carry();
    return { state: carry === "all" ? "intact" : carry === "none" ? "broken" : "unknown" };
  },
});
