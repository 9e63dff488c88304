/** What a killed writer, or a damaged disk, leaves in the files of a game: the page goes on with what comes behind it. */
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { smallSamples } from "../judge/testing/fixture.js";
import { SampleTail } from "./sample-tail.js";
import { jsonOf, Tail } from "./tail.js";

describe("what is read while it grows", () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-tail-"));
    path = join(dir, "file");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("lines that come where a cut one was removed are whole", () => {
    writeFileSync(path, "one\ntw");
    const tail = new Tail(path);
    expect(tail.lines()).to.deep.equal(["one"]);
    truncateSync(path, 4);
    appendFileSync(path, "three\nfour\n");
    expect(tail.lines()).to.deep.equal(["three", "four"]);
    expect(tail.lines()).to.deep.equal([]);
  });
  it("a line that is no JSON is none", () => {
    expect(["", "{", "\u0000"].map(jsonOf)).to.deep.equal([undefined, undefined, undefined]);
    expect(jsonOf('{"a":1}')).to.deep.equal({ a: 1 });
  });

  const [first, second] = smallSamples();
  const member = (...lines: readonly string[]) => gzipSync(`${lines.join("\n")}\n`);
  const whole = member(JSON.stringify(first));
  const left: Readonly<Record<string, Buffer>> = {
    "a member that was cut": member(JSON.stringify(second)).subarray(0, 30),
    "bytes that are no member": Buffer.from("no gzip at all"),
    "a member of no JSON": member("{", "null", '{"seq":"x"}'),
  };
  for (const [what, bytes] of Object.entries(left))
    it(`${what} costs no sample before and behind it`, () => {
      writeFileSync(path, bytes);
      const tail = new SampleTail(path);
      for (let looks = 0; looks < 6; looks++) expect(tail.read()).to.deep.equal([]);
      appendFileSync(path, whole);
      expect(tail.read()).to.deep.equal([first]);
    });
});
