/** What a prober may ask of the scheduler, it has: read from the kernel. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { dist } from "../../paths.js";
import { policyOf, policyThatMayBe } from "../testing/scheduling.js";

const program = `
import { readFileSync } from "node:fs";
import { raisePriority } from ${JSON.stringify(pathToFileURL(join(dist, "harness", "probes", "schedule", "priority.js")).href)};
raisePriority();
process.stdout.write(readFileSync("/proc/self/stat", "utf8"));
`;
const policyWith = (env: NodeJS.ProcessEnv) => policyOf(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8", env }));

describe("a prober's priority", () => {
  it("is real-time where that may be", () => expect(policyWith(process.env)).to.equal(policyThatMayBe()));

  it("is the usual one where there is no chrt: that is no reason not to measure", () =>
    expect(policyWith({ ...process.env, PATH: "/nowhere" })).to.equal("other"));
});
