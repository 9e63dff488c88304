/** Ctrl-C and SIGTERM, for commands that break things: they end in their own time, healed. */
import { FlounderError } from "../../errors.js";
import { exitOf } from "./exit.js";
import { say } from "./options.js";

/** The first signal aborts and heals; a second one leaves at once: the keeper heals by itself. */
export function abortOnSignals(): { signal: AbortSignal; off(): void } {
  const abort = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (abort.signal.aborted) process.exit(exitOf.aborted);
    say(`${name}: healing and ending; once more to leave at once (the keeper heals by itself)`);
    abort.abort(new FlounderError("aborted", `stopped by ${name}`, "run again"));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return { signal: abort.signal, off: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal) };
}
