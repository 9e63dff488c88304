/**
 * mocha's spec reporter, which also writes down what passed, failed (with its file), was skipped and how long each file's tests took, into the file that FLOUNDER_TALLY names.
 * Tests that ended and left something open would keep mocha for ever: after a while that is a failure, which says what was open.
 * After Ctrl-C no further test begins, and what the suites opened is closed by their own hooks; a second one ends all at once.
 */
const { writeFileSync } = require("node:fs");
const { relative } = require("node:path");
const { Spec } = require("mocha").reporters;

const endMs = 30_000;

module.exports = class Tally extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    const secondsOf = {};
    runner.on("test end", (test) => {
      const file = relative(process.cwd(), test.file ?? "");
      secondsOf[file] = (secondsOf[file] ?? 0) + (test.duration ?? 0) / 1000;
    });
    runner.on("fail", (test) => failed.push({ file: test.file ?? test.parent?.file ?? "", title: test.fullTitle() }));
    process.once("SIGINT", () => {
      console.error("\nInterrupted: the test under way ends, then everything is tidied up. Ctrl-C again ends it at once.");
      failed.push({ file: "", title: "the run was interrupted" });
      runner.abort();
    });
    runner.on("end", () => {
      const { passes, pending } = runner.stats;
      const tally = () => process.env.FLOUNDER_TALLY && writeFileSync(process.env.FLOUNDER_TALLY, JSON.stringify({ passes, pending, failed, secondsOf }));
      tally();
      setTimeout(() => {
        const open = process.getActiveResourcesInfo().filter((one) => !["TTYWrap", "PipeWrap", "Timeout"].includes(one));
        console.error(`The tests do not end ${endMs / 1000} s after the last one. Open: ${open.join(", ") || "a timer"}`);
        failed.push({ file: failed[0]?.file ?? "", title: "the tests let go of what they open" });
        tally();
        process.exit(1);
      }, endMs).unref();
    });
  }
};
