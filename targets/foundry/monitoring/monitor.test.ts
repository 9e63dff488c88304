/** Thresholds that agree: the monitor notices the flicker and moves the LUN before it is declared lost. Thresholds of 2011: whatever they say comes after the latch. */

import { expect } from "chai";
import { sleep, until } from "../../../harness/clock.js";
import type { StorageState } from "../contract/storage.js";
import { timersS } from "../contract/timers.js";
import { storageState } from "../operator/console.js";
import target from "../target.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { thresholds } from "./thresholds.js";

const shape = { cc: 1, dea: 1, router: 1, lb: 1, dns: 1, cabinets: ["cabinet-a", "cabinet-b"], lunsPerCabinet: 2, monitor: 1 };

describe("thresholds", () => {
  it("of 2011 do not agree: alarm, fail-over and the playbook's trigger all come after storage is declared lost", () => {
    const { alarms, failOver, trigger } = thresholds["2011"];
    expect(trigger).to.equal("supply");
    for (const s of [alarms.supplyS, alarms.lunSilentS, failOver.lunSilentS]) expect(s).to.be.above(timersS.lunLost);
  });
  it("that are consistent leave time: the trigger fires first, then the alarm, then the fail-over, then storage would be lost", () => {
    const { alarms, failOver, trigger } = thresholds.consistent;
    expect(trigger).to.equal("supply");
    const inOrder = [alarms.supplyS, alarms.lunSilentS, failOver.lunSilentS, timersS.lunLost];
    expect(inOrder).to.deep.equal([...inOrder].sort((a, b) => a - b));
  });
});

describe("a monitor whose thresholds agree", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "monitor", profile: "org", shape, policy: { "monitor.thresholds": "consistent" }, mounts: true });
  let toldAtBoot = 0;
  const heard: { readonly alarm: string; readonly on: string; readonly state: string }[] = [];
  const state = (): Promise<StorageState> => storageState(live.running.call, "cc-1");

  before(async () => {
    const bus = await live.bus();
    bus.subscribe("monitor.alarms", { callback: (_, message) => void heard.push(message.json()) });
    await bus.flush();
  });

  it("is silent while nothing is wrong", async function () {
    this.timeout(40_000);
    // Components that boot late may alarm: silence is counted from the moment when all of that is over.
    let before = -1;
    const quiet = () => {
      const same = before === heard.length;
      before = heard.length;
      return same;
    };
    await until("the alarms of booting to be over", quiet, 20_000, 2000);
    toldAtBoot = (await target.alarms!(live.running.topology, live.running.call)).length;
    heard.length = 0;
    await sleep(2000);
    expect(heard).to.deep.equal([]);
  });

  // seed: monitoring <- the monitor is killed and stays dead while a supply fails
  it("moves nothing while it is dead: nobody is told, and storage is declared lost", async () => {
    const { process: life } = live.running.target("monitor-1", ["process"]).can;
    await life.kill("node");
    heard.length = 0;
    await live.running.call("cabinet-a", "/power/brown-out", { supply: "A", flickerS: 1, seed: 5 });
    await until("read-only", async () => (await state()).readOnly, 20_000, 50);
    expect(await state()).to.deep.include({ moved: [] });
    expect(heard).to.deep.equal([]);
    await live.running.call("cabinet-a", "/power/restore", {});
    await target.recover(live.running.call, live.running.topology, () => {});
    expect(await state()).to.deep.include({ readOnly: false });
    await life.start();
    await until(
      "the alarms of booting to be over",
      async () => (await state()).mounts["lun-2"] === "usable" && heard.every(({ state }) => state !== "raised"),
      20_000,
      500,
    );
    toldAtBoot = (await target.alarms!(live.running.topology, live.running.call)).length;
    heard.length = 0;
  });

  // seed: monitoring <- a supply flickers and fails; what the monitor must say and do first
  it("notices the supply first, moves the LUN that hangs on it, and nobody is locked out", async () => {
    await live.running.call("cabinet-a", "/power/brown-out", { supply: "A", flickerS: 6, seed: 5 });
    await until("an alarm", () => heard.length > 0, 5000, 20);
    expect(heard[0]).to.include({ alarm: "supply", on: "cabinet-a A", state: "raised" });
    await until("lun-2 to be served by its mirror", async () => ((await state()).moved ?? []).includes("lun-2"), 10_000, 50);
    await until("the supply to be off", async () => ((await live.running.call("cabinet-a", "/power")) as { state: string }).state === "lost", 10_000, 50);
    await sleep(4000); // twice as long as a LUN must be gone to be declared lost
    expect(await state()).to.deep.include({ readOnly: false });
    expect((await state()).mounts["lun-2"]).to.equal("usable");
    await live.running.call("cabinet-a", "/power/restore", {});
    await until(
      "all to be cleared",
      () => heard.filter((one) => one.state === "raised").length === heard.filter((one) => one.state === "cleared").length,
      5000,
      50,
    );
    const told = (await target.alarms!(live.running.topology, live.running.call)).slice(toldAtBoot);
    expect(told.map(({ alarm, on }) => `${alarm} ${on}`)).to.deep.equal(heard.filter((one) => one.state === "raised").map(({ alarm, on }) => `${alarm} ${on}`));
  });
});
