import { execFile } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect } from "chai";
import type { Sample, Verdict } from "../core.js";
import { FlounderError } from "../errors.js";
import { bySchedule } from "../judge/judge.js";
import { smallEvents, smallPlan, smallSamples } from "../judge/testing/fixture.js";
import { dist, root } from "../paths.js";
import { writeFixture } from "../report/testing/fixture.js";
import { files, openResults, readResults, writeReports } from "./results.js";

const rebuilt = [files.verdict, files.html, files.markdown, files.junit];
const caught = async (work: () => unknown): Promise<FlounderError> => {
  try {
    await work();
  } catch (error) {
    expect(error).to.be.instanceOf(FlounderError);
    return error as FlounderError;
  }
  throw new Error("nothing was thrown");
};

describe("results folder", () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "flounder-results-"));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));
  const small = () => writeFixture(base, { plan: smallPlan(), events: smallEvents(), samples: smallSamples() });

  it("is named by UTC time, scenario and seed; `latest` points at the newest, and two runs of one second get two folders", () => {
    const now = new Date("2011-04-25T12:45:00.123Z");
    const first = openResults(base, smallPlan(), now);
    first.close();
    expect(first.dir).to.equal(join(base, "20110425T124500Z-small-1"));
    expect(readlinkSync(join(base, "latest"))).to.equal("20110425T124500Z-small-1");
    const second = openResults(base, smallPlan(), now);
    second.close();
    expect(readlinkSync(join(base, "latest"))).to.equal("20110425T124500Z-small-1-2");
    expect(existsSync(join(base, "latest", "plan.json"))).to.equal(true);
  });

  it("of a run that a version before recorded is judged to the verdict that it had then", async () => {
    const old = join(root, "harness", "results", "testing", "quiet-nats-7");
    const dir = join(base, "old");
    cpSync(old, dir, { recursive: true });
    rmSync(join(dir, files.verdict));
    await writeReports(dir);
    // Sentences may be said better; what they are evidence of stays.
    const judged = (folder: string) => {
      const { findings, ...rest } = JSON.parse(readFileSync(join(folder, files.verdict), "utf8")) as Verdict;
      return { ...rest, findings: findings.map(({ result, atUs }) => ({ result, atUs })) };
    };
    expect(judged(dir)).to.deep.equal(judged(old));
  });

  it("has each event on disk as soon as it was given, as one line", () => {
    const results = openResults(base, smallPlan());
    results.event({ atUs: 5, by: "script", kind: "acked", write: "line\nbreak" });
    expect(readFileSync(join(results.dir, files.timeline), "utf8")).to.equal('{"atUs":5,"by":"script","kind":"acked","write":"line\\nbreak"}\n');
    results.close();
  });

  it("says what to do when it cannot be written", async () => {
    writeFileSync(join(base, "file"), "");
    const error = await caught(() => openResults(join(base, "file"), smallPlan()));
    expect(error.code).to.equal("environment");
    expect(error.message).to.equal(`results folder ${join(base, "file")} cannot be written: EEXIST`);
    expect(error.hint).to.contain("--results");
  });

  it("is read with its last member cut anywhere; only whole lines count, and the report says so", async () => {
    const dir = await small();
    const path = join(dir, files.samples);
    const whole = readFileSync(path);
    const all = readResults(dir).samples.length;
    const last = lastMember(whole);
    const lastCount = gunzipSync(whole.subarray(last)).toString().trim().split("\n").length;
    for (let length = last + 1; length < whole.length; length += 7) {
      writeFileSync(path, whole);
      truncateSync(path, length);
      const { samples, cuts } = readResults(dir);
      expect(samples.length).to.be.within(all - lastCount, all);
      expect(cuts.join()).to.contain("samples.jsonl.gz was cut");
    }
    await writeReports(dir);
    expect(readFileSync(join(dir, files.html), "utf8")).to.contain("samples.jsonl.gz was cut");
  });

  it("is read with the last line of its timeline cut", async () => {
    const dir = await small();
    const events = readResults(dir).events.length;
    appendFileSync(join(dir, files.timeline), '{"atUs":1,"by"');
    const cut = readResults(dir);
    expect(cut.events.length).to.equal(events);
    expect(cut.cuts).to.have.length(1);
  });

  it("is refused when it is damaged elsewhere, changed, or not there", async () => {
    const dir = await small();
    const samples = readFileSync(join(dir, files.samples));
    const damaged = Buffer.from(samples);
    damaged.fill(0xff, 30, 60);
    writeFileSync(join(dir, files.samples), damaged);
    expect((await caught(() => readResults(dir))).message).to.contain("samples.jsonl.gz is damaged");
    writeFileSync(join(dir, files.samples), samples);
    writeFileSync(join(dir, files.timeline), 'no json\n{"atUs":1}\n');
    expect((await caught(() => readResults(dir))).message).to.contain("timeline.jsonl, line 1, is not JSON");
    const plan = readFileSync(join(dir, files.plan), "utf8");
    writeFileSync(join(dir, files.plan), plan.replace('"giveUpS": 60', '"giveUpS": 61'));
    expect((await caught(() => readResults(dir))).message).to.contain("it was changed after it was made");
    expect((await caught(() => readResults(join(base, "none")))).message).to.contain("ENOENT");
  });

  it("is judged alike however the members of two probers come to lie behind each other; a cut one among them is said", async function () {
    this.timeout(60_000); // three reports

    const dir = await small();
    const [outside, inside] = (["outside", "inside"] as const).map((from) => smallSamples().filter((sample) => sample.from === from));
    const seconds = (samples: readonly Sample[]) => {
      const members = new Map<number, Sample[]>();
      for (const sample of samples) {
        const second = Math.floor(sample.endUs / 1e6);
        members.set(second, [...(members.get(second) ?? []), sample]);
      }
      return [...members.values()].map((own) => gzipSync(own.map((sample) => `${JSON.stringify(sample)}\n`).join("")));
    };
    const [theirs, others] = [seconds(outside!), seconds(inside!)];
    const judged = async (members: readonly Buffer[]) => {
      writeFileSync(join(dir, files.samples), Buffer.concat(members));
      await writeReports(dir);
      return rebuilt.map((name) => readFileSync(join(dir, name), "utf8"));
    };
    const inTurn = await judged(theirs.flatMap((member, i) => [member, ...(others[i] ? [others[i]] : [])]));
    const apart = await judged([...others, ...theirs]);
    for (const [i, name] of rebuilt.entries()) expect(firstDifference(apart[i]!, inTurn[i]!), name).to.equal(undefined);

    writeFileSync(join(dir, files.samples), Buffer.concat([others[0]!, theirs[0]!.subarray(0, 40), ...others.slice(1), ...theirs.slice(1)]));
    const { samples, cuts } = readResults(dir);
    expect(bySchedule(samples.filter(({ from }) => from === "inside"))).to.deep.equal(bySchedule(inside!));
    expect(cuts).to.deep.equal(["a member of samples.jsonl.gz was cut: at most one second of one prober's samples is missing"]);
  });

  it("without a single sample is inconclusive, not a crash", async () => {
    const dir = await small();
    rmSync(join(dir, files.samples));
    const verdict = await writeReports(dir);
    expect(verdict.result).to.equal("inconclusive");
    expect(readFileSync(join(dir, files.html), "utf8")).to.contain("INCONCLUSIVE");
  });

  it("of a run that died before it began is inconclusive, not a crash", async () => {
    const results = openResults(base, smallPlan());
    results.event({ atUs: 0, by: "script", kind: "zero", wallIso: "2026-04-25T12:45:00.000Z", flounder: "0.1.0" });
    results.close();
    expect((await writeReports(results.dir)).result).to.equal("inconclusive");
  });

  it("rebuilds verdict and reports to the same byte in another folder, time zone and locale; one flipped sample changes the verdict", async function () {
    this.timeout(60_000); // three reports, one in a process of its own

    const dir = await writeFixture(base);
    await writeReports(dir);
    const copy = join(base, "ein anderer Ort");
    cpSync(dir, copy, { recursive: true });
    for (const name of rebuilt) rmSync(join(copy, name));
    const script = `const { writeReports } = await import(${JSON.stringify(pathToFileURL(join(dist, "harness", "results", "results.js")).href)}); await writeReports(process.argv[1]);`;
    const env = { ...process.env, TZ: "Asia/Kathmandu", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", NO_COLOR: "1" };
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, copy], { env });
    for (const name of rebuilt)
      expect(firstDifference(readFileSync(join(copy, name), "utf8"), readFileSync(join(dir, name), "utf8")), name).to.equal(undefined);

    const lines = gunzipSync(readFileSync(join(copy, files.samples)))
      .toString()
      .trim()
      .split("\n");
    const at = lines.findIndex((line) => (JSON.parse(line) as Sample).outcome === "ok" && (JSON.parse(line) as Sample).dueUs > 25e6);
    lines[at] = lines[at]!.replace('"outcome":"ok"', '"outcome":"timeout"');
    writeFileSync(join(copy, files.samples), gzipSync(`${lines.join("\n")}\n`));
    await writeReports(copy);
    expect(readFileSync(join(copy, files.verdict), "utf8")).to.not.equal(readFileSync(join(dir, files.verdict), "utf8"));
  });
});

/** The surroundings of the first difference, in both: shorter than two reports. */
function firstDifference(a: string, b: string): string | undefined {
  if (a === b) return undefined;
  let at = 0;
  while (a[at] === b[at]) at++;
  return `${a.slice(at - 60, at + 60)} ≠ ${b.slice(at - 60, at + 60)}`;
}

/** Where the last gzip member begins: the last place from which the rest is a whole member. */
function lastMember(packed: Buffer): number {
  for (let at = packed.length - 18; at >= 0; at--) {
    if (packed[at] !== 0x1f || packed[at + 1] !== 0x8b) continue;
    try {
      gunzipSync(packed.subarray(at));
      return at;
    } catch {
      // Two bytes that only look like a beginning.
    }
  }
  throw new Error("no gzip member found");
}
