/** The reporter for mocha before 12, which takes what it requires for the class itself. */
module.exports = require("../dist/harness/suites/reporter.js").default;
