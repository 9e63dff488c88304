/** Flips bytes in what a cabinet keeps, silently: only whoever reads and compares finds out. Try it: flounder break storage-corrupt --on cabinet-a --for 20 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "storage-corrupt",
  says: "flips a byte in some of the files that a storage keeps; reads succeed and lie",
  colour: "#762a83",
  needs: ["content"],
  options: z.strictObject({ ofPercent: z.number().positive().max(100).default(10), seed: z.number().int().default(0) }),

  async inject(storage, { ofPercent, seed }) {
    await storage.can.content.corrupt(ofPercent, seed);
  },
  async heal(storage) {
    await storage.can.content.restore();
  },
  async witness(storage) {
    return { state: (await storage.can.content.whole()) ? "intact" : "broken" };
  },
});
