/** Makes a routing table lie while every app keeps running. Try it: flounder break router-poison --on router-1 --for 10 --set kind=wrong */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "router-poison",
  says: "fills a routing table with stale routes, where nobody is any more, or with wrong ones, to somebody else",
  colour: "#5f8a3a",
  needs: ["table"],
  options: z.strictObject({ kind: z.enum(["stale", "wrong"]).default("stale") }),

  async inject(component, { kind }) {
    await component.can.table.poison(kind);
  },
  async heal(component) {
    await component.can.table.cure();
  },
  async witness(component) {
    return { state: (await component.can.table.truthful()) ? "intact" : "broken" };
  },
});
