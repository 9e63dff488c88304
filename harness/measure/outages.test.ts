import { expect } from "chai";
import fc from "fast-check";
import { seeded } from "../random.js";
import { type Observation, type Outage, outagesIn } from "./outages.js";
import { segments } from "./segments.js";

const ms = 1000;
interface World {
  readonly periodMs: number;
  readonly startMs: number;
  readonly lengthMs: number;
  readonly deadlineMs: number;
  readonly phaseMs: number;
}
/** What a perfect prober sees of one outage; latency 0.4 ms. */
function see(world: World, during: (sentMs: number, endMs: number) => Partial<Observation> & { latencyMs?: number }): Observation[] {
  const end = world.startMs + world.lengthMs;
  return Array.from({ length: Math.ceil((end + 2000) / world.periodMs) }, (_, i) => {
    const sentMs = i * world.periodMs + world.phaseMs;
    const { latencyMs = 0.4, outcome = "ok" } = sentMs >= world.startMs && sentMs < end ? during(sentMs, end) : {};
    return { sentUs: sentMs * ms, endUs: (sentMs + latencyMs) * ms, outcome };
  });
}
const modes: Record<string, (world: World) => Observation[]> = {
  refuse: (world) => see(world, () => ({ outcome: "refused", latencyMs: 0.1 })),
  "503": (world) => see(world, () => ({ outcome: "http-5xx" })),
  "hang kept": (world) => see(world, () => ({ outcome: "timeout", latencyMs: world.deadlineMs })),
  "hang dropped": (world) =>
    see(world, (sent, end) =>
      end - sent < world.deadlineMs ? { outcome: "reset", latencyMs: end - sent } : { outcome: "timeout", latencyMs: world.deadlineMs },
    ),
  stall: (world) =>
    see(world, (sent, end) => (end - sent < world.deadlineMs ? { latencyMs: end - sent + 0.5 } : { outcome: "timeout", latencyMs: world.deadlineMs })),
  slow: (world) => see(world, () => ({ latencyMs: 400 })),
  "wrong answer": (world) => see(world, () => ({ outcome: "wrong-answer" })),
};
const find = (seen: readonly Observation[], periodMs: number): Outage[] => outagesIn(seen, { periodUs: periodMs * ms, slowUs: 100_000 });
const holds = (bounds: { lo: number; hi: number }, value: number, slack = 0) => bounds.lo - slack <= value && value <= bounds.hi + slack;

describe("outage windows", () => {
  const worlds = fc.record({
    periodMs: fc.constantFrom(10, 50),
    startMs: fc.integer({ min: 3000, max: 4000 }).map((n) => n + 0.37),
    lengthMs: fc.integer({ min: 300, max: 6000 }),
    deadlineMs: fc.constantFrom(400, 1000),
    phaseMs: fc.double({ min: 0, max: 10, noNaN: true }),
  });
  for (const [name, mode] of Object.entries(modes)) {
    it(`of ${name} hold the truth between their bounds, at most a period and 2 ms per edge`, () =>
      fc.assert(
        fc.property(worlds, (world) => {
          const found = find(mode(world), world.periodMs);
          expect(found.length).to.equal(1);
          const { startUs, endUs, lostS } = found[0]!;
          const slack = name === "refuse" ? 0 : 1;
          expect(holds(startUs, world.startMs * ms, slack), `start ${JSON.stringify(startUs)}`).to.equal(true);
          expect(holds(endUs, (world.startMs + world.lengthMs) * ms, slack), `end ${JSON.stringify(endUs)}`).to.equal(true);
          expect(startUs.hi - startUs.lo).to.be.at.most((world.periodMs + 2) * ms);
          expect(endUs.hi - endUs.lo).to.be.at.most((world.periodMs + 2) * ms);
          expect(holds(lostS, world.lengthMs / 1000, 1e-5)).to.equal(true);
        }),
        { numRuns: 60 },
      ));
  }

  it("know a stall by its answers, which all come at its end", () => {
    const world = { periodMs: 10, startMs: 3003, lengthMs: 1700, deadlineMs: 1000, phaseMs: 0 };
    const [outage] = find(modes.stall!(world), 10);
    expect(outage!.cause).to.equal("stall");
    expect(outage!.endUs.hi - outage!.endUs.lo).to.be.below(0.7 * 10_000);
    expect(find(modes.slow!(world), 10)[0]!.cause).to.equal("slow");
  });

  it("are wider where we were late ourselves: who sends late reads late", () => {
    const world = { periodMs: 10, startMs: 3003, lengthMs: 1700, deadlineMs: 1000, phaseMs: 0 };
    const read = 4712 * ms; // the answers were there from 4703 on; what was due at 4700 and 4710 was sent when we ran again
    const punctual = modes.stall!(world).map((one) => (one.outcome === "ok" && one.sentUs < read && one.endUs > 4702 * ms ? { ...one, endUs: read } : one));
    const known = punctual.map((one) => {
      const held = one.sentUs === 4700 * ms || one.sentUs === 4710 * ms;
      return { ...one, dueUs: one.sentUs, ...(held ? { sentUs: read, endUs: read + 400 } : {}) };
    });
    expect(holds(find(punctual, 10)[0]!.endUs, 4703 * ms)).to.equal(false);
    expect(holds(find(known, 10)[0]!.endUs, 4703 * ms), JSON.stringify(find(known, 10)[0]!.endUs)).to.equal(true);
  });

  it("find a stall of four samples, of which two waited for less than what counts as slow", () => {
    const world = { periodMs: 50, startMs: 3003, lengthMs: 190, deadlineMs: 1000, phaseMs: 0 };
    const [outage, ...more] = find(modes.stall!(world), 50);
    expect(more).to.deep.equal([]);
    expect(outage!.cause).to.equal("stall");
    expect(holds(outage!.startUs, 3003 * ms) && holds(outage!.endUs, 3193 * ms, 1000)).to.equal(true);
  });

  it("end when answers are quick again, though a little later than usual: those did not wait with the slow ones", () => {
    const world = { periodMs: 10, startMs: 3003, lengthMs: 1000, deadlineMs: 1000, phaseMs: 0 };
    const after = (sentUs: number) => sentUs >= 4003 * ms && sentUs < 4103 * ms;
    const seen = modes.slow!(world).map((one) => (after(one.sentUs) ? { ...one, endUs: one.sentUs + 6 * ms } : one));
    const [outage] = find(seen, 10);
    expect(holds(outage!.endUs, 4003 * ms), JSON.stringify(outage!.endUs)).to.equal(true);
  });

  it("of brown-outs hold the truth 99 times of 100, and are one and not many", () => {
    const random = seeded(7);
    let edges = 0;
    let held = 0;
    let whole = 0;
    for (let trial = 0; trial < 300; trial++) {
      const world = { periodMs: 10, startMs: 3000 + random() * 10, lengthMs: 500 + random() * 3000, deadlineMs: 1000, phaseMs: 0 };
      const found = find(
        see(world, () => (random() < 0.5 ? { outcome: "http-5xx" } : {})),
        10,
      );
      if (found.length === 1) whole++;
      edges += 2;
      if (holds(found[0]!.startUs, world.startMs * ms)) held++;
      if (holds(found.at(-1)!.endUs, (world.startMs + world.lengthMs) * ms)) held++;
    }
    expect(whole).to.be.at.least(297);
    expect(held / edges).to.be.at.least(0.985);
  });

  it("of a brown-out of which only the middle is an outage by itself reach to the bad answers beside it", () => {
    const bad = [58, 64, 65, 66, 67, 74];
    const seen = Array.from({ length: 200 }, (_, i) => ({
      sentUs: i * 50 * ms,
      endUs: (i * 50 + 1) * ms,
      outcome: bad.includes(i) ? ("http-5xx" as const) : ("ok" as const),
    }));
    const [outage, ...more] = find(seen, 50);
    expect(more).to.deep.equal([]);
    expect(outage!.samples).to.equal(4);
    expect(outage!.startUs.lo).to.be.below(58 * 50 * ms);
    expect(outage!.endUs.hi).to.be.above(74 * 50 * ms);
    const far = seen.map((one, i) => (i === 58 || i === 74 ? { ...one, outcome: "ok" as const } : i === 40 ? { ...one, outcome: "http-5xx" as const } : one));
    expect(find(far, 50)[0]!.startUs.lo, "one of a second before has nothing to do with it").to.equal(63 * 50 * ms);
  });

  it("keep two outages apart that are half a second from each other", () => {
    const world = { periodMs: 50, startMs: 3000, lengthMs: 600, deadlineMs: 1000, phaseMs: 0 };
    const first = modes.refuse!(world);
    const both = first.map((one) => (one.sentUs >= 4100_000 && one.sentUs < 4800_000 ? { ...one, outcome: "refused" as const } : one));
    expect(find(both, 50).length).to.equal(2);
  });

  it("need three bad samples, and no more", () => {
    const ok = Array<boolean>(200).fill(false);
    const at = (...bad: number[]) => segments(ok.map((_, i) => bad.includes(i)));
    expect(at(50)).to.deep.equal([]);
    expect(at(50, 51)).to.deep.equal([]);
    expect(at(50, 51, 52)).to.deep.equal([{ from: 50, to: 52 }]);
    expect(at(0, 1, 2)).to.deep.equal([{ from: 0, to: 2 }]);
  });

  it("are wider where the observer was blind, and not there when only the observer failed", () => {
    const world = { periodMs: 10, startMs: 3000, lengthMs: 500, deadlineMs: 1000, phaseMs: 1 };
    const seen = modes.refuse!(world).map((one) => (one.sentUs > 2900_000 && one.sentUs < 3200_000 ? { ...one, outcome: "observer" as const } : one));
    const [outage] = find(seen, 10);
    expect(holds(outage!.startUs, 3000_000)).to.equal(true);
    expect(outage!.startUs.hi - outage!.startUs.lo).to.be.above(280_000);
    expect(
      find(
        seen.map((one) => (one.outcome === "refused" ? { ...one, outcome: "observer" } : one)),
        10,
      ),
    ).to.deep.equal([]);
  });

  it("say that an edge is open where sampling began or ended", () => {
    const seen = modes.refuse!({ periodMs: 10, startMs: 0, lengthMs: 1000, deadlineMs: 1000, phaseMs: 0 });
    expect(find(seen, 10)[0]!.open).to.deep.equal({ start: true, end: false });
    expect(find(seen.slice(0, 80), 10)[0]!.open).to.deep.equal({ start: true, end: true });
  });
});
