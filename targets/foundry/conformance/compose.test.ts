/** The engine of containers. It runs where Docker does; FLOUNDER_DOCKER=1 makes its absence a failure. */
import { expect } from "chai";
import { loadEngine } from "../../../harness/registry.js";
import { recovery } from "./recovery.js";
import { safety } from "./safety.js";
import { conforms } from "./suite.js";

const lacking = (await (await loadEngine("compose")).check()).map(({ what, hint }) => `${what} (${hint})`).join("; ");
const [wanted, asked] = [process.env.FLOUNDER_DOCKER === "1", process.env.FLOUNDER_LIVE === "1"];

if (lacking && wanted)
  describe("the compose engine", () => {
    it("has what it needs, since FLOUNDER_DOCKER=1 says so", () => expect(lacking).to.equal(""));
  });
else if (lacking) describe.skip(`the compose engine: ${lacking}`, () => it("conforms to all that engines must do", () => {}));
else if (!wanted && !asked) describe.skip("the compose engine: only with FLOUNDER_DOCKER=1", () => it("conforms to all that engines must do", () => {}));
else {
  await conforms("compose");
  safety("compose");
  recovery("compose");
}
