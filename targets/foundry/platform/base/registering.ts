/**
 * How often routes are registered anew: as often as the most impatient router asks, but never less often than our own interval. A router that asks for a long
 * interval (gorouter's default is 20 s) must not make the routes of the others lapse, and one that is gone has no say.
 */
import * as z from "zod";
import type { Bus } from "./bus.js";
import { defect } from "./defects.js";

const greeting = z.object({ id: z.string().max(200).default(""), minimumRegisterIntervalInSeconds: z.number().positive().optional() });
const greetTimeoutMs = 1000;
/** Nobody makes us register more often than this. */
const mostOftenMs = 100;
/** More impatient routers than these are not remembered one by one. */
const maxRouters = 100;

/** What routers asked for, as a pure table: time comes in. */
export class Asked {
  readonly #routers = new Map<string, { readonly everyMs: number; readonly heardMs: number }>();

  /** `forgetMs`: a router that was not heard for so long is gone. */
  constructor(
    readonly ownMs: number,
    readonly forgetMs: number,
  ) {}

  /** Only who asks for less than our own interval is remembered: nobody else changes anything. */
  hear(payload: unknown, nowMs: number): void {
    const parsed = greeting.safeParse(payload);
    if (!parsed.success) return;
    const { id, minimumRegisterIntervalInSeconds: s } = parsed.data;
    this.#routers.delete(id);
    if (s !== undefined && s * 1000 < this.ownMs && this.#routers.size < maxRouters) this.#routers.set(id, { everyMs: s * 1000, heardMs: nowMs });
  }
  /** The interval that suits everybody who was heard lately. */
  everyMs(nowMs: number): number {
    for (const [id, { heardMs }] of this.#routers) if (nowMs - heardMs > this.forgetMs) this.#routers.delete(id);
    return Math.max(Math.min(mostOftenMs, this.ownMs), Math.min(this.ownMs, ...[...this.#routers.values()].map(({ everyMs }) => everyMs)));
  }
  /** Somebody's interval is kept, who may go away without a word. */
  get any(): boolean {
    return this.#routers.size > 0;
  }
}

/** Calls `register` now, when a router starts, after each reconnect, and again and again. Routers that are remembered are asked three times in `forgetMs` whether they are still there. */
export function keepRegistered(bus: Bus, { ownMs, forgetMs }: { readonly ownMs: number; readonly forgetMs: number }, register: () => void): void {
  const asked = new Asked(ownMs, forgetMs);
  let greetedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const greet = () => {
    greetedMs = performance.now();
    // Nobody answers while no router is up; each says router.start when it is.
    void bus.requestMany("router.greet", {}, { timeoutMs: greetTimeoutMs }).then((replies) => {
      for (const reply of replies) asked.hear(reply, performance.now());
      if (asked.any) next();
    });
  };
  const tell = () => {
    try {
      register();
    } catch (error) {
      defect(error, "registering routes");
    }
  };
  let lastMs = performance.now();
  const next = () => {
    clearTimeout(timer);
    const nowMs = performance.now();
    timer = setTimeout(
      () => {
        lastMs = performance.now();
        tell();
        if (asked.any && lastMs - greetedMs > forgetMs / 3) greet();
        next();
      },
      Math.max(0, lastMs + asked.everyMs(nowMs) - nowMs),
    );
  };
  const arrive = () => {
    tell();
    greet();
  };
  bus.subscribe("router.start", {}, (payload) => {
    tell();
    asked.hear(payload, performance.now());
    next();
  });
  bus.onReconnect(arrive);
  arrive();
  next();
}
