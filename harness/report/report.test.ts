import { expect } from "chai";
import { DOMParser } from "linkedom";
import { canonical } from "../canonical.js";
import { verdictSchema } from "../core/verdict.js";
import type { Event } from "../core.js";
import { judgement } from "../judge/judge.js";
import { smallEvents, smallPlan, smallSamples, us } from "../judge/testing/fixture.js";
import { junit } from "./junit.js";
import { markdown } from "./markdown.js";
import { story } from "./story.js";
import { summaryLines } from "./terminal/summary.js";
import { liveView } from "./terminal/terminal.js";
import { fixtureRun } from "./testing/fixture.js";

const told = (run: Pick<ReturnType<typeof fixtureRun>, "plan" | "events" | "samples">) => {
  const judged = judgement(run.plan, run.events, run.samples);
  return story({ ...run, cuts: [] }, judged);
};
const small = (events: readonly Event[]) => told({ plan: smallPlan(), events, samples: smallSamples() });

describe("verdict.json", () => {
  it("fits its schema", () => {
    const { verdict } = told(fixtureRun());
    expect(verdictSchema.parse(JSON.parse(canonical(verdict)))).to.deep.equal(verdict);
    expect(() => verdictSchema.parse({ ...verdict, result: "fine" })).to.throw();
    expect(() => verdictSchema.parse({ ...verdict, extra: 1 })).to.throw();
  });
});

describe("the story's sentence", () => {
  it("tells who lost what while who did not", () => {
    const { sentence } = told(fixtureRun());
    expect(sentence).to.match(/^In lun developers were locked out [\d.]+ s while no app missed a request; in node /);
    expect(sentence).to.match(/; in tables every app ran and nobody outside could reach an app for [\d.]+ s and developers were locked out [\d.]+ s\.$/);
  });
  it("says so when nobody lost anything, and when an act never began", () => {
    const quiet = told({ plan: smallPlan(), events: smallEvents(), samples: smallSamples(smallPlan(), () => "ok") });
    expect(quiet.sentence).to.equal("In cut nobody lost anything.");
    expect(small(smallEvents().filter((event) => event.kind !== "injecting")).sentence).to.equal("Cut never began.");
  });
});

describe("junit.xml", () => {
  const parse = (events: readonly Event[]) => {
    const document = new DOMParser().parseFromString(junit(small(events)), "text/xml");
    const count = (name: string) => document.querySelectorAll(name).length;
    const suite = document.querySelector("testsuite")!;
    return {
      cases: count("testcase"),
      failure: count("failure"),
      error: count("error"),
      skipped: count("skipped"),
      attributes: ["tests", "failures", "errors", "skipped"].map((name) => Number(suite.getAttribute(name))),
    };
  };
  it("has a case per check, and none failed in a run that passed", () => {
    expect(parse(smallEvents())).to.deep.equal({ cases: 10, failure: 0, error: 0, skipped: 0, attributes: [10, 0, 0, 0] });
  });
  it("makes fail a failure, inconclusive an error, aborted skipped with its reason; counts agree", () => {
    expect(parse([...smallEvents(), { atUs: us(12), by: "script", kind: "missing", write: "app a" }])).to.deep.include({
      failure: 1,
      attributes: [10, 1, 0, 0],
    });
    expect(parse(smallEvents().filter((event) => event.kind !== "fingerprint"))).to.deep.include({ error: 1, attributes: [10, 0, 1, 0] });
    expect(parse([...smallEvents(), { atUs: us(9), by: "person", kind: "aborted", why: "enough" }])).to.deep.include({ skipped: 1, attributes: [11, 0, 0, 1] });
  });
  it("gives each case the time over which it was held", () => {
    const document = new DOMParser().parseFromString(junit(small(smallEvents())), "text/xml");
    const times = Object.fromEntries([...document.querySelectorAll("testcase")].map((one) => [one.getAttribute("name"), Number(one.getAttribute("time"))]));
    expect(times["steady before"]).to.equal(3);
    expect(times["the run reached its end"]).to.equal(8); // turbulence at 4 s, watched until 12 s
    expect(times["data outside: at least 1 s and at most 4 s lost, during cut"], JSON.stringify(times)).to.equal(7);
    expect(Object.values(times).every((s) => (s as number) > 0)).to.equal(true);
  });
  it("stays XML whatever a write is called", () => {
    const write = `app <"&'>\u0000\n]]>`;
    const text = junit(small([...smallEvents(), { atUs: us(12), by: "script", kind: "missing", write }]));
    expect(text).to.contain("app &lt;&quot;&amp;'&gt;\ufffd&#10;]]&gt;");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must be gone
    expect(text).to.not.match(/[\u0000-\u0008]/);
  });
});

describe("what was run", () => {
  const about = {
    foundation: { id: "demo", attached: true },
    versions: { flounder: "0.1.0", node: "20.18.1" },
    repro: "flounder run ./mine.ts --seed 1 --foundation demo",
  };
  const plan = smallPlan([], { playbook: "none", foundation: { profile: "micro", timeFactor: 15, policy: { "hm.freshness": "guard" } } });
  const events = smallEvents().map((event) => (event.kind === "zero" ? { ...event, ...about } : event));
  const run = told({ plan, events, samples: smallSamples(plan) });
  const said = ["none", "15", "hm.freshness=guard", "demo (attached)", "flounder 0.1.0, node 20.18.1", about.repro];

  it("stands in verdict.json, with what the plan does not know", () => {
    expect(run.verdict.setup).to.deep.equal({ target: "foundry", timeFactor: 15, policies: { "hm.freshness": "guard" }, playbook: "none", about });
    expect(verdictSchema.parse(JSON.parse(canonical(run.verdict)))).to.deep.equal(run.verdict);
  });
  it("is read from results of a version before, as far as their plan knows it", () => {
    const { verdict } = told({ plan, events: smallEvents(), samples: smallSamples(plan) });
    expect(verdict.setup?.about).to.equal(null);
    const { setup: _, ...rest } = verdict;
    expect(verdictSchema.parse(rest)).to.deep.equal(rest);
    expect(markdown(told({ plan, events: smallEvents(), samples: smallSamples(plan) }))).to.contain(
      "Repro: `flounder run small --seed 1 --engine local --profile micro --time-factor 15 --playbook none`",
    );
  });
  it("stands in report.md, junit.xml, report.html and the terminal, and how it is done again stands last", async () => {
    const { html } = await import("./html/html.js");
    let terminal = "";
    const view = liveView(plan, { write: (text: string) => (terminal += text) }, { colour: false, about });
    view.end(run.verdict, "results/latest");
    for (const [name, text] of Object.entries({ markdown: markdown(run), junit: junit(run), html: html(run), terminal }))
      for (const words of said) expect(text.replaceAll("\\_", "_"), `${words} in ${name}`).to.contain(words);
    expect(terminal.trimEnd().split("\n").at(-1)).to.equal(`Repro: ${about.repro}`);
    expect(markdown(run).trimEnd().split("\n").at(-1)).to.equal(`Repro: \`${about.repro}\``);
  });
  it("is told in words that read well", () => {
    const cut = [
      ...smallEvents().filter((event) => event.kind !== "healed" && !(event.kind === "act" && event.state === "steady-again")),
      { atUs: us(9), by: "person", kind: "aborted", why: "stopped by SIGINT" } as const,
    ];
    const lines = summaryLines(plan, told({ plan, events: cut, samples: smallSamples(plan) }).verdict).join("\n");
    expect(lines).to.contain("never healed, never stable");
    expect(lines).to.contain("\n  aborted: stopped by SIGINT");
    expect(lines).to.not.contain("aborted: aborted");
  });
});

describe("report.md", () => {
  it("leads with the result and the sentence, and has every act and must", () => {
    const run = told(fixtureRun());
    const text = markdown(run);
    expect(text.split("\n")[0]).to.equal("# ✅ PASS: four-cuts, seed 20110425");
    expect(text.split("\n")[2]).to.equal(run.sentence);
    for (const must of run.musts) expect(text).to.contain(must.says);
    expect(text).to.contain("flounder run four-cuts --seed 20110425");
  });
});
