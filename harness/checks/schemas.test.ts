/** The published schemas are those of the code, and what Flounder writes is valid by them, as a validator of somebody else's reads them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { canonical } from "../canonical.js";
import { documents } from "../cli/words/environment.js";
import { eventSchema } from "../core/event.js";
import { sampleSchema } from "../core/sample.js";
import { judge } from "../judge/judge.js";
import { root } from "../paths.js";
import { fixtureRun } from "../report/testing/fixture.js";
import { stamped } from "../watch/result.js";
import { endpoint, result } from "../watch/testing/result.js";
import { schemas } from "./schemas.js";

const published = (file: string): object => JSON.parse(readFileSync(join(root, "docs", file), "utf8")) as object;
const compiled = new Map<string, ReturnType<Ajv2020["compile"]>>();
/** What is wrong with it by the published schema, or undefined. */
function wrong(file: string, ...values: readonly unknown[]): string | undefined {
  const validate = compiled.get(file) ?? new Ajv2020({ strict: false, validateFormats: false }).compile(published(file));
  compiled.set(file, validate);
  for (const value of values) if (!validate(JSON.parse(JSON.stringify(value)))) return JSON.stringify(validate.errors);
  return undefined;
}

describe("published schemas", () => {
  for (const [file, schema] of Object.entries(schemas))
    it(`docs/${file} is the one that is used; after a change run: node scripts/schema.mjs`, () => {
      expect(readFileSync(join(root, "docs", file), "utf8")).to.equal(canonical(schema()));
    });
  it("are all there are, and every document names its own", () => {
    expect(readdirSync(join(root, "docs")).filter((name) => name.endsWith(".schema.json"))).to.have.members(Object.keys(schemas));
    expect(documents.flatMap(({ schema }) => schema ?? [])).to.have.members(Object.keys(schemas));
    for (const { schema } of documents) if (schema !== undefined) expect(existsSync(join(root, "docs", schema))).to.equal(true);
  });
  it("plan, timeline, samples and verdict of a run are valid; none that lacks something is", () => {
    const { plan, events, samples } = fixtureRun();
    expect(wrong("plan.schema.json", plan)).to.equal(undefined);
    expect(wrong("timeline.schema.json", ...events)).to.equal(undefined);
    expect(wrong("samples.schema.json", ...samples)).to.equal(undefined);
    expect(wrong("verdict.schema.json", judge(plan, events, samples))).to.equal(undefined);
    expect(wrong("plan.schema.json", { ...plan, phases: undefined })).to.be.a("string");
    expect(wrong("timeline.schema.json", { ...events[0], kind: "party" })).to.be.a("string");
    expect(wrong("samples.schema.json", { ...samples[0], outcome: "fine" })).to.be.a("string");
  });
  it("a sample and an event are judged alike by the reader and by the schema", () => {
    const { events, samples } = fixtureRun();
    for (const name of ["probe", "from", "target", "seq", "dueUs", "sentUs", "endUs", "outcome", "note", "status"] as const)
      for (const value of [undefined, null, "x", 1, {}]) {
        const sample = JSON.parse(JSON.stringify({ ...samples[0], [name]: value })) as object;
        expect(sampleSchema.safeParse(sample).success, `${name}: ${JSON.stringify(value)}`).to.equal(wrong("samples.schema.json", sample) === undefined);
      }
    for (const event of [events[0], { ...events[0], atUs: "x" }, {}])
      expect(eventSchema.safeParse(event).success).to.equal(wrong("timeline.schema.json", event) === undefined);
  });
  it("what watch writes is valid: rows of samples, outages, a command, an abortion", () => {
    const outage = stamped(
      {
        startUs: { lo: 1, hi: 2 },
        endUs: { lo: 3, hi: 4 },
        lostS: { lo: 1, hi: 2 },
        knownUs: 2,
        cause: "stall",
        badShare: 1,
        samples: 3,
        open: { start: false, end: true },
      } as Parameters<typeof stamped>[0],
      1e15,
    );
    expect(outage.knownMs, "wall clock, as the edges are").to.be.within(outage.startMs.lo, outage.endMs.hi);
    const whole = result(
      [endpoint("a", { outages: [outage], lastBad: { outcome: "timeout", note: "" }, findings: { "stale-connection": 1 }, errorBarS: { lo: 0, hi: 1 } })],
      {
        command: { argv: ["true"], exitCode: null, signal: "SIGTERM" },
        abortedBy: "signal",
        verdict: { result: "aborted", says: ["x"] },
      },
    );
    expect(wrong("watch.schema.json", whole)).to.equal(undefined);
    expect(wrong("watch.schema.json", { ...whole, version: 1 })).to.be.a("string");
    expect(
      wrong("samples.schema.json", { columns: ["target"], targets: [{ name: "a", kind: "http", place: "http://x/" }] }, [
        0,
        1,
        2,
        3,
        0,
        0,
        0,
        4,
        "ok",
        200,
        "",
      ]),
    ).to.equal(undefined);
  });
});
