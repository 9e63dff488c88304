/** Makes a mount refuse writes while it still reads. Try it: flounder break storage-readonly --on 'cc-1:lun-1' --for 10 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "storage-readonly",
  says: "makes a mount read-only: reads succeed, writes fail until healed",
  colour: "#9e7bb5",
  needs: ["mount"],
  way: () => "read-only",
  options: z.strictObject({}),

  async inject(mount) {
    await mount.can.mount.cut("read-only");
  },
  async heal(mount) {
    await mount.can.mount.mend();
  },
  async witness(mount) {
    const state = await mount.can.mount.state();
    return { state: state === "usable" ? "intact" : state === "read-only" ? "broken" : "unknown" };
  },
});
