/** Puts a rule before all others that lets nobody in. Try it: flounder break firewall-deny --on firewall-1 --for 10 --set how=reject */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "firewall-deny",
  says: "adds a rule that drops everybody in silence, or rejects them, until healed",
  colour: "#8c2d04",
  needs: ["rules"],
  options: z.strictObject({ how: z.enum(["drop", "reject"]).default("drop") }),

  async inject(gate, { how }) {
    await gate.can.rules.deny(how);
  },
  async heal(gate) {
    await gate.can.rules.allow();
  },
  async witness(gate) {
    return { state: (await gate.can.rules.admits()) ? "intact" : "broken" };
  },
});
