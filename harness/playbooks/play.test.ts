import { expect } from "chai";
import { nowUs, until } from "../clock.js";
import type { EventBody, Playbook } from "../core.js";
import { FlounderError } from "../errors.js";
import { seeded } from "../random.js";
import { Conditions } from "./conditions.js";
import { paper } from "./paper.js";
import { lateAlarms, plannedProcedures, refuseOther } from "./planned.js";
import { type Playing, playProcedures, type Supervise } from "./play.js";

const alarm = { alarm: "late" } as const;
const step = { say: "mend it", does: "restore", limitS: 2 } as const;
const book = (steps: Playbook["procedures"][number]["steps"], detect: Playbook["procedures"][number]["detect"] = alarm): Playbook => ({
  name: "test",
  says: "a test",
  procedures: [{ name: "p", detect, steps }],
});

describe("playing a playbook", () => {
  const playings: Playing[] = [];
  afterEach(async () => {
    for (const playing of playings.splice(0)) await playing.stop();
  });
  function play(playbook: Playbook, supervise?: Supervise) {
    const noted: EventBody[] = [];
    const conditions = new Conditions([]);
    const playing = playProcedures({
      procedures: plannedProcedures(playbook, seeded(1)),
      playbook,
      console: { who: "script" },
      conditions,
      signal: new AbortController().signal,
      now: nowUs,
      note: (event) => noted.push(event),
      supervise,
    });
    playings.push(playing);
    const raise = () => conditions.event({ atUs: nowUs(), by: "platform", kind: "alarm", from: "monitor-1", says: "late", alarm: "late" });
    const states = () => noted.flatMap((event) => (event.kind === "step" ? [`${event.step} ${event.state}${event.came ? `: ${event.came}` : ""}`] : []));
    /** The alarm may come before anybody listens: it is raised until it is heard. */
    const heard = () =>
      until(
        "it to be detected",
        () => {
          raise();
          return noted.some(({ kind }) => kind === "detected");
        },
        3000,
      );
    return { playing, noted, states, heard, raise };
  }

  it("waits for the alarm, then does the steps in order, each with what came of it", async () => {
    const asked: unknown[] = [];
    const { playing, noted, states, heard } = play(
      book([
        { ...step, say: "think", does: "decide", humanS: 0.1 },
        {
          ...step,
          run: async (console) => {
            asked.push(console);
            return "mended by hand";
          },
        },
      ]),
    );
    expect(noted).to.deep.equal([]);
    await heard();
    await until("the last step", () => states().length === 6, 5000);
    await playing.idle();
    expect(states()).to.deep.equal(["1 due", "1 acting", "1 done", "2 due", "2 acting", "2 done: mended by hand"]);
    expect(asked).to.deep.equal([{ who: "script" }]);
    const by = noted.map(({ by }) => by);
    expect(by.slice(1, 4)).to.deep.equal(["model", "model", "model"]);
    expect(by.slice(4)).to.deep.equal(["script", "script", "script"]);
  });

  it("supervised, asks a person before each step, whose deed it is then; what is not wanted is left out, and the next one is asked for", async () => {
    const asked: string[] = [];
    let ran = 0;
    const run = async () => String(++ran);
    const { playing, noted, states, heard } = play(
      book([
        { ...step, say: "first", humanS: 60, run },
        { ...step, say: "second", run },
      ]),
      async ({ step: n, says }) => {
        asked.push(`${n} ${says}`);
        return { go: n === 2, who: "ann" };
      },
    );
    await heard();
    await until("the last step", () => states().length === 5, 5000);
    await playing.idle();
    expect(asked).to.deep.equal(["1 first", "2 second"]);
    expect(states()).to.deep.equal(["1 due", "1 refused: left out by ann", "2 due", "2 acting", "2 done: 1"]);
    expect(
      noted.filter((event) => event.kind === "step" && event.state !== "due").map((event) => event.kind === "step" && [event.by, event.who]),
    ).to.deep.equal(Array.from({ length: 3 }, () => ["person", "ann"]));
  });
  // seed: playbook and paper-only work <- the platform refuses a step until the step's time is over
  it("tries again while the platform refuses, and gives up at the limit with what was refused last", async () => {
    let tries = 0;
    const { states, heard } = play(
      book([
        {
          ...step,
          run: async () => {
            if (++tries < 3) throw new FlounderError("refused", "not yet", "wait");
            return "at last";
          },
        },
        {
          ...step,
          limitS: 0.7,
          run: async () => {
            throw new FlounderError("platform", "never", "wait");
          },
        },
        step,
      ]),
    );
    await heard();
    await until("it to give up", () => states().some((state) => state.includes("gave-up")), 6000);
    expect(states()).to.deep.equal(["1 due", "1 acting", "1 done: at last", "2 due", "2 acting", "2 gave-up: never"]);
  });
  // seed: playbook and paper-only work <- a change freeze begins in the middle of a procedure
  it("a freeze refuses a step, and with it the rest of its procedure", async () => {
    const { states, heard } = play(
      book([
        {
          ...step,
          run: async () => {
            throw new FlounderError("frozen", "frozen until noon", "wait");
          },
        },
        step,
      ]),
    );
    await heard();
    await until("the refusal", () => states().length === 3, 3000);
    expect(states()).to.deep.equal(["1 due", "1 acting", "1 refused: frozen until noon"]);
  });
  it("what a step waits for and does not get is said", async () => {
    const { states, heard } = play(book([{ ...step, limitS: 0.2, until: { plane: "data", from: "outside", is: "up", forS: 1 } }]));
    await heard();
    await until("it to give up", () => states().length === 3, 3000);
    expect(states().at(-1)).to.equal("1 gave-up: not done within 0.2 s: app users outside up for 1 s did not come");
  });
  it("a verb that hangs is given up at the limit, and does not keep the run from ending", async () => {
    const { states, heard, playing } = play(book([{ ...step, limitS: 0.3, run: () => new Promise<string>(() => {}) }]));
    await heard();
    await until("it to give up", () => states().length === 3, 3000);
    expect(states().at(-1)).to.equal("1 gave-up: not done within 0.3 s");
    await playing.stop();
  });
  it("begins again at the next alarm, not at the one that it has heard", async () => {
    const { noted, heard, raise, playing } = play(book([step]));
    await heard();
    await until("the end", () => noted.filter((event) => event.kind === "step" && event.state === "done").length === 1, 3000);
    await playing.idle();
    await until(
      "the second",
      () => {
        raise();
        return noted.filter(({ kind }) => kind === "detected").length === 2;
      },
      3000,
    );
  });
  it("does beforehand what it needs, once, and breaks nothing off", async () => {
    let prepared = 0;
    const { playing } = play({
      ...book([step]),
      before: async () => {
        prepared++;
        return "backed up";
      },
    });
    await playing.ready();
    expect(prepared).to.equal(1);
  });
  it("a defect in a playbook is no refusal of the platform", async () => {
    const { noted, heard, playing } = play(
      book([
        {
          ...step,
          run: async () => {
            throw new TypeError("undefined is not a function");
          },
        },
      ]),
    );
    await heard();
    await until("it to begin", () => noted.length >= 3, 3000);
    playings.splice(0);
    const error = await playing.stop().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).to.be.instanceOf(FlounderError).and.to.have.property("message").which.contains("undefined is not a function");
  });

  it("a verb that the console does not have is refused in words, and gives the step up", async () => {
    const { heard, noted } = play(book([{ ...step, run: (operator: unknown) => (operator as { verfy(): Promise<string> }).verfy() }]));
    await heard();
    await until("it to be given up", () => noted.some((event) => event.kind === "step" && event.state === "gave-up"), 3000);
    expect(noted.find((event) => event.kind === "step" && event.state === "gave-up"))
      .to.have.property("came")
      .which.contains('the verb "verfy", which the console does not have');
  });
});

describe("a playbook in a plan", () => {
  it("has every human delay drawn by the seed, about its median", () => {
    const slow = book(Array.from({ length: 200 }, () => ({ ...step, humanS: 10 })));
    const delays = plannedProcedures(slow, seeded(7))[0]!.steps.map(({ humanS }) => humanS);
    expect(delays).to.deep.equal(plannedProcedures(slow, seeded(7))[0]!.steps.map(({ humanS }) => humanS));
    expect(new Set(delays).size).to.be.above(190);
    const sorted = [...delays].sort((a, b) => a - b);
    expect(sorted[100]).to.be.within(9, 11);
    expect(sorted[0]).to.be.above(3);
  });
  it("has no functions in it: what is planned can be printed", () => {
    const planned = plannedProcedures(book([{ ...step, run: async () => "x" }]), seeded(1));
    expect(JSON.parse(JSON.stringify(planned))).to.deep.equal(planned);
  });
  it("is warned of when it waits for an alarm that comes too late, is switched off, or that nobody gives", () => {
    const planned = plannedProcedures(book([step]), seeded(1));
    const row = { alarm: "late", says: "a disk stalls", failOverS: null, tooLateS: 2, trigger: false };
    const late = (alarmS: number | null, tooLateS: number | null = 2) => lateAlarms(planned, [{ ...row, alarmS, tooLateS }]);
    expect(late(1)).to.deep.equal([]);
    expect(late(9, null)).to.deep.equal([]);
    expect(late(3)).to.deep.equal([
      `the playbook's "p" waits for the alarm late, which comes 3 s after its sign (a disk stalls); the damage is done after 2 s`,
    ]);
    expect(late(null)[0]).to.contain("switched off");
    expect(lateAlarms(planned, [])[0]).to.contain("nobody gives");
  });
  it("is refused when it is not the one that was planned", () => {
    const planned = plannedProcedures(book([step]), seeded(1));
    refuseOther(planned, book([{ ...step, limitS: 9 }]));
    expect(() => refuseOther(planned, book([{ ...step, say: "something else" }]))).to.throw(FlounderError, "its steps have changed");
  });
  it("on paper names each step, when it is begun, and when it is over", () => {
    const text = paper(book([{ ...step, humanS: 3, until: { plane: "data", from: "outside", is: "up", forS: 1 } }]));
    expect(text).to.contain("Begin at the alarm late.").and.to.contain("1. **mend it**").and.to.contain("done when: app users outside up for 1 s");
  });
});
