/** Game days beside a comparison: trials by the same code, which decide nothing and change no figure of the others. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { DOMParser } from "linkedom";
import { canonical } from "../canonical.js";
import type { Event, Plan } from "../core.js";
import { FlounderError } from "../errors.js";
import { smallEvents, smallPlan, smallSamples, us } from "../judge/testing/fixture.js";
import { root } from "../paths.js";
import { analyse } from "./analysis/analyse.js";
import { openFolder } from "./folder.js";
import { renderHtml } from "./output/html.js";
import { renderMarkdown } from "./output/markdown.js";
import { renderTerminal } from "./output/terminal.js";
import { readGameDays } from "./people.js";
import type { Comparison, Design, Trial } from "./shapes.js";
import { design as madeDesign, question, scenario, trial } from "./testing/comparison.js";
import { nextAttempt } from "./trials.js";

const small = (more = {}): Design =>
  madeDesign({ scenario: { ...scenario, name: "small" }, conditions: { timeFactor: 20 }, outcome: { plane: "data", from: "outside" }, blocks: 7, ...more });
const ofPeople: readonly Event[] = [
  { atUs: us(0.1), by: "person", kind: "people", blind: true, seats: ["player"] },
  { atUs: us(6), by: "person", kind: "step", procedure: "by hand", step: 1, says: "mend()", state: "due", who: "Ada" },
  { atUs: us(6), by: "person", kind: "step", procedure: "by hand", step: 1, says: "mend()", state: "acting", who: "Ada" },
  { atUs: us(7), by: "person", kind: "step", procedure: "by hand", step: 1, says: "mend()", state: "done", who: "Ada" },
];

describe("game days beside a comparison", () => {
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "flounder-people-"));
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  const declared = small();
  const trials: readonly Trial[] = declared.order.flatMap(({ arms }, i) =>
    arms.map((arm) => ({ ...trial(nextAttempt(declared, [], i + 1, arm)!), results: `trials/${i + 1}-${arm}` })),
  );

  function gameDay(name: string, more: Partial<Plan> = {}, change: (events: Event[]) => Event[] = (events) => [...events, ...ofPeople]): string {
    const plan = smallPlan(undefined, more);
    const dir = join(home, name);
    mkdirSync(dir, { recursive: true });
    const jsonl = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    writeFileSync(join(dir, "plan.json"), canonical(plan));
    writeFileSync(join(dir, "timeline.jsonl"), jsonl(change(smallEvents())));
    writeFileSync(join(dir, "samples.jsonl.gz"), gzipSync(jsonl(smallSamples(plan))));
    return dir;
  }
  const seed = declared.order[2]!.seed;
  const compared = (dirs: readonly string[]) => {
    const people = readGameDays(dirs, declared, "foundry");
    return { people, comparison: analyse(declared, trials, { digest: "d", people: people.trials }) };
  };

  it("are measured like trials, joined with the block of their seed, and change nothing else", () => {
    const dirs = [gameDay("same-seed", { seed }), gameDay("own-seed")];
    const { comparison } = compared(dirs);
    const { people, ...rest } = comparison;
    expect(rest).to.deep.equal(analyse(declared, trials, { digest: "d" }));
    expect(people!.trials.map(({ results, block, recovered, recoveryS }) => [results, block, recovered, recoveryS])).to.deep.equal([
      [dirs[0], 3, true, 3],
      [dirs[1], null, true, 3],
    ]);
    expect(people!.trials[0]!.lostS.lo).to.be.within(2.8, 3);
    expect(people!.summary).to.deep.include({ arm: "people", n: 2, lostWrites: 0 });
    expect(people!.says).to.match(
      /^people: median 3\.0 s lost in 2 game days, recovered in 2 of 2 within 30 s \(played by people: not randomised, so not tested\)\.$/,
    );
  });

  it("do not count where the fault was not witnessed, or where the harness ended it; the reason is said", () => {
    const unseen = gameDay("unseen", {}, (events) => [...events.filter((event) => event.kind !== "reading" || event.reading.state === "intact"), ...ofPeople]);
    const railed = gameDay("railed", {}, (events) => [
      ...events.map((event): Event => (event.kind === "healed" ? { ...event, why: "rail" } : event)),
      ...ofPeople,
    ]);
    const recovered: Event = { atUs: us(8.5), by: "script", kind: "step", step: 0, says: "released", state: "done" };
    const { comparison } = compared([unseen, railed, gameDay("recovered", {}, (events) => [...events, ...ofPeople, recovered])]);
    const { people } = comparison;
    expect(people!.trials.map(({ invalid }) => invalid?.code)).to.deep.equal(["fault-not-witnessed", "helped", "helped"]);
    expect(people!.trials.map(({ invalid }) => invalid?.says)).to.deep.include.members([
      "after 3.2 s, before the cap of 30 s, the act reached its time limit",
      "after 3.5 s, before the cap of 30 s, the target's own recover ran: released",
    ]);
    expect(people!.summary).to.deep.include({ n: 0, lostS: null });
    expect(people!.says).to.equal("people: no game day counts (played by people: not randomised, so not tested). 3 game days did not count.");
    const text = renderMarkdown({ design: declared, comparison });
    expect(text).to.contain("railed (seed 1) does not count: helped before the cap: after 3.2 s");
  });

  it("stand in report, Markdown and terminal, each marked, with the figures of comparison.json", () => {
    const { people, comparison } = compared([gameDay("same-seed", { seed }), gameDay("own-seed")]);
    const report = { design: declared, comparison, strips: people.strips };
    const html = renderHtml(report);
    const document = new DOMParser().parseFromString(html, "text/html");
    const shown = [...document.querySelectorAll("data[data-path^=people]")];
    const at = (path: string): unknown => path.split(".").reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], comparison);
    for (const one of shown) expect(Number(one.getAttribute("data-value")), one.getAttribute("data-path")!).to.equal(at(one.getAttribute("data-path")!));
    const paths = shown.map((one) => one.getAttribute("data-path"));
    expect(paths).to.include.members(["people.summary.lostS.value", "people.summary.pRecover.k", "people.trials.0.block", "people.trials.1.seed"]);
    const dots = [...document.querySelectorAll("svg.plot circle title")].map((title) => title.textContent!).filter((title) => title.startsWith("people "));
    expect(
      dots.filter((title) => title.includes("that of block 3")),
      "once per width",
    ).to.have.length(3);
    expect(dots).to.have.length(6);
    expect(document.querySelectorAll("svg.strip")).to.have.length(2);
    const marked = [...document.querySelectorAll("td, li, svg text")].filter((one) => one.textContent === "people (not tested)");
    expect(marked, "two tables, a legend, and the dots once per width").to.have.length(6);
    expect(html).not.to.match(/NaN|undefined|Infinity/);
    const unwrapped = (text: string) => text.replace(/\s+/g, " ");
    const texts = [html, renderMarkdown(report), ...[60, 200].map((columns) => unwrapped(renderTerminal(report, { columns, colour: false })))];
    for (const text of texts) expect(text).to.contain(comparison.people!.says);
  });

  it("of another incident are refused, each with its reason", () => {
    const refusal = (dirs: readonly string[], design = declared, system = "foundry"): string => {
      try {
        readGameDays(dirs, design, system);
      } catch (error) {
        if (error instanceof FlounderError) return error.message;
        throw error;
      }
      return "not refused";
    };
    const fine = gameDay("fine");
    expect(refusal([fine])).to.equal("not refused");
    expect(refusal([gameDay("alone", {}, (events) => events)])).to.match(/alone: it was not played by people$/);
    expect(refusal([fine, gameDay("other", { name: "day-1" })])).to.match(/other: its scenario is day-1, that of the comparison is small$/);
    expect(refusal([fine], declared, "guestbook")).to.match(/its target is foundry, that of the comparison is guestbook$/);
    expect(refusal([gameDay("slow", { foundation: { profile: "micro", timeFactor: 5 } })])).to.match(/its time factor is 5, that of the comparison is 20$/);
    expect(refusal([gameDay("large", { foundation: { profile: "com", timeFactor: 20 } })])).to.match(/its profile is com, that of the comparison is micro$/);
    const policy = { foundation: { profile: "micro", timeFactor: 20, policy: { preset: "2011" } } };
    expect(refusal([gameDay("policy", policy)])).to.match(/its policy preset is 2011, that of the comparison is not set$/);
    expect(refusal([fine], small({ conditions: { timeFactor: 20, "policy preset": "2011" } }))).to.match(/preset is not set, that of the comparison is 2011$/);
    const played: Event = { atUs: us(7), by: "model", kind: "step", procedure: "p", step: 1, says: "mend", state: "acting" };
    expect(refusal([gameDay("asked", {}, (events) => [...events, ...ofPeople, played])])).to.match(/people were only asked before each step$/);
    const inject: Event = { atUs: us(4), by: "person", kind: "facilitator", who: "Bo", did: "inject", says: "", ok: true, act: "more" };
    expect(refusal([gameDay("more", {}, (events) => [...events, ...ofPeople, inject])])).to.match(/its facilitator let more begin, which no trial has/);
    expect(refusal([fine, fine])).to.match(/are the same folder$/);
    expect(refusal([join(home, "nowhere")])).to.match(/plan\.json cannot be read: ENOENT$/);
    const namesake = question().playbooks.map((one) => (one.name === "quick" ? { ...one, name: "people" } : one));
    expect(refusal([fine], small({ playbooks: namesake }))).to.match(/^--people beside a playbook that is called "people"/);
  });

  it("flounder compare --from … --people writes them; without a trial's plan, or with a share, it refuses", function () {
    this.timeout(60_000);
    const dir = join(home, "comparison");
    const folder = openFolder(dir, declared, {});
    for (const one of trials) folder.add(one, undefined);
    folder.close();
    const compare = (...words: readonly string[]) =>
      spawnSync(process.execPath, [join(root, "bin", "flounder.mjs"), "compare", ...words], {
        cwd: home,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
      });
    const words = ["--from", dir, "--json", "--people", gameDay("same-seed", { seed })];
    expect(compare(...words).stderr).to.match(/^flounder: --people: no trial has its results folder any more/);
    mkdirSync(join(dir, trials[0]!.results), { recursive: true });
    writeFileSync(join(dir, trials[0]!.results, "plan.json"), canonical(smallPlan()));
    const got = compare(...words);
    const comparison = JSON.parse(got.stdout) as Comparison;
    expect(comparison.people!.trials[0]).to.include({ block: 3 });
    expect(got.status).to.equal(comparison.exitCode);
    const [, report] = /report: (.*)report\.html/.exec(got.stderr) ?? [];
    expect(JSON.parse(readFileSync(join(report!, "comparison.json"), "utf8"))).to.deep.equal(comparison);
    const shared = compare("small", "--playbooks", "a,b", "--shard", "1/2", "--people", home);
    expect([shared.status, shared.stderr]).to.satisfy(
      ([status, says]: [number, string]) => status === 64 && says.startsWith("flounder: --people with --shard"),
    );
  });
});
