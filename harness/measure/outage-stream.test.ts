import { expect } from "chai";
import { seeded } from "../random.js";
import { OutageStream } from "./outage-stream.js";
import { type Observation, outagesIn } from "./outages.js";

const periodUs = 10_000;
const random = seeded(3);
/** Ten minutes at 100 Hz: an outage each minute, every second one a brown-out; answers come in out of order. */
const world = (): Observation[] =>
  Array.from({ length: 60_000 }, (_, i) => {
    const minute = Math.floor(i / 6000);
    const within = i % 6000;
    const bad = within > 3000 && within < 3000 + 50 * (minute + 1) && (minute % 2 === 0 || random() < 0.5);
    const sentUs = i * periodUs;
    return { sentUs, endUs: sentUs + (bad && minute % 4 === 0 ? 900_000 : 500), outcome: bad ? (minute % 4 === 0 ? "timeout" : "refused") : "ok" };
  });

describe("outages as samples come in", () => {
  it("are the same as of all samples together, and what is over is forgotten", () => {
    const all = world();
    const stream = new OutageStream({ periodUs, deadlineUs: 1e6, slowUs: 100_000 });
    const arrived = [...all].sort((a, b) => a.endUs - b.endUs);
    let nextUs = 1e6;
    for (const one of arrived) {
      stream.add(one);
      if (one.endUs < nextUs) continue;
      stream.settle(one.endUs);
      nextUs += 1e6;
    }
    const whole = outagesIn(all, { periodUs, slowUs: 100_000 }, 500);
    const edges = (list: readonly { startUs: object; endUs: object }[]) => list.map(({ startUs, endUs }) => ({ startUs, endUs }));
    expect(whole.length).to.equal(10);
    expect(edges(stream.losses().outages)).to.deep.equal(edges(whole));
    const { lo, hi } = stream.losses().lostS;
    const sum = whole.reduce((total, one) => total + (one.lostS.lo + one.lostS.hi) / 2, 0);
    expect((lo + hi) / 2).to.be.closeTo(sum, 0.05);
    expect(stream.held).to.be.below(2000);
  });
});
