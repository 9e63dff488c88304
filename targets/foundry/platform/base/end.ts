/** SIGTERM and SIGINT: what must be done is done, then the process ends; it never takes longer than a second. */
import { log } from "./log.js";

const railMs = 900;

/** Runs `finish` at the first signal and exits 0, also when `finish` rejects or takes too long. */
export function onEnd(finish: () => unknown): void {
  const end = () => {
    setTimeout(() => process.exit(0), railMs).unref();
    Promise.resolve()
      .then(finish)
      .catch((error: unknown) => log.error({ err: error }, "ending"))
      .finally(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}
