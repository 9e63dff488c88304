/** Files of somebody's own: what is wrong with them is said whole, with file and line, before anything is started; one of them keeps no other from its work. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { spokenConsole, verbsNamed, verbsOf } from "../../authors/verbs.js";
import { optionsOf, wrongOptions } from "../../core/options.js";
import { FlounderError } from "../../errors.js";
import { faultOf, loadFaults, loadPlaybook, loadScenario, loadTarget } from "../../registry.js";
import { describeFault, describePlaybook, describeScenario } from "./describe.js";
import { validate } from "./validate.js";

describe("files of one's own", () => {
  let dir: string;
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };
  const refusal = (what: Promise<unknown>): Promise<FlounderError> =>
    what.then(
      (value) => {
        throw new Error(`it was taken: ${JSON.stringify(value)}`);
      },
      (error) => {
        expect(error, (error as Error).stack).to.be.instanceOf(FlounderError);
        return error as FlounderError;
      },
    );
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-authors-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const playbook = (step: string) => `export default { name: "mine", says: "s", procedures: [{ name: "p", detect: { alarm: "supply" }, steps: [${step}] }] };`;
  const scenario = (act: string) =>
    `export default { name: "mine", says: "s", giveUpS: 9, foundation: { profile: "micro", timeFactor: 20 }, acts: [${act}], must: [{ plane: "data", from: "outside", lostS: { min: 1 } }] };`;

  for (const [what, step, says] of [
    ["a step that does what nobody does", '{ say: "x", does: "fix", limitS: 9 }', /not a playbook: procedures\.0\.steps\.0\.does: .*"restore"/],
    ["a step without a limit", '{ say: "x", does: "restore" }', /not a playbook: procedures\.0\.steps\.0\.limitS: /],
    [
      "a condition that is none",
      '{ say: "x", does: "restore", limitS: 9, until: { plane: "app", is: "up" } }',
      /not a playbook: procedures\.0\.steps\.0\.until/,
    ],
    ["a run that is no function", '{ say: "x", does: "restore", limitS: 9, run: "verify" }', /steps\.0\.run: expected a function/],
    [
      "a verb that there is not",
      '{ say: "x", does: "verify", limitS: 9, run: (operator) => operator.verfy("each") }',
      /step 1 \("x"\) asks for the verb "verfy", which the console does not have$/,
    ],
    ["the same taken apart", '{ say: "x", does: "verify", limitS: 9, run: async ({ verfy }) => verfy() }', /asks for the verb "verfy"/],
  ] as const)
    it(`a playbook with ${what} is refused`, async () => {
      const error = await refusal(loadPlaybook(file("playbook.ts", playbook(step)), "foundry"));
      expect(error.message).to.match(says);
      if (what.includes("verb")) expect(error.hint).to.match(/there are restorePower, .*verify/);
    });

  it("a fault without a witness, with a wrong colour, without a schema, or named otherwise is refused", async () => {
    const whole = {
      says: '"s"',
      colour: '"#000000"',
      needs: "[]",
      options: "z.strictObject({})",
      inject: "async () => {}",
      heal: "async () => {}",
      witness: "async () => ({ state: 'intact' })",
    };
    const text = (parts: object) =>
      `import { z } from "flounder"; export default { name: "mine", ${Object.entries({ ...whole, ...parts })
        .flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]))
        .join(", ")} };`;
    for (const [parts, says] of [
      [{ witness: undefined }, /mine\.ts: not a fault: witness: expected a function: async witness/],
      [{ colour: '"red"' }, /not a fault: colour: expected a colour like/],
      [{ options: "{ ms: 3 }" }, /not a fault: options: expected a zod schema/],
      [{ needs: '["disk"]' }, /not a fault: needs\.0: .*"mount"/],
    ] as const)
      expect((await refusal(validate(file("mine.ts", text(parts)), "foundry"))).message).to.match(says);
    expect((await refusal(validate(file("other.ts", text({})), "foundry"))).message).to.contain('must default-export the fault "other", it exports "mine"');
    expect(await validate(file("mine.ts", text({})), "foundry")).to.deep.equal({ kind: "fault", says: "mine, needs nothing", warnings: [] });
  });

  it("every error of a build is told, with file, line and column", async () => {
    const { message } = await refusal(
      loadScenario(file("broken.ts", 'import { a } from "./nowhere.js";\nimport b from "nobody-has-this";\nexport default a + b;\n')),
    );
    expect(message)
      .to.match(/broken\.ts:1:19: Could not resolve "\.\/nowhere\.js"/)
      .and.to.match(/broken\.ts:2:15: Could not resolve "nobody-has-this"/);
    expect((await refusal(loadScenario(file("cut.ts", "export default {\n  a: [1,\n")))).message).to.match(/cut\.ts:\d+:\d+: Unexpected end of file/);
  });
  it("what throws is told with its line in the author's own file", async () => {
    const text =
      'import { act } from "flounder";\nimport cut from "flounder/faults/link-cut";\n\nconst one = act(cut, { of: "a", pick: "one" }, { id: "x", forS: 1 }, { hwo: "reset" } as object);\nexport default { one };\n';
    const { message } = await refusal(loadScenario(file("throws.ts", text)));
    expect(message).to.match(/throws\.ts:4: act "x": link-cut has no option "hwo"; it has how \(refuse \| reset \| swallow\)/);
    expect((await refusal(loadScenario(file("type.ts", "\n\nexport default (undefined as any).x;\n")))).message).to.match(
      /type\.ts:3: Cannot read properties of undefined/,
    );
  });
  it("a module that exports nothing, and a file that is not there, are said", async () => {
    expect((await refusal(loadScenario(file("empty.ts", "export const x = 1;")))).message).to.contain("exports nothing by default");
    expect((await refusal(loadScenario(join(dir, "none.ts")))).message).to.contain("does not exist");
  });

  it("validate plans a scenario: selectors, profiles, faults and options are what there is", async () => {
    const act = (parts: string) => scenario(`{ id: "a", fault: "noop", options: {}, on: { of: "router", pick: "one" }, forS: 1, ${parts} }`);
    expect(await validate(file("fine.ts", act("")), "foundry")).to.include({ kind: "scenario", says: "mine, 1 act, 1 injection on profile micro" });
    for (const [parts, says] of [
      ['on: { of: "cell", pick: "one" }', /selector "cell" matches none/],
      ['fault: "no-op"', /fault "no-op" is unknown/],
      ['fault: "link-cut", on: { of: "cc-1>ccdb-1", pick: "one" }, options: { hwo: 1 }', /link-cut|hwo/],
      ["forS: -1", /acts\.0\.forS/],
    ] as const)
      expect((await refusal(validate(file("wrong.ts", act(parts)), "foundry"))).message).to.match(says);
    expect(await validate(file("watch.yaml", "endpoints:\n  - url: http://127.0.0.1:1/\n"), "foundry")).to.include({
      kind: "watch config",
      says: "1 endpoint",
    });
    expect((await refusal(validate(file("watch.yaml", "endpoints: 3"), "foundry"))).message).to.contain("endpoints");
    expect((await refusal(validate(file("plan.json", "{}"), "foundry"))).message).to.contain("is not a plan");
    expect((await refusal(validate(file("notes.txt", ""), "foundry"))).message).to.contain("is not a file that Flounder reads");
    const late = await validate(file("late.ts", playbook('{ say: "x", does: "decide", limitS: 9 }')), "foundry");
    expect(late.kind).to.equal("playbook");
    expect(late.warnings[0]).to.match(/waits for .*supply/);
  });

  describe("below FLOUNDER_FAULTS", () => {
    const earlier = process.env.FLOUNDER_FAULTS;
    afterEach(() => {
      if (earlier === undefined) delete process.env.FLOUNDER_FAULTS;
      else process.env.FLOUNDER_FAULTS = earlier;
    });
    it("one that is broken is left out, and keeps no other from its work", async () => {
      const own = join(dir, "faults");
      mkdirSync(own);
      writeFileSync(join(own, "bad.ts"), "export default {");
      writeFileSync(join(own, "good.ts"), 'import noop from "flounder/faults/noop"; export default { ...noop, name: "good" };');
      process.env.FLOUNDER_FAULTS = own;
      const faults = await loadFaults();
      expect(faults.has("good") && faults.has("link-cut")).to.equal(true);
      expect([...faults.broken.keys()]).to.deep.equal(["bad"]);
      expect(() => faultOf(faults, "bad")).to.throw(FlounderError, /bad\.ts cannot be read: .*bad\.ts:1/s);
      const asks = file("asks.ts", scenario('{ id: "a", fault: "bad", options: {}, on: { of: "router", pick: "one" }, forS: 1 }'));
      expect((await refusal(validate(asks, "foundry"))).message).to.match(/bad\.ts cannot be read/);
      expect(() => faultOf(faults, "worse")).to.throw(FlounderError, /fault "worse" is unknown; there are good, /);
    });
    it("a folder that is not there is one clear error, and keeps no keeper from healing", async () => {
      process.env.FLOUNDER_FAULTS = join(dir, "nowhere");
      expect((await refusal(loadFaults())).message).to.match(/^FLOUNDER_FAULTS is .*nowhere, which cannot be read: ENOENT$/);
      const said: string[] = [];
      expect((await loadFaults((error) => said.push(error.message))).has("link-cut")).to.equal(true);
      expect(said).to.have.length(1);
    });
  });
});

describe("what there is, in words", () => {
  it("of every fault: its options with units and defaults, and an example that can be typed", async () => {
    const system = await loadTarget("foundry");
    const targets = (await import("../../registry.js")).loadEngine("local").then((engine) => engine.targets(system.topology("org", 20, {}), system));
    for (const fault of (await loadFaults()).values()) {
      const lines = describeFault(fault, await targets);
      expect(lines[0]).to.equal(`${fault.name} (fault): ${fault.says}`);
      for (const { name } of optionsOf(fault))
        expect(
          lines.some((line) => line.trim().startsWith(name)),
          `${fault.name} ${name}`,
        ).to.equal(true);
      const [, set] = / --set ([^ ]+)$/.exec(lines.at(-1)!) ?? [];
      const at = set?.indexOf("=") ?? 0;
      const value = (text: string): unknown => {
        try {
          return JSON.parse(text);
        } catch {
          return text;
        }
      };
      const required = optionsOf(fault).filter((one) => one.required).length;
      if (set !== undefined && required <= 1) expect(wrongOptions(fault, { [set.slice(0, at)]: value(set.slice(at + 1)) }), lines.at(-1)).to.equal(undefined);
      expect(wrongOptions(fault, { nonsense: 1 })).to.contain(`${fault.name} has no option "nonsense"`);
    }
  });
  it("of a scenario its acts and what must hold, of a playbook its steps", async () => {
    expect(describeScenario((await loadScenario("four-cuts")).scenario).join("\n")).to.match(
      /four-cuts \(scenario\).*acts:\n.*must hold:\n.*flounder run four-cuts/s,
    );
    expect(describePlaybook(await loadPlaybook("as-it-was", "foundry")).join("\n")).to.match(/as-it-was \(playbook\).*begins at.*1 {2}decide/s);
  });
  it("the console's verbs are those that are listed, and another one is refused by name", async () => {
    const system = await loadTarget("foundry");
    const console = system.console!(
      async () => ({}),
      system.topology("org", 20, {}),
      "test",
      () => {},
    ) as object;
    expect(verbsOf(system, system.topology("org", 20, {}))).to.have.members(Object.keys(console).filter((name) => name !== "slip"));
    const spoken = spokenConsole(console) as Record<string, unknown>;
    expect(spoken.verify).to.be.a("function");
    expect(() => spoken.verfy).to.throw(FlounderError, 'the verb "verfy", which the console does not have');
  });
  it("verbs are read from arrows, functions and methods, whatever the console is called", () => {
    for (const run of [
      (operator: { a(): void; b(): void }) => [operator.a(), operator.b()],
      async (o: { a(): void; b(): void }) => [o.a(), o?.b()],
      ({ a, b }: { a(): void; b(): void }) => [a(), b()],
      function named(operator: { a(): void; b(): void }) {
        return [operator.a(), operator.b()];
      },
    ])
      expect([...new Set(verbsNamed(run as (console: never) => unknown))]).to.deep.equal(["a", "b"]);
    expect(verbsNamed((() => "nobody is asked") as (console: never) => unknown)).to.deep.equal([]);
  });
});
