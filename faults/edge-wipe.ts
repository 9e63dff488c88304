/** Wipes the config of a balancer, router, firewall or name server: somebody touched the keyboard. Try it: flounder break edge-wipe --on lb-1 --for 10 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "edge-wipe",
  says: "wipes the config that a component runs from, or a part of it, until it is restored from the saved copy",
  colour: "#d33682",
  needs: ["config"],
  way: ({ part }) => part,
  options: z.strictObject({ part: z.enum(["all", "rules", "external", "internal"]).default("all") }),

  async inject(component, { part }) {
    await component.can.config.wipe(part);
  },
  async heal(component) {
    await component.can.config.restore();
  },
  async witness(component, { part }) {
    const [serves, generation] = await Promise.all([component.can.config.serves(part), component.can.config.generation()]);
    return { state: serves ? "intact" : "broken", generation };
  },
});
