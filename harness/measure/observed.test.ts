import { expect } from "chai";
import fc from "fast-check";
import { Observed } from "./observed.js";
import type { Observation } from "./outages.js";

const seen = fc.record({ sentUs: fc.nat(2000), tookUs: fc.nat(50), outcome: fc.constantFrom("ok", "timeout", "refused", "observer"), late: fc.boolean() });
const observation = seen.map(({ sentUs, tookUs, outcome, late }): Observation => {
  const one = { sentUs, endUs: sentUs + tookUs, outcome } as const;
  return late ? { dueUs: sentUs - 7, ...one } : one;
});
const bySending = (list: readonly Observation[]) => [...list].sort((a, b) => a.sentUs - b.sentUs);

describe("observations in columns", () => {
  it("are what the same would be in a list, however they are added, sorted and dropped", () => {
    const step = fc.record({ added: fc.array(observation, { maxLength: 30 }), sort: fc.boolean(), drop: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(observation, { minLength: 1, maxLength: 9 }), fc.array(step, { maxLength: 8 }), (some, steps) => {
        const columns = new Observed();
        // More than there is room for at first.
        let list: Observation[] = Array.from({ length: 1020 }, (_, i) => some[i % some.length]!);
        for (const one of list) columns.push(one);
        for (const { added, sort, drop } of steps) {
          for (const one of added) columns.push(one);
          list.push(...added);
          if (sort) {
            columns.sort();
            list = bySending(list);
          }
          const count = Math.min(drop, list.length);
          columns.drop(count);
          list = list.slice(count);
          expect(Array.from({ length: columns.length }, (_, i) => columns.at(i))).to.deep.equal(list);
          expect(columns.sorted()).to.deep.equal(bySending(list));
        }
      }),
      { numRuns: 100 },
    );
  });
});
