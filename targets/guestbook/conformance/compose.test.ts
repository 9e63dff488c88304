/** Every fault that a guestbook can take, in containers; with FLOUNDER_DOCKER=1 or FLOUNDER_LIVE=1. */
import { everyFault } from "../../../harness/engines/testing/every-fault.js";
import guestbook from "../target.js";

if (process.env.FLOUNDER_DOCKER === "1" || process.env.FLOUNDER_LIVE === "1") await everyFault("compose", guestbook, "pair");
else describe.skip("a guestbook in containers: only with FLOUNDER_DOCKER=1", () => it("takes every fault", () => {}));
