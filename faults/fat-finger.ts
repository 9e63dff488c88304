/** An operator's slip as an act of its own: the right verb in the wrong place. Try it: flounder break fat-finger --on lb-1 --set slip=wrong-terminal --for 10 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "fat-finger",
  says: "runs an operator's verb where nobody meant it: on the wrong target, out of its turn, or in the wrong terminal",
  colour: "#7a1f5c",
  needs: ["console"],
  way: ({ slip }) => slip,
  options: z.strictObject({ slip: z.enum(["wrong-target", "wrong-step", "wrong-terminal"]).default("wrong-target") }),

  async inject(component, { slip }) {
    await component.can.console.slip(slip);
  },
  async heal(component, { slip }) {
    await component.can.console.undo(slip);
  },
  /** A restart may be over before the next poll: it shows a new generation. Whoever does not answer has none to show. */
  async witness(component, { slip }) {
    if (!(await component.can.console.asMeant(slip))) return { state: "broken" };
    return { state: "intact", generation: await component.can.console.generation(slip) };
  },
});
