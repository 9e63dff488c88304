/** Capability console: each slip of an operator, seen from where users and neighbours are, and taken back. */
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import { pidOf } from "../operator/console.js";
import type { Lab } from "./lab.js";

export function slips(lab: Lab): void {
  describe("an operator's slip", () => {
    // seed: firewall <- an operator types into the wrong terminal
    it("in the wrong terminal: the firewall lets nobody in until its config is back", async () => {
      await lab.breaks("fat-finger", "firewall-1", { slip: "wrong-terminal" }, async () => expect(await lab.outside()).to.equal("refused"));
      await until("the front door to serve", async () => (await lab.seen(4)).join() === "api", 10_000, 100);
      await lab.asBefore();
    });

    // seed: storage cabinet <- mirrors are told to stop though nothing is wrong with them
    it("out of its turn: a cabinet's mirrors stand still until they are let go on, and the other's go on", async () => {
      const states = async (cabinet: string) =>
        Object.values(((await lab.running.call(cabinet, "/mirrors")) as { copies: Record<string, { state: string }> }).copies).map(({ state }) => state);
      await lab.breaks("fat-finger", "cabinet-a", { slip: "wrong-step" }, async () => {
        expect(await states("cabinet-a")).to.deep.equal(["blocked"]);
        expect(await states("cabinet-b")).to.not.include("blocked");
      });
      await until("the mirror to be in step again", async () => (await states("cabinet-a")).join() === "idle", 10_000, 100);
    });

    it("on the wrong target: it is another process afterwards, it alone, and nothing else is left to undo", async () => {
      const { slip, undo, asMeant, generation } = lab.can("router-1", "console");
      const pids = () => Promise.all(["router-1", "router-2"].map((name) => pidOf(lab.running.call, name)));
      const [before, seen] = [await pids(), await generation("wrong-target")];
      await slip("wrong-target");
      await until("router-1 to be back", async () => (await asMeant("wrong-target")) && (await generation("wrong-target")) !== seen, 20_000, 50);
      await undo("wrong-target");
      const after = await pids();
      expect([after[0] === before[0], after[1] === before[1]]).to.deep.equal([false, true]);
      await lab.asBefore();
    });
  });
}
