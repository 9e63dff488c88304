/** Capability process, on one component of every role: killed, paused, restarted, seen at its own port by a stranger, and for a DEA by its apps' users. */
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type { Component, PortProtocol } from "../../../harness/core.js";
import { app, type Lab, oneOfEach } from "./lab.js";
import { type Ring, ring } from "./ring.js";

/** The port by which a component is said to be ready: "http:admin/healthz" or "tcp:client". */
const readyPort = ({ ready, ports }: Component): { readonly name: string; readonly protocol: PortProtocol } => {
  const name = ready.split(/[:/]/)[1]!;
  return { name, protocol: ports[name]! };
};

export function processes(lab: Lab): void {
  const life = (name: string) => lab.can(name, "process");
  const state = (name: string) => lab.running.components().find((one) => one.name === name)!.state;
  const rung = (component: Component): Promise<Ring> => {
    const { name, protocol } = readyPort(component);
    return ring(lab.running.direct(component.name, name), protocol);
  };

  describe("process", () => {
    for (const component of oneOfEach)
      it(`${component.role}: a killed agent stays dead and its port refuses; a paused one is silent and goes on as the same`, async () => {
        const { name } = component;
        const { kill, start, pause, resume, responds, generation, population } = life(name);
        const first = await generation();
        expect(await rung(component)).to.equal("answers");
        await kill("agent");
        await kill("agent");
        // Threads of a dead process may hold its listener for an instant longer.
        await until(`${name}'s port to refuse`, async () => (await rung(component)) === "refused", 2000, 10);
        expect([await responds(), state(name)]).to.deep.equal([false, "held"]);
        await start();
        await start();
        expect([await responds(), await rung(component), state(name)]).to.deep.equal([true, "answers", "ready"]);
        const second = await generation();
        expect(second).to.not.equal(first);
        expect(await population()).to.be.at.least(1);

        await pause();
        await pause();
        expect([await responds(), await rung(component), state(name)]).to.deep.equal([false, "silence", "paused"]);
        await resume();
        await resume();
        expect(await responds()).to.equal(true);
        expect(await generation()).to.equal(second);
        await lab.asBefore();
      });

    it("an agent that dies by itself is restarted, and that is told", async () => {
      const { generation } = life("router-1");
      const [first, from] = [await generation(), lab.events.length];
      const { restarts } = lab.running.components().find(({ name }) => name === "router-1")!;
      await lab.running.call("router-1", "/restart", {});
      await until("router-1 to be another one, ready", async () => (await generation()) !== first && state("router-1") === "ready", 20_000);
      const troubles = lab.events.slice(from).flatMap((event) => (event.kind === "trouble" && event.from === "router-1" ? [event.says] : []));
      expect(troubles.join("; ")).to.match(/^died: /);
      expect(lab.running.components().find(({ name }) => name === "router-1")!.restarts).to.equal(restarts + 1);
      await lab.asBefore();
    });

    it("of a DEA: apps outlive their agent, and die with their node", async () => {
      const { kill, start, pause, resume, population } = life("dea-1");
      const slots = lab.running.targets().filter(({ name }) => name.startsWith("*>dea-1."));
      const carrying = async () => (await Promise.all(slots.map(({ name }) => lab.can(name, "link").carries()))).filter(Boolean).length;
      const served = () => lab.outside(app);
      const [all, apps] = [await population(), await carrying()];
      expect(apps).to.be.at.least(2);

      await kill("agent");
      expect([await served(), await carrying()]).to.deep.equal(["app-1", apps]);
      expect(await population()).to.be.within(apps, all - 1);
      await start();
      expect([await served(), await carrying()], "the new agent takes them over").to.deep.equal(["app-1", apps]);
      await lab.asBefore();

      await pause();
      expect(await served(), "paused with their node").to.not.equal("app-1");
      await resume();
      await until("the app to go on", async () => (await served()) === "app-1", 10_000);

      await kill("node");
      expect([await population(), await carrying()]).to.deep.equal([0, 0]);
      expect(await served()).to.not.equal("app-1");
      await start();
      await lab.asBefore();
      await until("the app to be started anew", async () => (await served()) === "app-1", 10_000);
    });

    it("a node that is dead answers nobody, whatever it had; it comes back with its mounts", async () => {
      const cc = oneOfEach.find(({ role }) => role === "cc")!;
      const { kill, start, population, responds } = life(cc.name);
      await kill("node");
      expect([await population(), await responds(), await rung(cc)]).to.deep.equal([0, false, "refused"]);
      expect(await lab.outside()).to.match(/^(404|502|503)$/);
      await start();
      await until("the API to be served", async () => (await lab.seen(4)).join() === "api", 20_000);
      expect((await lab.storage()).mounts).to.deep.equal({ "lun-1": "usable", "lun-2": "usable" });
      await lab.asBefore();
    });
  });

  describe("host", () => {
    it("writes a file whole at a component's own place; a signal makes the component read it", async () => {
      const { carries, unmute } = lab.can("nats-1", "subjects");
      const subject = "conforms.host";
      expect(await carries(subject)).to.equal(true);
      await lab.host.write("nats-1", "muted.conf", `deny: ["${subject}"]\n`);
      expect(await carries(subject), "nobody has read it yet").to.equal(true);
      await lab.host.signal("nats-1", "SIGHUP");
      await until("the server to have read it", async () => !(await carries(subject)), 5000, 50);
      await unmute();
      await until("the subject to be carried", () => carries(subject), 5000, 50);
      await lab.asBefore();
    });
  });
}
