/** Takes a LUN away from the components that mount it. Try it: flounder break storage-cut --on '*:lun-1' --pick all --for 10 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "storage-cut",
  says: "detaches a mount: reads and writes fail until healed",
  colour: "#6a3d9a",
  needs: ["mount"],
  way: () => "detach",
  options: z.strictObject({}),

  async inject(mount) {
    await mount.can.mount.cut("detach");
  },
  async heal(mount) {
    await mount.can.mount.mend();
  },
  async witness(mount) {
    const state = await mount.can.mount.state();
    return { state: state === "usable" ? "intact" : state === "read-only" ? "unknown" : "broken" };
  },
});
