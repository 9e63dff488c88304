import { expect } from "chai";
import type { Call, FoundationFacts } from "../../../harness/core.js";
import { missing } from "./ledger.js";

/** The second of two CCs, that knows these apps; the first does not answer. */
const apps = [
  { guid: "a", state: "STARTED", instances: 2 },
  { guid: "b", state: "STOPPED", instances: 1 },
];
let questions: string[] = [];
const call: Call = async (component, path) => {
  questions.push(`${component}${path}`);
  if (component === "cc-1") throw new Error("it does not answer");
  const wanted = new URLSearchParams(path.split("?")[1]).getAll("app");
  return { existing: apps.filter((app) => wanted.includes(app.guid)) };
};
const facts = { components: ["cc-1", "cc-2"].map((name) => ({ name, role: "cc" })) } as unknown as FoundationFacts;

describe("the ledger", () => {
  const lost = (...writes: string[]) => missing(writes, facts, call);

  it("finds what is there, at any CC that answers", async () => {
    expect(await lost("app a exists", "app a is STARTED", "app a has 2 instances", "app c is gone")).to.deep.equal([]);
  });
  it("asks for many by parts", async () => {
    questions = [];
    expect(await lost("app a exists", ...Array.from({ length: 250 }, (_, i) => `app x${i} is gone`))).to.deep.equal([]);
    expect(questions.filter((one) => one.startsWith("cc-2/exists?"))).to.have.length(3);
    expect(Math.max(...questions.map((one) => one.length))).to.be.below(8000);
  });
  it("names each write that is gone", async () => {
    expect(await lost("app c exists", "app b is STARTED", "app b has 3 instances", "app a is gone")).to.deep.equal([
      "app c exists",
      "app b is STARTED",
      "app b has 3 instances",
      "app a is gone",
    ]);
  });
  it("takes the last word", async () => {
    expect(await lost("app b is STARTED", "app b is STOPPED", "app c exists", "app c is gone", "app a has 1 instances", "app a has 2 instances")).to.deep.equal(
      [],
    );
    expect(await lost("app b is STOPPED", "app b is STARTED")).to.deep.equal(["app b is STARTED"]);
  });
  it("claims nothing more of a fact once a write may have happened: it may happen late", async () => {
    expect(await lost("app b is STARTED", "app b may be STOPPED", "app b is STARTED", "app c exists", "app c may be gone")).to.deep.equal([]);
    expect(await lost("app b may be STOPPED", "app b has 7 instances")).to.deep.equal(["app b has 7 instances"]);
  });
  it("refuses a sentence that it does not know", async () => {
    expect(await lost("route x exists").catch((error: Error) => error.message)).to.equal('the ledger cannot read "route x exists"');
  });
});
