/** What comes in while a run goes on: the keeper's events, where instances are, the platform's alarms, and at the end the logs. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { nowUs, sleep } from "../clock.js";
import type { Client, Event, EventBody, FoundationFacts, SaidAlarm, TargetSystem, Topology } from "../core.js";
import type { Prober } from "../probes/launch/child.js";

const routesEveryMs = 500;
const alarmsEveryMs = 250;

/** Keeper events into the timeline, their stamps made relative to the run's zero. `lost` is told when the keeper itself has gone. */
export function relay(client: Client, zeroUs: number, write: (event: Event) => void, lost: (error: Error) => void) {
  const end = new AbortController();
  let seen = 0;
  const done = (async () => {
    for await (const event of client.events(end.signal)) {
      seen++;
      write(event.kind === "reading" ? { ...event, atUs: event.atUs - zeroUs, fromUs: event.fromUs - zeroUs } : { ...event, atUs: event.atUs - zeroUs });
    }
  })();
  done.catch((error: Error) => {
    write({ atUs: nowUs() - zeroUs, by: "script", kind: "trouble", from: "keeper", says: error.message });
    lost(error);
  });
  return {
    /** Lets events that are under way arrive: none came for 50 ms. */
    async drain() {
      for (let before = -1; before !== seen; ) {
        before = seen;
        await sleep(50);
      }
    },
    stop: () => end.abort(),
  };
}

/** Instances move; the prober is told where they are now, whenever that has changed. */
export function keepRoutes(client: Client, prober: Prober, signal: AbortSignal, note: (event: EventBody) => void) {
  const end = new AbortController();
  const both = AbortSignal.any([signal, end.signal]);
  let last = "";
  void (async () => {
    while (!both.aborted) {
      try {
        const routes = await client.routes();
        const text = JSON.stringify(routes);
        if (text !== last) prober.routes(routes);
        last = text;
      } catch (error) {
        if (!both.aborted) note({ kind: "trouble", from: "runner", says: `routes: ${(error as Error).message}` });
      }
      await sleep(routesEveryMs, both).catch(() => {});
    }
  })();
  return { stop: () => end.abort() };
}

/** The platform's own alarms, each once; those that were raised before are not this run's. */
export function keepAlarms(system: TargetSystem, topology: Topology, client: Client, signal: AbortSignal, say: (alarm: SaidAlarm) => void) {
  const end = new AbortController();
  const both = AbortSignal.any([signal, end.signal]);
  void (async () => {
    let known: Set<string> | undefined;
    while (!both.aborted && system.alarms) {
      // A monitor that is dead or cut off says nothing: that is what it is there to show.
      const alarms = await system.alarms(topology, client.call).catch(() => undefined);
      if (alarms && known) for (const alarm of alarms) if (!known.has(alarm.id)) say(alarm);
      if (alarms) known = new Set([...(known ?? []), ...alarms.map(({ id }) => id)]);
      await sleep(alarmsEveryMs, both).catch(() => {});
    }
  })();
  return { stop: () => end.abort() };
}

/** The components' logs go with the results: whoever reads the report later has no foundation any more. */
export async function keepLogs(facts: FoundationFacts, dir: string, note: (event: EventBody) => void): Promise<void> {
  const kept = facts.components.map(({ name, log }) =>
    copyFile(log, join(dir, `${name}.log`)).catch((error: Error) =>
      note({ kind: "trouble", from: "runner", says: `the log of ${name} could not be kept: ${error.message}` }),
    ),
  );
  await Promise.all(kept);
}
