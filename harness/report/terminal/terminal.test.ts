import { expect } from "chai";
import type { Event } from "../../core.js";
import { judge } from "../../judge/judge.js";
import { fixtureRun } from "../testing/fixture.js";
import { liveView } from "./terminal.js";

/** Plays a recorded run into the view, events and samples in the order in which they came. */
function played(isTTY: boolean, colour: boolean, columns?: number): string {
  const { plan, events, samples } = fixtureRun();
  let text = "";
  const view = liveView(plan, { isTTY, ...(columns === undefined ? {} : { columns }), write: (piece: string) => (text += piece) }, { colour });
  let next = 0;
  const upTo = (atUs: number) => {
    const batch = [];
    while (next < samples.length && samples[next]!.endUs <= atUs) batch.push(samples[next++]!);
    if (batch.length > 0) view.samples(batch);
  };
  for (const event of events as Event[]) {
    for (let atUs = (samples[next]?.endUs ?? event.atUs) + 100_000; atUs < event.atUs; atUs += 100_000) upTo(atUs);
    upTo(event.atUs);
    view.event(event);
  }
  view.end(judge(plan, events, samples), "results/latest");
  return text;
}

describe("terminal", () => {
  it("without a TTY prints plain lines: header, acts as one line each, what was lost, the verdict", () => {
    const lines = played(false, false).split("\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
    expect(lines.join("\n")).to.not.match(/[\u001b\r]/);
    expect(lines[0]).to.match(/^flounder four-cuts · seed 20110425 · org on local · platform timers ÷20 · plan [0-9a-f]{8}$/);
    expect(lines.filter((line) => line.includes("▲"))).to.have.length(4);
    const bus = lines.find((line) => line.includes("▲ nats-sever"))!;
    expect(bus).to.match(/^ {2}10:15 +49\.[01] s {2}▲ nats-sever cc-1>nats-1 and 7 more +ok +ok +ok$/);
    expect(lines.find((line) => line.includes("▼ tables healed"))).to.match(/DOWN +DOWN +ok$/);
    expect(lines.at(-3)).to.equal("PASS   results/latest/report.html");
    expect(lines.at(-2)).to.equal("Repro: flounder run four-cuts --seed 20110425 --engine local --profile org --time-factor 20");
    expect(lines.find((line) => line.startsWith("lost seconds"))).to.match(/developers outside [\d.]+ \[[\d.]+–[\d.]+\] · app users outside/);
    expect(lines.find((line) => line.startsWith("receipts"))).to.equal(
      "receipts 13/13 bit, 13/13 healed · 60 writes acknowledged, 0 missing · fingerprint equal: 4 facts · observer faults 0.0 %",
    );
  });
  it("is quiet enough to be read: fewer lines than seconds", () => {
    expect(played(false, false).split("\n").length).to.be.below(60);
  });
  for (const columns of [60, 80, 140])
    it(`on ${columns} columns says what is run, and on what, on lines that fit`, () => {
      const about = {
        foundation: { id: "demo", attached: true },
        versions: { flounder: "0.1.0", node: "20.20.2", kernel: "6.18.44", "nats-server": "2.11.10", postgres: "18.4", toxiproxy: "2.12.0" },
        repro: "flounder run",
      };
      let text = "";
      liveView(fixtureRun().plan, { isTTY: true, columns, write: (piece: string) => (text += piece) }, { colour: false, about });
      const lines = text.trimEnd().split("\n");
      for (const line of lines) expect(line.length, line).to.be.at.most(columns);
      expect(lines.length).to.be.below(columns < 100 ? 12 : 6);
      const all = lines.join(" ");
      for (const says of ["flounder four-cuts · seed 20110425", "plan ", "playbook ", "foundation demo (attached)", "kernel 6.18.44", "toxiproxy 2.12.0"])
        expect(all).to.contain(says);
    });
  for (const columns of [60, 80, 100, 140])
    it(`on ${columns} columns no row of the run is longer, and what ticks stays on its own line`, () => {
      const text = played(true, false, columns);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what is drawn over
      const drawn = text.split(/\n|\r\u001b\[2K/);
      const rows = drawn.filter((line) => /^ {2}.{6} *[\d.]+ s {2}/.test(line));
      expect(rows.length).to.be.above(30);
      for (const row of rows) expect(row.length, row).to.be.at.most(columns);
      expect(rows.some((row) => row.includes("DOWN"))).to.equal(true);
      expect(
        drawn.some((line) => /steady phase: \d+ s left/.test(line)),
        "a countdown",
      ).to.equal(true);
      expect(
        drawn.some((line) => /\btables: \d s left/.test(line)),
        "one of an act",
      ).to.equal(true);
    });
  it("without a TTY says every half minute what is left of an act, until it is healed; of one that a playbook ends nothing", () => {
    const { plan, samples } = fixtureRun();
    const said = (endedBy: "time" | "playbook") => {
      let text = "";
      const acts = plan.acts.map((act) => (act.id === "tables" ? { ...act, forS: 100, endedBy } : act));
      const view = liveView({ ...plan, acts }, { write: (piece: string) => (text += piece) }, { colour: false });
      view.event({ kind: "phase", phase: "turbulence", atUs: 40e6, by: "script" });
      const mine = plan.injections.filter(({ act }) => act === "tables");
      for (const { id } of mine) view.event({ kind: "injected", injection: id, atUs: 50e6, by: "keeper" });
      for (let atS = 51; atS < 180; atS++) {
        if (atS === 145) for (const { id } of mine) view.event({ kind: "healed", injection: id, proved: true, why: "asked", atUs: atS * 1e6, by: "keeper" });
        view.samples([{ ...samples[0]!, outcome: "ok", dueUs: atS * 1e6, sentUs: atS * 1e6, endUs: atS * 1e6 + 1000 }]);
      }
      return [...text.matchAll(/tables: (\d+) s left/g)].map(([, left]) => Number(left));
    };
    expect(said("time")).to.deep.equal([70, 40, 10]);
    expect(said("playbook")).to.deep.equal([]);
  });
  it("on a TTY ticks in place and paints what is down", () => {
    const text = played(true, true, 140);
    expect(text).to.contain("\r\u001b[2K");
    expect(text).to.contain("\u001b[31mDOWN");
  });
});
