/** Asking in a terminal: one question at a time, and no answer where nobody is. */
import { PassThrough } from "node:stream";
import { expect } from "chai";
import { until } from "../clock.js";
import { askInTerminal } from "./ask-in-terminal.js";

const terminal = () => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  let shown = "";
  output.on("data", (part) => {
    shown += part;
  });
  return { input, output, shown: () => shown };
};

describe("asking in a terminal", () => {
  it("takes yes and no, asks again for anything else, and asks for two at once one after the other", async () => {
    const { input, output, shown } = terminal();
    const { supervise, close } = askInTerminal(input, output);
    const both = Promise.all([supervise({ procedure: "a", step: 1, says: "mend it" }), supervise({ procedure: "b", step: 2, says: "look" })]);
    await until("the first question", () => shown().includes("a, step 1: mend it?"), 2000, 5);
    expect(shown()).to.not.contain("b, step 2");
    input.write("what\n");
    await until("the hint", () => shown().includes("it is left out"), 2000, 5);
    input.write("no\n");
    await until("the second question", () => shown().includes("b, step 2: look?"), 2000, 5);
    input.write("\n");
    expect((await both).map(({ go }) => go)).to.deep.equal([false, true]);
    close();
  });
  it("asks in a line of its own, which a last line that ticks does not clear", async () => {
    const { input, output, shown } = terminal();
    const { supervise, close } = askInTerminal(input, output);
    const answer = supervise({ procedure: "a", step: 1, says: "mend it" });
    await until("the question", () => shown().endsWith("mend it? [Y/n]\n"), 2000, 5);
    input.write("y\n");
    await answer;
    close();
  });
  it("leaves out what is asked for when the terminal is closed, and everything after it", async () => {
    const { input, output, shown } = terminal();
    const { supervise, close } = askInTerminal(input, output);
    const first = supervise({ procedure: "a", step: 1, says: "mend it" });
    await until("the question", () => shown().includes("mend it?"), 2000, 5);
    input.end();
    expect((await first).go).to.equal(false);
    expect((await supervise({ procedure: "a", step: 2, says: "look" })).go).to.equal(false);
    close();
  });
  it("is refused where there is no terminal", () => {
    expect(() => askInTerminal(new PassThrough(), new PassThrough())).to.throw("no terminal");
  });
});
