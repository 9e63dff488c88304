/** Browns out one power supply of a storage cabinet. Try it: flounder break power-loss --on cabinet-a --for 30 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "power-loss",
  says: "lets one supply flicker, then takes it away with all that hung on it alone",
  colour: "#b58900",
  needs: ["power"],
  options: z.strictObject({
    supply: z.enum(["A", "B"]).default("A"),
    flickerS: z.number().nonnegative().max(3600).default(12),
    seed: z.number().int().default(0),
  }),

  async inject(component, { supply, flickerS, seed }) {
    await component.can.power.brownOut(supply, flickerS, seed);
  },
  async heal(component) {
    await component.can.power.restore(); // what the cache held stays lost: whoever keeps data there must look
  },
  async witness(component) {
    return { state: (await component.can.power.steady()) ? "intact" : "broken" };
  },
});
