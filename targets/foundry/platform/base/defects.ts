/**
 * The last line of defence: a defect that shows while the component serves (a throw in a listener, a promise that is nobody's) is logged and counted, and ends
 * nothing. What makes serving impossible ends the process, and is said so by whoever finds it: a throw before the component is ready (config missing, port
 * taken), and `fail()` after that. A supervisor starts it again then.
 */
import { log } from "./log.js";

let count = 0;
let surviving = false;

/** How many defects were survived: varz `defects`. */
export const defects = (): number => count;

/** A defect that was caught where it showed; `where` says in which part. */
export function defect(error: unknown, where: string): void {
  count++;
  log.error({ err: error, where }, "defect survived");
}

/** From now on nothing that is thrown and not caught ends this process. ready() calls it; earlier only for a component that serves before it is ready. */
export function surviveDefects(): void {
  if (surviving) return;
  surviving = true;
  process.on("uncaughtException", (error, origin) => defect(error, origin));
  // Without a listener a rejection would come as an uncaught exception; this says which of the two it was.
  process.on("unhandledRejection", (reason) => defect(reason, "unhandledRejection"));
}

/** Ends the process: what it must be able to count on does not hold. */
export function fail(error: unknown, says: string): never {
  log.fatal({ err: error }, says);
  process.exit(1);
}
