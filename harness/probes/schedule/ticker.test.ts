/** The ticker's lead: what a wake-up costs, learnt. */
import { expect } from "chai";
import fc from "fast-check";
import { seeded } from "../../random.js";
import { defaultTicker, nextLead } from "./ticker.js";

const most = defaultTicker.leadUs;

describe("the ticker's lead", () => {
  it("goes to where one wake-up of four comes too late", () =>
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 30, max: 60 }), fc.integer({ min: 1, max: 60 }), (seed, leastUs, spreadUs) => {
        const random = seeded(seed);
        let leadUs = most;
        let late = 0;
        for (let i = 0; i < 4200; i++) {
          const tookUs = leastUs + spreadUs * random();
          if (i >= 200 && tookUs > leadUs) late++;
          leadUs = nextLead(leadUs, tookUs, most);
        }
        expect(late / 4000).to.be.within(0.22, 0.28);
      }),
      { numRuns: 50 },
    ));

  it("stays between the least and the most, whatever wake-ups take", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 200, maxLength: 400 }), (took) => {
        let leadUs = most;
        for (const tookUs of took) {
          leadUs = nextLead(leadUs, tookUs, most);
          expect(leadUs).to.be.within(20, most);
        }
      }),
    ));
});
