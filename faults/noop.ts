/**
 * Changes nothing: the template of a new fault, and the A/A control of a comparison.
 * Copy it, name the file as the fault, say what it needs, then write inject, heal and witness. Try it: flounder break noop --on dea-1 --for 2
 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "noop",
  says: "changes nothing; what a run loses with it is lost without any fault",
  colour: "#8a8a8a",
  needs: [],
  options: z.strictObject({}),
  changesNothing: true, // no other fault has this: the keeper records readings of its own, since none of the target could show it

  async inject() {},
  async heal() {},
  async witness() {
    return { state: "intact", generation: "noop" };
  },
});
