import { expect } from "chai";
import { analyse } from "./analysis.js";
import type { DesiredApp } from "./desired.js";
import { View } from "./view.js";

const rules = { dropletLost: 30_000, stableState: 60_000, restartTimeout: 20_000, flappingTimeout: 180_000, guard: false };
const app = (over: Partial<DesiredApp> = {}): DesiredApp => ({
  droplet: "a",
  name: "echo",
  state: "STARTED",
  version: "v1",
  instances: 1,
  lastUpdated: 0,
  updatedAtMs: 0,
  ...over,
});
const beat = (instance: string, index = 0, state = "RUNNING", since = 0) => ({
  dea: "dea-1",
  droplets: [{ droplet: "a", version: "v1", instance, index, state, state_timestamp: since }],
});
const crash = (instance: string) => ({ droplet: "a", version: "v1", instance, index: 0, reason: "CRASHED" });

describe("hm view", () => {
  it("leaves an app alone that was changed less than stableState ago", () => {
    const view = new View(rules, 0);
    view.desire([app({ updatedAtMs: 100_000 })]);
    expect(analyse(view, 159_000)).to.deep.equal([]);
    expect(analyse(view, 161_000)).to.have.length(1);
  });

  it("counts crashes together only if each came within flappingTimeout of the one before", () => {
    const view = new View(rules, 0);
    view.desire([app()]);
    for (const [n, at] of [0, 170_000, 340_000, 521_000, 600_000, 650_000].entries()) {
      view.heartbeat(beat(`i${n}`), at);
      expect(view.exited(crash(`i${n}`), at).commands, `crash at ${at}`).to.have.length(1);
    }
    view.heartbeat(beat("last"), 700_000);
    const last = view.exited(crash("last"), 700_000);
    expect(last.commands).to.deep.equal([]);
    expect(last.alerts[0]).to.include("flapping after 4 crashes");
  });

  it("2011: an empty scan forgets all apps, and old instances are asked to stop", () => {
    const view = new View(rules, 0);
    view.desire([app()]);
    view.heartbeat(beat("i0"), 200_000);
    view.desire([]);
    expect(view.heartbeat(beat("young", 0, "RUNNING", 199), 200_000).commands).to.deep.equal([]);
    expect(view.heartbeat(beat("i0", 0, "RUNNING", 10), 200_000).commands).to.deep.include({
      op: "STOP",
      droplet: "a",
      lastUpdated: 0,
      instances: ["i0"],
      why: "its app is unknown",
    });
  });

  it("does not count the end of a duplicate as the end of the index", () => {
    const view = new View(rules, 0);
    view.desire([app()]);
    view.heartbeat(beat("i0"), 1000);
    expect(view.heartbeat(beat("twin"), 1000).commands[0]).to.deep.include({ op: "STOP", instances: ["twin"] });
    expect(view.exited(crash("twin"), 2000).commands).to.deep.equal([]);
    expect(view.exited(crash("i0"), 3000).commands[0]).to.deep.include({ op: "START", indices: [0] });
  });

  it("takes an instance that is starting for alive", () => {
    const view = new View(rules, 0);
    view.desire([app()]);
    view.heartbeat(beat("i0", 0, "STARTING"), 100_000);
    expect(analyse(view, 101_000)).to.deep.equal([]);
    view.age(131_000);
    expect(analyse(view, 131_000)[0]).to.deep.include({ op: "START", indices: [0] });
  });
});
