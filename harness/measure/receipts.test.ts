import { expect } from "chai";
import type { Event, Injection, Reading } from "../core.js";
import { receipts } from "./receipts.js";

const injections: Injection[] = [{ id: "cut/router-1", act: "cut", fault: "link-cut", options: {}, target: "router-1", atS: 0, maxS: 5 }];
const mark = (kind: "injecting" | "injected" | "healing", atUs: number): Event => ({ atUs, by: "keeper", kind, injection: "cut/router-1" });
/** Asked 10 µs before it was answered. */
const reading = (atUs: number, state: Reading["state"], generation?: string): Event => ({
  atUs,
  by: "keeper",
  kind: "reading",
  injection: "cut/router-1",
  fromUs: atUs - 10,
  reading: generation === undefined ? { state } : { state, generation },
});
const receipt = (...events: Event[]) => {
  const { bitUs, healedUs } = receipts({ injections }, events)[0]!;
  return { bitUs, healedUs };
};

describe("receipts", () => {
  it("lie between the question of the last reading on one side and the answer of the first on the other", () => {
    const found = receipt(
      reading(100, "intact"),
      mark("injecting", 150),
      reading(200, "intact"),
      reading(300, "broken"),
      reading(400, "broken"),
      mark("healing", 450),
      reading(500, "intact"),
    );
    expect(found).to.deep.equal({ bitUs: { lo: 190, hi: 300 }, healedUs: { lo: 390, hi: 500 } });
  });
  it("say healed when nobody is left behind the target, which is no bite and nothing before one", () => {
    const bitten = [reading(100, "intact"), mark("injecting", 150), reading(300, "broken"), mark("healing", 450)];
    expect(receipt(...bitten, reading(500, "vacant"))).to.deep.equal({ bitUs: { lo: 150, hi: 300 }, healedUs: { lo: 290, hi: 500 } });
    expect(receipt(...bitten, reading(500, "vacant"), reading(600, "broken")).healedUs).to.equal(null);
    expect(receipt(reading(100, "intact"), mark("injecting", 150), reading(300, "vacant"), reading(400, "broken")).bitUs).to.equal(null);
  });
  it("never begin before the injection", () => {
    expect(receipt(reading(100, "intact"), mark("injecting", 150), reading(300, "broken")).bitUs).to.deep.equal({ lo: 150, hi: 300 });
  });
  it("take a changed generation for a bite that was over before the next poll", () => {
    const found = receipt(reading(100, "intact", "7"), mark("injecting", 150), reading(200, "intact", "8"), mark("healing", 250), reading(300, "intact", "8"));
    expect(found).to.deep.equal({ bitUs: { lo: 150, hi: 200 }, healedUs: { lo: 150, hi: 200 } });
  });
  const nothing: { name: string; events: Event[] }[] = [
    { name: "nothing was injected", events: [reading(100, "intact"), reading(300, "broken"), reading(400, "intact")] },
    { name: "nothing was read", events: [mark("injecting", 150), mark("healing", 450)] },
    { name: "it stayed intact", events: [reading(100, "intact", "7"), mark("injecting", 150), reading(300, "intact", "7")] },
    {
      name: "it was broken before: that proves nothing",
      events: [reading(100, "broken"), mark("injecting", 150), reading(300, "broken"), mark("healing", 400), reading(500, "intact")],
    },
    { name: "only unknown was read", events: [reading(100, "intact"), mark("injecting", 150), reading(300, "unknown")] },
    { name: "it broke before the injection", events: [reading(100, "intact"), reading(140, "broken"), mark("injecting", 150), reading(300, "broken")] },
  ];
  for (const { name, events } of nothing) it(`there is none when ${name}`, () => expect(receipt(...events)).to.deep.equal({ bitUs: null, healedUs: null }));

  const unhealed: { name: string; events: Event[] }[] = [
    { name: "nobody healed", events: [reading(500, "intact")] },
    { name: "it stayed broken", events: [mark("healing", 450), reading(500, "broken")] },
    { name: "it broke again afterwards", events: [mark("healing", 450), reading(500, "intact"), reading(600, "broken")] },
    { name: "nobody looked after healing", events: [reading(440, "intact"), mark("healing", 450)] },
  ];
  for (const { name, events } of unhealed)
    it(`healing has none when ${name}`, () => {
      const found = receipt(reading(100, "intact"), mark("injecting", 150), reading(300, "broken"), ...events);
      expect(found.bitUs).to.not.equal(null);
      expect(found.healedUs).to.equal(null);
    });
  it("healing that the platform did itself is dated by its readings, and proved by one after the healing", () => {
    const found = receipt(
      reading(100, "intact"),
      mark("injecting", 150),
      reading(300, "broken"),
      reading(350, "intact"),
      mark("healing", 450),
      reading(500, "intact"),
    );
    expect(found.healedUs).to.deep.equal({ lo: 290, hi: 350 });
  });
});
