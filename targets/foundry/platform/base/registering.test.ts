/** How often routes are registered, whatever routers ask for. */
import { expect } from "chai";
import fc from "fast-check";
import { Asked } from "./registering.js";

const greeting = (id: string, s?: number) => ({ id, hosts: ["10.0.0.1"], ...(s === undefined ? {} : { minimumRegisterIntervalInSeconds: s }) });

describe("registering", () => {
  it("never waits longer than its own interval: gorouter's 20 s change nothing", () => {
    const asked = new Asked(1000, 6000);
    asked.hear(greeting("gorouter", 20), 0);
    expect(asked.everyMs(0)).to.equal(1000);
    expect(asked.any).to.equal(false);
  });

  it("follows the most impatient router, until that is gone or asks for less", () => {
    const asked = new Asked(1000, 6000);
    asked.hear(greeting("a", 0.5), 0);
    asked.hear(greeting("b", 0.2), 1000);
    expect(asked.everyMs(6000)).to.equal(200);
    asked.hear(greeting("b", 20), 6000);
    expect(asked.everyMs(6000)).to.equal(500);
    expect(asked.everyMs(6001), "a was not heard for 6 s").to.equal(1000);
  });

  it("lets nobody drive it: whatever is heard, in whatever order, the interval is between 100 ms and its own", () => {
    const heard = fc.record({
      id: fc.oneof(fc.constantFrom("a", "b"), fc.string(), fc.anything()),
      minimumRegisterIntervalInSeconds: fc.oneof(fc.double(), fc.constant(1e-9), fc.anything()),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(heard, fc.anything()), fc.nat(20_000))), (messages) => {
        const asked = new Asked(1000, 6000);
        for (const [payload, atMs] of messages) {
          asked.hear(payload, atMs);
          expect(asked.everyMs(atMs)).to.be.within(100, 1000);
        }
        expect(asked.everyMs(40_000), "all are gone").to.equal(1000);
      }),
    );
  });
});
