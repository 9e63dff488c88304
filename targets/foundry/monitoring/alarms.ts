/** Alarms of the foundry's monitors, oldest first; those that were cleared since as well. A profile without a monitor has none. */
import type { Call, SaidAlarm, Topology } from "../../../harness/core.js";

interface Told {
  readonly seq: number;
  readonly alarm: string;
  readonly on: string;
  readonly says: string;
  readonly state: "raised" | "cleared";
  readonly at: string;
}

export async function alarms(topology: Topology, call: Call): Promise<readonly SaidAlarm[]> {
  const monitors = topology.components.filter((component) => component.role === "monitor");
  const found = await Promise.all(
    monitors.map(async ({ name }) => {
      const { log } = (await call(name, "/alarms")) as { log: readonly Told[] };
      return log
        .filter(({ state }) => state === "raised")
        .map(({ seq, alarm, on, says, at }) => ({ id: `${name} ${seq}`, from: name, alarm, on, says, atMs: Date.parse(at) }));
    }),
  );
  return found.flat().sort((a, b) => a.atMs - b.atMs);
}
