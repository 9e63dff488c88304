/** Makes a mount hang: whoever touches it waits in the kernel. Try it: flounder break storage-hang --on 'cc-1:lun-1' --for 10 */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "storage-hang",
  says: "hangs a mount: reads and writes neither succeed nor fail until healed",
  colour: "#3f2b96",
  needs: ["mount"],
  way: () => "hang",
  options: z.strictObject({}),

  async inject(mount) {
    await mount.can.mount.cut("hang");
  },
  async heal(mount) {
    await mount.can.mount.mend();
  },
  async witness(mount) {
    const state = await mount.can.mount.state();
    return { state: state === "usable" ? "intact" : state === "hung" ? "broken" : "unknown" };
  },
});
