/** Measures while somebody's own work goes on: an act that changes nothing begins, the work is done, and the act is ended. */
import type { Client } from "../core.js";

/** Resolves with the run once it is judged. Rejects with what the work rejected with, after the run has ended. */
export async function whileHeld<T>(client: Client, act: string, work: () => Promise<unknown>, run: () => Promise<T>): Promise<T> {
  let failed: { readonly error: unknown } | undefined;
  const events = client.events()[Symbol.asyncIterator]();
  const working = (async () => {
    let worked: Promise<unknown> | undefined;
    for (;;) {
      const { value, done } = await events.next();
      if (done) return;
      if (!("injection" in value) || !value.injection.startsWith(`${act}/`)) continue;
      if (value.kind === "injected")
        worked = work().catch((error: unknown) => {
          failed = { error };
        });
      // Work may take no time at all; an act that was never read while it held proves nothing.
      if (!worked || value.kind !== "reading" || value.reading.state !== "broken") continue;
      await worked;
      await client.heal(value.injection);
      return;
    }
  })();
  // A run that never comes to its act leaves it waiting until the client goes; a keeper that is lost is the run's to say.
  working.catch(() => {});
  const finished = await run();
  if (failed) throw failed.error;
  return finished;
}
