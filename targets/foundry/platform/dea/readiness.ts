/** When is a starting app ready: as soon as its port takes a TCP connection. Source: cf-protocol §2.1 (every 0.5 s, 120 tries). */
import { connect } from "node:net";
import { sleep } from "../base/until.js";

/** In the first second we look more often than 2011 did: here a Node app listens after ~80 ms, and starts are what clients wait for. */
const eagerEveryMs = 50;
const eagerForMs = 1000;
const tries = 120;

const accepts = (host: string, port: number, deadlineMs: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(deadlineMs, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });

/** True when the port is open, false if it never was or if `wanted` said no (the process ended, somebody stopped it). */
export async function becomesReady(host: string, port: number, everyMs: number, wanted: () => boolean): Promise<boolean> {
  const began = performance.now();
  while (wanted()) {
    const elapsed = performance.now() - began;
    if (elapsed > tries * everyMs) return false;
    if (await accepts(host, port, everyMs)) return wanted();
    await sleep(elapsed < eagerForMs ? eagerEveryMs : everyMs);
  }
  return false;
}
