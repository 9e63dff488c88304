/** Samples of a prober on a clock of the test's own: what comes when decides, not how busy the machine is. */
import { expect } from "chai";
import type { Event, EventBody, Outcome, PlannedProbe, Sample } from "../core.js";
import { smallPlan, us } from "../judge/testing/fixture.js";
import { SteadyWatch, settled } from "./steady.js";
import { type SteadyStage, steadyPhase } from "./steady-phase.js";

const plan = smallPlan(); // steady for 3 s, within 20 s
const [probe] = plan.probes;

const rare: PlannedProbe = { probe: "create", plane: "control", from: "outside", target: "api", periodMs: 4000, deadlineMs: 2000, phaseMs: 0 };

/** A phase at work: each probe is answered every 100 ms, with what `outcome` says of that instant; with `rareS` another one as well, for the first time then. */
function phaseOf(outcome: (s: number) => Outcome, rareS?: number) {
  let nowUs = 0;
  const notes: EventBody[] = [];
  const probes = rareS === undefined ? plan.probes : [...plan.probes, rare];
  const steady = new SteadyWatch(probes);
  const now = () => nowUs;
  const pause = async (ms: number) => {
    const toUs = nowUs + Math.round(ms * 1000);
    for (let dueUs = Math.ceil((nowUs + 1) / us(0.1)) * us(0.1); dueUs <= toUs; dueUs += us(0.1))
      steady.add(
        probes.flatMap((one): Sample[] => {
          if (one === rare && dueUs < us(rareS!)) return [];
          const said = one === probe ? outcome(dueUs / 1e6) : "ok";
          return [{ ...one, seq: dueUs, dueUs, sentUs: dueUs, endUs: dueUs + 1000, outcome: said }];
        }),
      );
    nowUs = toUs;
  };
  const stage: SteadyStage = {
    plan,
    steady,
    now,
    pause,
    note: (body) => void notes.push(body),
    settle: (quietMs, budgetMs, sinceUs) => settled(steady, { now, pause }, quietMs, budgetMs, sinceUs),
  };
  return {
    notes,
    done: () => steadyPhase(stage),
    begun: () => notes.filter((event) => event.kind === "phase").length,
    says: () => notes.flatMap((event) => (event.kind === "trouble" ? [(event as Event & { kind: "trouble" }).says] : [])),
    nowS: () => nowUs / 1e6,
  };
}

describe("the steady phase", () => {
  it("begins once where nothing is lost, and says nothing", async () => {
    const phase = phaseOf(() => "ok");
    expect(await phase.done()).to.equal(true);
    expect([phase.begun(), phase.says()]).to.deep.equal([1, []]);
    expect(phase.nowS()).to.be.within(3, 3.3); // answered within 0.1 s, steady for 3 s
  });

  it("begins again after one lost sample, at once, and says what it was", async () => {
    const phase = phaseOf((s) => (s === 2 ? "timeout" : "ok"));
    expect(await phase.done()).to.equal(true);
    expect(phase.begun()).to.equal(2);
    expect(phase.says()).to.deep.equal(["the steady phase begins again: app app-1 from outside was timeout"]);
    expect(phase.nowS()).to.be.within(7, 7.3); // lost at 2 s, quiet until 4 s, steady until 7 s
  });

  it("is over when whoever asks rarely was answered in it, too, and no sooner", async () => {
    const phase = phaseOf(() => "ok", 3.7);
    expect(await phase.done()).to.equal(true);
    expect([phase.begun(), phase.says()]).to.deep.equal([1, []]);
    expect(phase.nowS()).to.be.within(3.7, 3.9); // steady for 3 s, but one was asked at 3.7 s only
  });

  it("is refused where somebody is never answered, and names who", async () => {
    const phase = phaseOf(() => "ok", Number.POSITIVE_INFINITY);
    expect(await phase.done()).to.equal(false);
    expect(phase.says().at(-1)).to.match(/: create api from outside has no answer yet; the steady phase was begun 1 time$/);
    expect(phase.nowS()).to.be.within(20, 20.2);
  });

  it("takes no sample that the observer lost for a loss", async () => {
    const phase = phaseOf((s) => (s === 2 ? "observer" : "ok"));
    expect(await phase.done()).to.equal(true);
    expect(phase.begun()).to.equal(1);
  });

  it("is refused where a sample is lost again and again, when its budget is over, with what was lost and how often", async () => {
    const phase = phaseOf((s) => (Math.round(s * 10) % 25 === 0 ? "http-5xx" : "ok"));
    expect(await phase.done()).to.equal(false);
    expect(phase.begun()).to.equal(8);
    expect(phase.says().at(-1)).to.match(
      /^the foundation was not steady before anything was injected: app app-1 from outside was http-5xx.*; the steady phase was begun 8 times$/,
    );
    expect(phase.nowS()).to.be.within(20, 20.2);
  });

  it("is refused without ever beginning where it never gets steady", async () => {
    const phase = phaseOf(() => "refused");
    expect(await phase.done()).to.equal(false);
    expect(phase.begun()).to.equal(0);
    expect(phase.says()).to.deep.equal(["the foundation was not steady before anything was injected: app app-1 from outside answers refused"]);
    expect(phase.nowS()).to.be.within(20, 20.2);
  });
});
