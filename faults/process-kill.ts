/** Kills a component with all that it spawned, and holds it dead. Try it: flounder break process-kill --on router-1 --for 5 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "process-kill",
  says: "kills a component and everything that it spawned, and keeps it dead until healed",
  colour: "#b3261e",
  needs: ["process"],
  options: z.strictObject({}),

  async inject(component) {
    await component.can.process.kill("node");
  },
  async heal(component) {
    await component.can.process.start();
  },
  async witness(component) {
    const [responds, generation] = await Promise.all([component.can.process.responds(), component.can.process.generation()]);
    return { state: responds ? "intact" : "broken", generation };
  },
});
