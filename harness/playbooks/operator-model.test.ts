/** Operators: what is drawn for them, what comes of it while playing, and what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { slips } from "../core/recovery.js";
import type { Playbook, Slip, Step } from "../core.js";
import { FlounderError } from "../errors.js";
import { seeded } from "../random.js";
import { operatorModel, usual } from "./operator-model.js";
import { plannedProcedures } from "./planned.js";
import { slipped } from "./slipped.js";

const step = (say: string, done: string[]): Step => ({
  say,
  does: "restore",
  humanS: 10,
  limitS: 2,
  run: async () => {
    done.push(say);
    return `${say} done`;
  },
});
const book = (count: number, done: string[] = []): Playbook => ({
  name: "b",
  says: "s",
  procedures: [{ name: "p", detect: { alarm: "a" }, steps: Array.from({ length: count }, (_, i) => step(`step ${i + 1}`, done)) }],
});

describe("operators", () => {
  it("the usual one's hands do not slip, and plans without an operator are as they were", () => {
    const planned = plannedProcedures(book(50), seeded(7));
    expect(planned).to.deep.equal(plannedProcedures(book(50), seeded(7), usual));
    expect(planned[0]!.steps.filter(({ slip }) => slip)).to.deep.equal([]);
  });
  it("a tired one is slower, and slips as often as it is said, in every way; the same seed, the same slips", () => {
    const tired = operatorModel("tired");
    const { steps } = plannedProcedures(book(20_000), seeded(1), tired)[0]!;
    const delays = steps.map(({ humanS }) => humanS).sort((a, b) => a - b);
    expect(delays[10_000]).to.be.within(14.5, 15.5);
    for (const kind of slips) expect(steps.filter(({ slip }) => slip?.kind === kind).length / steps.length, kind).to.be.closeTo(tired.slips[kind]!, 0.006);
    expect(plannedProcedures(book(50), seeded(1), tired)).to.deep.equal(plannedProcedures(book(50), seeded(1), tired));
  });
  it("what is done is not what is meant", async () => {
    const played = async (kind: Slip, draw = 0.6) => {
      const done: string[] = [];
      const playbook = book(3, done);
      const console = { slip: async (what: string, at: number) => `${what} ${at}` };
      const came = await slipped(playbook.procedures[0]!.steps[0]!, { kind, draw }, playbook).run!(console);
      return { done, came };
    };
    expect(await played("skipped")).to.deep.equal({ done: [], came: "" });
    expect(await played("repeated")).to.deep.equal({ done: ["step 1", "step 1"], came: "step 1 done; and again: step 1 done" });
    expect(await played("wrong-step")).to.deep.equal({ done: ["step 3"], came: '"step 3" instead: step 3 done' });
    expect(await played("wrong-target")).to.deep.equal({ done: [], came: "wrong-target 0.6" });
    expect(await played("wrong-terminal", 0.2)).to.deep.equal({ done: [], came: "wrong-terminal 0.2" });
  });
  it("one from a file; what is no operator is refused in one sentence", () => {
    const dir = mkdtempSync(join(tmpdir(), "flounder-operator-"));
    const file = (text: string) => {
      const path = join(dir, "one.json");
      writeFileSync(path, text);
      return path;
    };
    try {
      expect(operatorModel(file('{"name":"new","slips":{"skipped":0.5}}'))).to.deep.equal({ name: "new", delays: 1, sigma: 0.25, slips: { skipped: 0.5 } });
      expect(() => operatorModel(file('{"name":"x","slips":{"skipped":0.6,"repeated":0.6}}'))).to.throw(FlounderError, /at most 1 in all/);
      expect(() => operatorModel(file('{"name":"x","slips":{"drunk":0.6}}'))).to.throw(FlounderError, /slips/);
      expect(() => operatorModel(file("{"))).to.throw(FlounderError, /is not JSON/);
      expect(() => operatorModel(join(dir, "gone.json"))).to.throw(FlounderError, /does not exist/);
      expect(() => operatorModel("sleepy")).to.throw(FlounderError, 'operator "sleepy" is unknown; there are usual, careful, tired');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
