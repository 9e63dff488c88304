/** mocha's spec reporter, which also writes down what passed, failed (with its file) and was skipped, into the file that FLOUNDER_TALLY names. */
const { writeFileSync } = require("node:fs");
const { Spec } = require("mocha").reporters;

module.exports = class Tally extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    runner.on("fail", (test) => failed.push({ file: test.file ?? test.parent?.file ?? "", title: test.fullTitle() }));
    runner.on("end", () => {
      const { passes, pending } = runner.stats;
      if (process.env.FLOUNDER_TALLY) writeFileSync(process.env.FLOUNDER_TALLY, JSON.stringify({ passes, pending, failed }));
    });
  }
};
