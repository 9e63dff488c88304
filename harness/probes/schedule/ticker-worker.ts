/** The sleeping thread of a Ticker: wakes the main thread shortly before each slot, on an absolute schedule that cannot drift. */
import { workerData } from "node:worker_threads";
import { nowUs } from "../../clock.js";
import { aimed, cells, type TickerData } from "./ticker.js";

/** Slots closer together than this share a wake-up. */
const gapUs = 100;
const { buffer, schedules, beatUs } = workerData as TickerData;
const shared = new Int32Array(buffer, 0, cells.count);
const aims = new Float64Array(buffer, aimed.offset);
const due = schedules.map((schedule) => schedule.firstUs);
let lastUs = nowUs();
while (Atomics.load(shared, cells.stop) === 0) {
  const leadUs = Atomics.load(shared, cells.lead);
  let next = lastUs + beatUs;
  for (const at of due) next = Math.min(next, at - leadUs);
  next = Math.max(next, lastUs + gapUs);
  const waitUs = next - nowUs();
  if (waitUs > 0) Atomics.wait(shared, cells.stop, 0, waitUs / 1000);
  lastUs = nowUs();
  for (let i = 0; i < due.length; i++) {
    const late = lastUs + leadUs - due[i]!;
    // What was slept through is the main thread's to count; here it is one wake-up.
    if (late >= 0) due[i]! += (Math.floor(late / schedules[i]!.periodUs) + 1) * schedules[i]!.periodUs;
  }
  aims[aimed.at] = next;
  Atomics.add(shared, cells.ticks, 1);
  Atomics.notify(shared, cells.ticks);
}
