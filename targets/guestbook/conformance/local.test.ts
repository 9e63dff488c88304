/** Every fault that a guestbook can take, on child processes. */
import { everyFault } from "../../../harness/engines/testing/every-fault.js";
import guestbook from "../target.js";

await everyFault("local", guestbook, "pair");
