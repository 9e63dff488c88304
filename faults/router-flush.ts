/** Empties a router's table while every app keeps running. Try it: flounder break router-flush --on router --for 5 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "router-flush",
  says: "empties the routing table; with hold, keeps it empty until healed",
  colour: "#b5530a",
  needs: ["table"],
  options: z.strictObject({ hold: z.boolean().default(true) }),

  async inject(component, { hold }) {
    if (hold) await component.can.table.hold(true);
    await component.can.table.flush();
  },
  async heal(component) {
    await component.can.table.hold(false); // entries come back by themselves, with the next registrations
  },
  /** A canary request through this router, not the router's word; a flush that is over before the next poll shows a new generation. */
  async witness(component) {
    const [answers, generation] = await Promise.all([component.can.table.answers(), component.can.table.generation()]);
    return { state: answers ? "intact" : "broken", generation };
  },
});
