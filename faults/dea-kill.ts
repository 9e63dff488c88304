/** Kills whoever runs apps for others: the agent, or its whole node with the apps. Try it: flounder break dea-kill --on dea-1 --for 10 --set scope=node */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

export default defineFault({
  name: "dea-kill",
  says: "kills a host of apps and keeps it dead until healed: the agent alone (its apps live on), or the node with every app on it",
  colour: "#d1495b",
  needs: ["process"],
  among: (target) => target.hosts === true,
  options: z.strictObject({ scope: z.enum(["agent", "node"]).default("agent") }),

  async inject(host, { scope }) {
    await host.can.process.kill(scope);
  },
  async heal(host) {
    await host.can.process.start();
  },
  async witness(host, { scope }) {
    const { process } = host.can;
    const [responds, generation] = await Promise.all([process.responds(), process.generation()]);
    if (responds) return { state: "intact", generation };
    // A node is dead when nothing of it lives: a dead agent over living apps is the other scope.
    const dead = scope === "agent" || (await process.population()) === 0;
    return { state: dead ? "broken" : "unknown", generation };
  },
});
