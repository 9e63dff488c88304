import { expect } from "chai";
import { judge } from "./expectation.js";
import type { Answer } from "./response.js";

const answer = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  ({ status, headers, body: Buffer.alloc(0), cut: false }) as unknown as Answer;
const classes = [{ status: 404, header: "x-routed-by", outcome: "no-route" }] as const;

describe("what an answer means", () => {
  it("is what a platform's class of answers says, where it has the status and the header of one", () => {
    expect(judge(answer(404, { "x-routed-by": "nobody" }), { classes })).to.deep.equal({ outcome: "no-route", note: "nobody" });
  });
  it("is a wrong answer without the header, and a server's error whatever the header", () => {
    expect(judge(answer(404), { classes })).to.deep.equal({ outcome: "wrong-answer", note: "status 404" });
    expect(judge(answer(502, { "x-routed-by": "nobody" }), { classes }).outcome).to.equal("http-5xx");
    expect(judge(answer(404, { "x-routed-by": "nobody" }), {})).to.deep.equal({ outcome: "wrong-answer", note: "status 404" });
  });
});
