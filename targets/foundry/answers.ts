/** What answers to plain requests mean on a Cloud-Foundry-like platform. */
import type { AnswerClass } from "../../harness/core.js";

/** A router says by this header that the 404 is its own, not an app's (cf-protocol §1.3). */
const answers: readonly AnswerClass[] = [{ status: 404, header: "x-cf-routererror", outcome: "no-route" }];
export default answers;
