/** Stops a component without ending it: its ports stay open, and nobody answers. Try it: flounder break process-pause --on cc-1 --for 5 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "process-pause",
  says: "freezes a component with everything that it spawned (SIGSTOP) until healed",
  colour: "#c77d1a",
  needs: ["process"],
  options: z.strictObject({}),

  async inject(component) {
    await component.can.process.pause();
  },
  async heal(component) {
    await component.can.process.resume();
  },
  async witness(component) {
    return { state: (await component.can.process.responds()) ? "intact" : "broken" };
  },
});
