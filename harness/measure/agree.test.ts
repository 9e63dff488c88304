import { expect } from "chai";
import type { Bounds, MatrixCell, PlaneState, Verdict } from "../core.js";
import { differences } from "./agree.js";

const about = (s: number): Bounds => ({ lo: Math.max(0, s - 0.1), hi: s + 0.1 });
const lost = (controlOut: number, dataOut: number, controlIn = controlOut, dataIn = 0): Verdict["lostS"] => ({
  control: { outside: about(controlOut), inside: about(controlIn) },
  data: { outside: about(dataOut), inside: about(dataIn) },
});
const cell = (seconds: number, control: PlaneState, data: PlaneState): MatrixCell => ({
  outside: { control, data },
  inside: { control: "up", data: "up" },
  seconds,
});
const run = (engine: string, parts: Partial<Verdict> = {}) => ({
  engine,
  result: "pass" as const,
  lostS: lost(30, 10),
  acts: [{ act: "one", lostS: lost(30, 10) }],
  matrix: [cell(60, "up", "up"), cell(20, "down", "up"), cell(10, "down", "down")],
  ...parts,
});

describe("agreement of two engines", () => {
  it("is found where lost seconds differ by no more than 2 s, or a quarter", () => {
    expect(differences(run("local"), run("compose"))).to.deep.equal([]);
    expect(differences(run("local"), run("compose", { lostS: lost(37, 11.9) }))).to.deep.equal([]);
  });

  it("is not, by more, in the whole run or in one act", () => {
    expect(differences(run("local"), run("compose", { lostS: lost(30, 14) }))).to.deep.equal([
      "the whole run, data plane from outside, lost: 9.9 to 10.1 s on local, 13.9 to 14.1 s on compose",
    ]);
    expect(differences(run("local"), run("compose", { acts: [{ act: "one", lostS: lost(45, 10, 30) }] }))).to.deep.equal([
      "act one, control plane from outside, lost: 29.9 to 30.1 s on local, 44.9 to 45.1 s on compose",
    ]);
    expect(differences(run("local"), run("compose", { acts: [] }))).to.deep.equal(["act one: there on local, not there on compose"]);
  });

  it("is not where one lost a second and the other nothing, though they differ by little", () => {
    expect(differences(run("local", { lostS: lost(30, 10, 30, 1.5) }), run("compose"))).to.have.length(1);
    expect(differences(run("local", { lostS: lost(30, 10, 30, 0.8) }), run("compose"))).to.deep.equal([]);
  });

  it("is not where planes were down together on one alone; which probes of a plane failed does not count", () => {
    const other = { matrix: [cell(60, "up", "up"), cell(29, "down", "up"), cell(1, "down", "down")] };
    expect(differences(run("local"), run("compose", other))).to.deep.equal([]);
    expect(differences(run("local"), run("compose", { matrix: [cell(60, "degraded", "up"), cell(30, "down", "degraded")] }))).to.deep.equal([
      "plane matrix, control from outside and data from outside down: 10.0 s on local, 0.0 s on compose",
    ]);
  });

  it("is not where one passed and the other did not", () => {
    expect(differences(run("local"), run("compose", { result: "fail" }))).to.deep.equal(["result: pass on local, fail on compose"]);
  });
});
