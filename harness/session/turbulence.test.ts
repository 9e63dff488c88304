/** Acts over a client of the test's own, which answers when the test wants it to. */
import { expect } from "chai";
import { nowUs } from "../clock.js";
import type { Client, EventBody, TargetSystem } from "../core.js";
import { smallPlan } from "../judge/testing/fixture.js";
import type { Stage } from "./stage.js";
import { SteadyWatch } from "./steady.js";
import { playActs } from "./turbulence.js";

const plan = smallPlan([], { acts: [{ id: "cut", fault: "link-cut", options: {}, on: { of: "router", pick: "all" }, forS: 600 }] });

function stageOf(inject: () => Promise<void>, signal: AbortSignal): Stage & { readonly notes: EventBody[] } {
  const notes: EventBody[] = [];
  return {
    notes,
    plan,
    system: {} as TargetSystem,
    topology: { profile: "micro", domain: "test", components: [] },
    client: { inject } as unknown as Client,
    steady: new SteadyWatch([]),
    signal,
    now: nowUs,
    pause: async () => {},
    note: (body) => void notes.push(body),
    onEvent: () => () => {},
    settle: async () => true,
    play: () => undefined,
  };
}

describe("acts", () => {
  // A run that is ended by hand: Ctrl-C while the only act of a plan is being injected
  it("end with an abort that comes while the only one is being injected, at once", async () => {
    const abort = new AbortController();
    let done = () => {};
    const playing = playActs(
      stageOf(
        () =>
          new Promise((resolve) => {
            done = resolve;
            queueMicrotask(() => abort.abort(new Error("enough")));
          }),
        abort.signal,
      ),
    );
    expect(await playing.catch((error: Error) => error.message)).to.equal("enough");
    done();
  });

  it("end with an abort that came before the injection was answered", async () => {
    const abort = new AbortController();
    const playing = playActs(stageOf(async () => abort.abort(new Error("enough")), abort.signal));
    expect(await playing.catch((error: Error) => error.message)).to.equal("enough");
  });

  for (const [aloneS, helpedAtS] of [
    [undefined, 0],
    [30, 30],
  ] as const)
    it(`whose damage stays are recovered by the target's own means ${aloneS === undefined ? "at once" : `after the ${aloneS} s that belong to the playbook alone, not before`}`, async () => {
      let atUs = 0;
      const helps: number[] = [];
      const stage: Stage = {
        ...stageOf(async () => {
          throw new Error("nothing is injected here");
        }, new AbortController().signal),
        plan: { ...plan, phases: { ...plan.phases, ...(aloneS === undefined ? {} : { aloneS }) } },
        now: () => atUs,
        system: { recover: async () => void helps.push(atUs / 1e6) } as unknown as TargetSystem,
        async settle(_quietMs, budgetMs) {
          if (helps.length === 0) atUs += Math.max(1, budgetMs) * 1000;
          return helps.length > 0;
        },
      };
      await playActs(stage);
      expect(helps).to.have.length(1);
      expect(helps[0]).to.be.closeTo(helpedAtS, 0.01);
    });
});
