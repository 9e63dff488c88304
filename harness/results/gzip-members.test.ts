import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { unpackMembers } from "./gzip-members.js";

const [a, b, c] = ["a1\na2\n", "b1\nb2\nb3\n", "c1\n"].map((text) => gzipSync(text, { level: 1 })) as [Buffer, Buffer, Buffer];
const unpacked = (...parts: Buffer[]) => unpackMembers(Buffer.concat(parts));
const linesOf = (text: string) => text.split("\n").slice(0, -1);

describe("gzip members that several appended", () => {
  it("give every line, in the order of the members", () => {
    expect(unpacked(a, b, c)).to.deep.equal({ text: "a1\na2\nb1\nb2\nb3\nc1\n", cuts: 0, atEnd: false });
    expect(unpacked()).to.deep.equal({ text: "", cuts: 0, atEnd: false });
  });

  it("cut anywhere between others, take nothing of those with them", () => {
    for (let kept = 1; kept < b.length; kept++) {
      const { text, cuts, atEnd } = unpacked(a, b.subarray(0, kept), c);
      expect([cuts, atEnd], `${kept} bytes`).to.deep.equal([1, false]);
      const lines = linesOf(text);
      expect(lines.filter((line) => !line.startsWith("b"))).to.deep.equal(["a1", "a2", "c1"]);
      expect(["", "b1", "b1 b2", "b1 b2 b3"]).to.include(lines.filter((line) => line.startsWith("b")).join(" "));
    }
  });

  it("cut at the end and in between, are counted", () => {
    const { text, cuts, atEnd } = unpacked(b.subarray(0, 12), a, b, c.subarray(0, 14));
    expect({ cuts, atEnd }).to.deep.equal({ cuts: 2, atEnd: true });
    expect(linesOf(text)).to.include.members(["a1", "a2", "b1", "b2", "b3"]);
  });

  it("are refused when they are not cut but damaged", () => {
    const damaged = Buffer.from(b);
    damaged[14]! ^= 0xff;
    expect(() => unpacked(a, damaged, c)).to.throw();
    expect(() => unpackMembers(Buffer.from("no gzip at all"))).to.throw();
  });
});
