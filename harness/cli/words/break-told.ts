/** What `flounder break` tells of its injections: a line per event, and a last sentence of when it took effect, when it was restored, and what users lost meanwhile. */
import type { Event, Injection } from "../../core.js";
import type { Measured } from "../../watch/watch.js";
import { plural } from "../../words.js";

/** Seconds after the injection was asked for. */
export interface Told {
  readonly fault: string;
  readonly targets: readonly string[];
  readonly effectS: readonly number[];
  readonly restoredS: readonly number[];
}

/** Follows the injections of one break through the keeper's events. */
export class Telling {
  readonly #effect = new Map<string, number>();
  readonly #restored = new Map<string, number>();
  readonly #ended = new Set<string>();
  /** The last one's beginning. */
  #fromUs: number | undefined;
  #healing = false;

  constructor(
    readonly injections: readonly Injection[],
    readonly zeroUs: number,
  ) {}

  /** True if it is about one of ours. */
  take(event: Event): event is Event & { readonly injection: string } {
    if (!("injection" in event) || !this.injections.some(({ id }) => id === event.injection)) return false;
    const atS = (event.atUs - this.zeroUs) / 1e6;
    if (event.kind === "reading" && event.reading.state === "broken" && !this.#effect.has(event.injection)) this.#effect.set(event.injection, atS);
    if (event.kind === "injecting") this.#fromUs = event.atUs;
    if (event.kind === "healing" || event.kind === "healed") this.#healing = true;
    if (event.kind === "healed") {
      this.#ended.add(event.injection);
      if (event.proved) this.#restored.set(event.injection, atS);
      else this.#restored.delete(event.injection);
    }
    return true;
  }
  line(event: Event & { readonly injection: string }): string {
    const says =
      event.kind === "reading"
        ? `reads ${event.reading.state}`
        : event.kind === "healed"
          ? `healed${event.proved ? "" : ", NOT PROVED"} (${event.why})`
          : event.kind;
    const target = this.injections.find(({ id }) => id === event.injection)!.target;
    return `${((event.atUs - this.zeroUs) / 1e6).toFixed(2).padStart(7)} s  ${target.padEnd(16)} ${says}`;
  }
  /** How long it still lasts by itself; undefined while nothing is injected, and as soon as healing has begun. */
  left(nowUs: number): string | undefined {
    if (this.#fromUs === undefined || this.#healing) return undefined;
    const leftS = Math.ceil(Math.max(...this.injections.map(({ maxS }) => maxS)) - (nowUs - this.#fromUs) / 1e6);
    return leftS > 0 ? `${(((nowUs - this.zeroUs) / 1e6).toFixed(2)).padStart(7)} s  ${leftS} s left, then it is healed; Ctrl-C heals now` : undefined;
  }
  get isOver(): boolean {
    return this.#ended.size === this.injections.length;
  }
  get told(): Told {
    return {
      fault: this.injections[0]!.fault,
      targets: this.injections.map(({ target }) => target),
      effectS: [...this.#effect.values()],
      restoredS: [...this.#restored.values()],
    };
  }
}

const s = (seconds: number): string => `${seconds.toFixed(1)} s`;
const some = (n: number, of: number): string => (n === of ? "" : ` on ${n} of ${plural(of, "target")}`);

/** "router-flush on router-1: took effect after 0.2 s, restored after 5.3 s." Without `lost` nothing was measured. */
export function sentence({ fault, targets, effectS, restoredS }: Told, lost: string | undefined, changesNothing = false): string {
  const whom = targets.length <= 3 ? targets.join(", ") : `${targets[0]} and ${targets.length - 1} more`;
  const effect = changesNothing
    ? "it changes nothing"
    : effectS.length === 0
      ? "no witness saw it take effect"
      : `took effect${some(effectS.length, targets.length)} after ${s(Math.max(...effectS))}`;
  const restored =
    restoredS.length === 0 ? "NOT proved to be restored" : `restored${some(restoredS.length, targets.length)} after ${s(Math.max(...restoredS))}`;
  return `${fault} on ${whom}: ${effect}, ${restored}${lost === undefined ? "" : `; ${lost}`}`;
}

type Lane = Measured["endpoints"][number];

/** What users lost while it was measured: each kind of user by itself, outside and inside. `phrases`: what a probe's user wants, "log in". */
export function sayLost(lanes: readonly Lane[], phrases: ReadonlyMap<string, string>): string {
  const probes = [...new Set(lanes.map(({ probe }) => probe))];
  const each = probes.map((probe) => {
    const from = (vantage: string) => lost(lanes.filter((lane) => lane.probe === probe && lane.from === vantage));
    const [outside, inside] = [from("outside"), from("inside")];
    const who = `who wanted to ${phrases.get(probe ?? "") ?? probe}`;
    return outside === inside ? `${who} lost ${outside}` : `${who} lost ${outside} outside and ${inside} inside`;
  });
  return `users ${each.join("; ")}`;
}

/** The mean of lanes, each a user of equal weight. */
function lost(lanes: readonly Lane[]): string {
  if (lanes.every(({ samples }) => samples === 0)) return "what nobody measured";
  const mean = (of: (lane: Lane) => number) => lanes.reduce((sum, lane) => sum + of(lane), 0) / lanes.length;
  const [lo, hi] = [mean(({ lostS }) => lostS.lo), mean(({ lostS }) => lostS.hi)];
  if (hi === 0) return "nothing";
  return lo.toFixed(1) === hi.toFixed(1) ? s(hi) : `${lo.toFixed(1)} to ${s(hi)}`;
}
