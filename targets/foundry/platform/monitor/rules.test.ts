import { expect } from "chai";
import { alarmsOf, failOversOf, type Seen, type Thresholds } from "./rules.js";

const limits: Thresholds = {
  alarms: { supplyMs: 500, lunSilentMs: 1000, lateHeartbeats: 2, starts: 3, readOnlyMs: 0, withinMs: 3000 },
  failOver: { lunSilentMs: 1200 },
};
const calm: Seen = { supplies: { "cabinet-a A": undefined }, luns: { "lun-1": undefined }, lateMs: [], startsMs: [], readOnly: undefined };
const names = (seen: Partial<Seen>, by: Thresholds = limits) => alarmsOf({ ...calm, ...seen }, by, 10_000).map(({ alarm, on }) => `${alarm} ${on}`);

describe("rules of the monitor", () => {
  it("say nothing of what is as it should be", () => {
    expect(names({})).to.deep.equal([]);
    expect(failOversOf(calm, limits, 10_000)).to.deep.equal([]);
  });
  it("raise an alarm from its threshold on, not before", () => {
    expect(names({ supplies: { "cabinet-a A": { sinceMs: 9501, state: "flickering" } } })).to.deep.equal([]);
    expect(names({ supplies: { "cabinet-a A": { sinceMs: 9500, state: "flickering" } } })).to.deep.equal(["supply cabinet-a A"]);
    expect(names({ luns: { "lun-1": 9001, "lun-2": 9000 } })).to.deep.equal(["lun-silent lun-2"]);
    expect(names({ readOnly: { sinceMs: 10_000, says: "lost" } })).to.deep.equal(["read-only cc"]);
  });
  it("count late heartbeats within their window", () => {
    expect(names({ lateMs: [6000, 9000] })).to.deep.equal([]);
    expect(names({ lateMs: [7500, 9000] })).to.deep.equal(["late-heartbeats hm"]);
  });
  it("count what the Health Manager asks for within their window", () => {
    expect(names({ startsMs: [6999, 9000, 9000] })).to.deep.equal([]);
    expect(names({ startsMs: [8000, 9000, 9000] })).to.deep.equal(["start-storm hm"]);
  });
  it("fail over what is silent for longer than that", () => {
    expect(failOversOf({ ...calm, luns: { "lun-1": 8801, "lun-2": 8800 } }, limits, 10_000)).to.deep.equal(["lun-2"]);
  });
  it("never do what has no threshold", () => {
    const never: Thresholds = {
      alarms: { supplyMs: null, lunSilentMs: null, lateHeartbeats: null, starts: null, readOnlyMs: null, withinMs: 3000 },
      failOver: { lunSilentMs: null },
    };
    const all: Partial<Seen> = {
      supplies: { "cabinet-a A": { sinceMs: 0, state: "off" } },
      luns: { "lun-1": 0 },
      lateMs: [9999, 9998],
      startsMs: [9999, 9999, 9999],
      readOnly: { sinceMs: 0, says: "" },
    };
    expect(names(all, never)).to.deep.equal([]);
    expect(failOversOf({ ...calm, ...all }, never, 10_000)).to.deep.equal([]);
  });
});
