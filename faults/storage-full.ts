/** Leaves no room on a LUN, for whoever mounts it. Try it: flounder break storage-full --on cabinet-a --for 20 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "storage-full",
  says: "leaves no room on one volume of a storage, or on all: nothing grows there; reading and overwriting in place go on",
  colour: "#54278f",
  needs: ["room"],
  options: z.strictObject({ luns: z.enum(["one", "all"]).default("one"), seed: z.number().int().default(0) }),

  async inject(storage, { luns, seed }) {
    await storage.can.room.fill(luns, seed);
  },
  async heal(storage) {
    await storage.can.room.free();
  },
  async witness(storage, { luns }) {
    const takes = await storage.can.room.takes();
    return { state: takes === "all" ? "intact" : takes === "none" || luns === "one" ? "broken" : "unknown" };
  },
});
