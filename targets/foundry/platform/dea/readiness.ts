/**
 * When is a starting app ready: as soon as its health check passes. The port takes a TCP connection, a path answers 200, or its process lives. Source: cf-protocol §2.1
 * (every 0.5 s, 120 tries).
 */
import { get } from "node:http";
import { connect } from "node:net";
import type { Address } from "../base/config.js";
import { sleep } from "../base/until.js";
import type { HealthCheck } from "./messages.js";

/** In the first second we look more often than 2011 did: here a Node app listens after ~80 ms, and starts are what clients wait for. */
const eagerEveryMs = 50;
const eagerForMs = 1000;
const tries = 120;

const accepts = ({ host, port }: Address, deadlineMs: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(deadlineMs, () => end(false));
    socket.once("connect", () => end(true));
    socket.on("error", () => end(false));
  });

const answers200 = ({ host, port }: Address, path: string, deadlineMs: number) =>
  new Promise<boolean>((resolve) => {
    const request = get({ host, port, path, agent: false }, (answer) => end(answer.statusCode === 200));
    const late = setTimeout(() => end(false), deadlineMs);
    const end = (healthy: boolean) => {
      clearTimeout(late);
      resolve(healthy);
      request.destroy();
    };
    request.on("error", () => end(false)).once("upgrade", () => end(false));
  });

/** True when the check passes, false if it never did or if `wanted` said no (the process ended, somebody stopped it). */
export async function becomesReady({ type, endpoint, timeoutS }: HealthCheck, at: Address, everyMs: number, wanted: () => boolean): Promise<boolean> {
  if (type === "process") return wanted();
  const passes = () => (type === "http" ? answers200(at, endpoint, Math.max(everyMs, eagerForMs)) : accepts(at, everyMs));
  const began = performance.now();
  const withinMs = typeof timeoutS === "number" ? timeoutS * 1000 : tries * everyMs;
  while (wanted()) {
    const elapsed = performance.now() - began;
    if (elapsed > withinMs) return false;
    if (await passes()) return wanted();
    await sleep(elapsed < eagerForMs ? eagerEveryMs : everyMs);
  }
  return false;
}
