/** Acts over a client of the test's own, which answers when the test wants it to. */
import { expect } from "chai";
import { nowUs } from "../clock.js";
import type { Client, EventBody, TargetSystem } from "../core.js";
import { smallPlan } from "../judge-fixture.js";
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
  // seed: a run that is ended by hand <- Ctrl-C while the only act of a plan is being injected
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
});
