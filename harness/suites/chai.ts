/**
 * A chai plugin: expectations on finished runs. `use(flounder)`, then
 * expect(run).to.have.passed · expect(run.plane("data", "outside")).to.have.lost.atMost("2s") · .to.recover.within("10s") · expect(run).to.have.kept.every.write
 * A run that proved nothing throws InconclusiveRun instead of failing the expectation, negated or not.
 */
import type { Bounds } from "../core.js";
import { sayBounds } from "../judge/findings.js";
import { laneName } from "../words.js";
import { type FinishedRun, isFinishedRun, isPlaneOutcome, type PlaneOutcome, whyOpen } from "./finished-run.js";
import { InconclusiveRun } from "./inconclusive.js";
import { atLeast, atMost, type Held, type Seconds, secondsOf } from "./seconds.js";
import { shown } from "./shown.js";

export { InconclusiveRun } from "./inconclusive.js";

/** What chai hands to a plugin, as far as it is used here: chai 5 and 6 have it alike. */
interface ChaiAssertion {
  readonly _obj: unknown;
  assert(holds: boolean, message: string, negated: string): void;
}
interface ChaiStatic {
  readonly Assertion: {
    addProperty(name: string, getter: (this: ChaiAssertion) => unknown): void;
  };
}
interface ChaiUtils {
  flag(assertion: object, name: string): unknown;
}

declare global {
  namespace Chai {
    interface Assertion {
      /** The run's verdict is pass. */
      readonly passed: Assertion;
      /** Seconds that a plane was without service. */
      readonly lost: FlounderLost;
      /** How long after the last healing a plane was still served badly. */
      readonly recover: FlounderRecover;
      readonly kept: { readonly every: { /** No acknowledged write is gone. */ readonly write: Assertion } };
    }
    interface FlounderLost {
      atMost(limit: number | string): Assertion;
      atLeast(limit: number | string): Assertion;
      readonly nothing: Assertion;
    }
    interface FlounderRecover {
      within(limit: number | string): Assertion;
    }
  }
}

export default function flounder({ Assertion }: ChaiStatic, utils: ChaiUtils): void {
  const runOf = (assertion: ChaiAssertion, word: string): FinishedRun => {
    if (!isFinishedRun(assertion._obj)) throw new TypeError(`.${word} is for a finished run: expect(await live.hurt(…)).to.have.${word}`);
    return refuseOpen(assertion._obj);
  };
  const planeOf = (assertion: ChaiAssertion, word: string): PlaneOutcome => {
    if (!isPlaneOutcome(assertion._obj)) throw new TypeError(`.${word} is for a plane of a run: expect(run.plane("data", "outside")).to.….${word}`);
    refuseOpen(assertion._obj.run);
    return assertion._obj;
  };
  /** One measured figure against a limit. */
  const hold = (assertion: ChaiAssertion, run: FinishedRun, held: Held, says: string, expected: string) => {
    if (held === "open") throw new InconclusiveRun(`${says}, and the bounds leave open whether it was ${expected}`, run.dir, shown(run));
    const holds = held === "holds";
    // Drawn only for a message that is read.
    const more = holds === (utils.flag(assertion, "negate") === true) ? `\n\n${shown(run)}` : "";
    assertion.assert(holds, `${says}; expected ${expected}${more}`, `${says}; expected not ${expected}${more}`);
    return assertion;
  };

  Assertion.addProperty("passed", function () {
    const run = runOf(this, "passed");
    const wrong = run.verdict.findings.find(({ result }) => result === "fail");
    return hold(this, run, run.result === "pass" ? "holds" : "fails", `the run ${run.result === "pass" ? "passed" : `failed: ${wrong?.says}`}`, "to pass");
  });
  Assertion.addProperty("lost", function () {
    const outcome = planeOf(this, "lost.atMost");
    const says = `${laneName(outcome.plane, outcome.from)} lost ${sayBounds(outcome.lostS)}`;
    const limited = (limit: Seconds, word: "atMost" | "atLeast") => {
      const limitS = secondsOf(limit, `lost.${word}`);
      const held = word === "atMost" ? atMost(outcome.lostS, limitS) : atLeast(outcome.lostS, limitS);
      return hold(this, outcome.run, held, says, `at ${word === "atMost" ? "most" : "least"} ${limitS} s`);
    };
    const self = { atMost: (limit: Seconds) => limited(limit, "atMost"), atLeast: (limit: Seconds) => limited(limit, "atLeast") };
    return Object.defineProperty(self, "nothing", { get: () => limited(0, "atMost") });
  });
  Assertion.addProperty("recover", function () {
    const outcome = planeOf(this, "recover.within");
    return {
      within: (limit: Seconds) => {
        const limitS = secondsOf(limit, "recover.within");
        const took = outcome.recoveredS();
        const lane = laneName(outcome.plane, outcome.from);
        if (took === undefined) throw new InconclusiveRun(`${lane}: no healing was seen, so nothing is known of recovery`, outcome.run.dir, shown(outcome.run));
        return hold(this, outcome.run, atMost(took, limitS), `${lane} ${sayRecovery(took)}`, `to recover within ${limitS} s of the last healing`);
      },
    };
  });
  Assertion.addProperty("kept", function () {
    const run = runOf(this, "kept.every.write");
    const write = () => {
      const gone = run.missingWrites;
      const says =
        gone.length === 0
          ? "every acknowledged write was kept"
          : `${gone.length} acknowledged ${gone.length === 1 ? "write is" : "writes are"} gone: ${gone.join(", ")}`;
      return hold(this, run, gone.length === 0 ? "holds" : "fails", says, "every write to be kept");
    };
    return { every: Object.defineProperty({}, "write", { get: write }) };
  });
}

const sayRecovery = (took: Bounds): string =>
  took.hi === Number.POSITIVE_INFINITY
    ? "did not recover"
    : took.hi === 0
      ? "had recovered when the fault was healed"
      : `recovered ${sayBounds(took)} after it was healed`;

function refuseOpen(run: FinishedRun): FinishedRun {
  const why = whyOpen(run);
  if (why !== undefined) throw new InconclusiveRun(why, run.dir, shown(run));
  return run;
}
