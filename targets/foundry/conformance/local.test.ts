/** The engine of child processes. Minutes on a busy machine, so it runs only when asked for: npm run conformance */
import { safety } from "./safety.js";
import { conforms } from "./suite.js";

if (process.env.FLOUNDER_LIVE === "1") {
  await conforms("local");
  safety("local");
} else describe.skip("the local engine: only with FLOUNDER_LIVE=1", () => it("conforms to all that engines must do", () => {}));
