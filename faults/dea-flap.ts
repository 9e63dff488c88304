/**
 * Freezes a host of apps with all of them again and again, for a part of each period that grows. Try it: flounder break dea-flap --on dea --pick all --for 40
 * The first time comes at once. Apps are stopped, never killed: whoever crashes too often is FLAPPING, and nobody would start it again.
 */
import { z } from "zod";
import { sleep } from "../harness/clock.js";
import { defineFault } from "../harness/core.js";
import { seeded } from "../harness/random.js";

/** A freeze takes such a part of its period, the first one and the tenth; one shorter than a witness waits for an answer would not be seen. */
const [firstShare, tenthShare] = [0.3, 0.8];
const leastMs = 1400;
/** With spreading a host's failures go on after so many periods at the latest. */
const latestOnset = 4;

/** In this process, by target. When a keeper dies they end, and the next one finds at most a host that is frozen. */
const flapping = new Map<string, { readonly end: AbortController; readonly ended: Promise<void> }>();
async function stop(name: string): Promise<void> {
  const found = flapping.get(name);
  flapping.delete(name);
  found?.end.abort();
  await found?.ended;
}

export default defineFault({
  name: "dea-flap",
  says: "freezes a host of apps with all of them again and again, longer each time; with spreading some hosts go on at once and others later",
  colour: "#e377c2",
  needs: ["process"],
  among: (target) => target.hosts === true,
  options: z.strictObject({ periodS: z.number().min(3).max(600).default(4), spreading: z.boolean().default(true), seed: z.number().int().default(0) }),

  async inject(host, { periodS, spreading, seed }) {
    await stop(host.name);
    const { process } = host.can;
    const random = seeded([...host.name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), seed));
    const end = new AbortController();
    const flap = async () => {
      for (let nth = 0; ; nth++) {
        if (nth > 0) await process.pause();
        const frozenMs = Math.max(leastMs, periodS * 1000 * Math.min(tenthShare, firstShare + (nth * (tenthShare - firstShare)) / 9));
        await sleep(frozenMs, end.signal);
        await process.resume();
        const onsetMs = nth === 0 && spreading ? random() * latestOnset * periodS * 1000 : 0;
        await sleep(onsetMs + (periodS * 1000 - frozenMs) * (0.5 + random()), end.signal);
      }
    };
    await process.pause();
    // It ends by being told to, or with a host that is gone: its witness sees that.
    flapping.set(host.name, { end, ended: flap().catch(() => {}) });
  },
  async heal(host) {
    await stop(host.name);
    await host.can.process.resume();
  },
  async witness(host) {
    return { state: (await host.can.process.responds()) ? "intact" : "broken" };
  },
});
