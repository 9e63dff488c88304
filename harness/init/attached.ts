/** The files that `flounder init --attach` writes for a project that its owner runs, as text. Pure. */
import type { Starter } from "../core.js";

/** What of the project a first suite breaks: a service that answers HTTP at a published port, so that it is sure that users notice. */
export interface AttachedStart {
  readonly project: string;
  readonly service: string;
  readonly port: number;
}

const suiteOf = ({
  project,
  service,
}: AttachedStart): string => `/** A chaos suite for the Compose project ${project}: one of its services is frozen. Run it with: npx mocha */
import { expect, use } from "chai";
import flounder from "flounder/chai";
import processPause from "flounder/faults/process-pause";
import { foundation } from "flounder/mocha";

use(flounder);

describe("${service} is frozen for three seconds", function () {
  this.timeout("3m");
  // The project must be up. It is taken as it is, and left as it was; flounder.config.mjs says what is asked, and what may be broken. Results stay in results/.
  const ${nameOf(project)} = foundation("compose:${project}", { results: "results", retries: 1 });
  let run;
  before(async () => {
    // Steady before, frozen, seen to be silent, let go on, steady after: then judged.
    run = await ${nameOf(project)}.hurt(processPause, { of: "${service}", pick: "all" }, "3s");
  });

  it("costs users some seconds, and no more", () => {
    expect(run).to.have.passed;
    expect(run.plane("data", "outside")).to.have.lost.atMost("10s");
    expect(run.plane("data", "outside")).to.recover.within("10s");
  });

  it("RED ON PURPOSE, delete it when you have read its message: nobody outside notices", () => {
    expect(run.plane("data", "outside")).to.have.lost.nothing;
  });
});
`;

export const attachedSuite = (start: AttachedStart): Starter => ({ file: `${start.service}.chaos.mjs`, text: suiteOf(start) });

export const attachedConfig = ({
  service,
  port,
}: AttachedStart): string => `/** What Flounder asks of this project, and what it may break; docs/attach.md has all of it. */
export default {
  // Services that are never broken, as a list of names; a label flounder.protect=true on a service does the same.
  protect: [],
  // So many injections at the same time, and no longer than this.
  blastRadius: 2,
  longestS: 60,
  // Each is a user who asks ten times a second. outside: at the published port. inside: at the service's own address.
  probes: [
    { name: "${service}", plane: "data", from: "outside", url: "http://${service}:${port}/", expect: { status: "100-499" } },
    { name: "${service} itself", plane: "data", from: "inside", url: "http://${service}:${port}/", expect: { status: "100-499" } },
  ],
};
`;

/** A name that JavaScript takes. */
const nameOf = (project: string): string =>
  project.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "").replace(/^(?=\d)|^$/, "the");
