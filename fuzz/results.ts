/** Plans, scenarios, journals and results folders that come from anywhere: taken, or refused by an operating error that says why. Anything else would be exit 70. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { digestOf } from "../harness/canonical.js";
import { FlounderError } from "../harness/errors.js";
import { judgement } from "../harness/judge/judge.js";
import { smallEvents, smallPlan, smallSamples } from "../harness/judge/testing/fixture.js";
import { openInjections } from "../harness/keeper/injections/journal.js";
import { readPlan } from "../harness/planning/plan.js";
import { junit } from "../harness/report/junit.js";
import { markdown } from "../harness/report/markdown.js";
import { story } from "../harness/report/story.js";
import { files, readResults } from "../harness/results/results.js";
import { checkScenario } from "../harness/scenario.js";
import { type Fuzz, mutated, oddValue, sampled, withEach } from "./fuzz.js";

type Way = readonly number[];
/** A copy in which the value at some place, found by going down by these numbers, is another, or gone. */
function changedAt(value: unknown, way: Way, to: unknown): unknown {
  const [step = 0, ...rest] = way;
  if (typeof value !== "object" || value === null || way.length === 0) return to;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return to;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  if (rest.length === 0 && to === undefined) delete copy[key];
  else copy[key] = changedAt(copy[key], rest, to);
  return copy;
}
const change = fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }), fc.oneof(oddValue, fc.constant(undefined)));
const odd = (good: unknown) => fc.array(change, { maxLength: 3 }).map((all) => all.reduce<unknown>((value, [way, to]) => changedAt(value, way, to), good));

const plan = smallPlan();
const { digest: _digest, ...rest } = plan;
const injection = plan.injections[0]!;
const journal = [
  { kind: "keeper", pid: 1, says: "up" },
  { kind: "injecting", injection },
  { kind: "injected", injection: injection.id },
  { kind: "healed", injection: injection.id, proved: true, says: "" },
];
const lines = (values: readonly unknown[]) => Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
const inputs = fc.record({
  what: fc.constantFrom("plan", "scenario", "journal", "timeline", "samples", "bytes"),
  plan: odd(rest),
  signed: fc.boolean(),
  events: odd(smallEvents()),
  samples: odd(smallSamples().slice(0, 60)),
  journal: odd(journal),
  packed: mutated(fc.constant(gzipSync(lines(smallSamples().slice(0, 60))))),
  seed: fc.nat(),
});
type Input = typeof inputs extends fc.Arbitrary<infer T> ? T : never;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** Does what the commands do with it; throws what would end them with 70. */
function read(input: Input, dir: string): unknown {
  const refusing = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      if (error instanceof FlounderError) return undefined;
      throw error;
    }
  };
  const oddPlan = typeof input.plan === "object" && input.plan !== null && input.signed ? { ...input.plan, digest: digestOf(input.plan) } : input.plan;
  if (input.what === "plan") return refusing(() => readPlan(JSON.stringify(oddPlan) ?? "", "plan.json"));
  if (input.what === "scenario") {
    const { name, says, giveUpS, foundation, acts, must } = rest;
    return refusing(() => checkScenario(sampled(odd({ name, says, giveUpS, foundation, acts, must }), input.seed, 1)[0], "a scenario"));
  }
  if (input.what === "journal") {
    writeFileSync(join(dir, "journal.jsonl"), lines(list(input.journal)));
    return refusing(() => openInjections(dir));
  }
  const bytes = input.what === "bytes";
  writeFileSync(join(dir, files.plan), JSON.stringify(bytes ? oddPlan : plan) ?? "");
  writeFileSync(join(dir, files.timeline), lines(list(input.what === "timeline" ? input.events : smallEvents())));
  writeFileSync(join(dir, files.samples), bytes ? input.packed : gzipSync(lines(list(input.what === "samples" ? input.samples : smallSamples().slice(0, 60)))));
  return refusing(() => {
    const record = readResults(dir);
    const told = story(record, judgement(record.plan, record.events, record.samples, record.load));
    markdown(told);
    junit(told);
  });
}

export default {
  name: "results",
  says: "plans, scenarios, journals and results folders",
  async run(seed, count) {
    const root = mkdtempSync(join(tmpdir(), "flounder-fuzz-"));
    try {
      await withEach(sampled(inputs, seed, count), 1, async (input, i) => {
        const dir = join(root, String(i));
        mkdirSync(dir);
        read(input, dir);
        rmSync(dir, { recursive: true });
      });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
} satisfies Fuzz;
