/** What several probers say of themselves, as if they were one. */
import type { ProberReport } from "../protocol.js";

export interface ObserverHealth {
  readonly cpuUs: number;
  readonly latenessP50Us: number;
  readonly latenessP99Us: number;
  readonly samples: number;
  readonly shed: number;
}

const healthOf = ({ cpuUs, latenessUs, samples, shed }: ProberReport): ObserverHealth => ({
  cpuUs,
  latenessP50Us: latenessUs.p50,
  latenessP99Us: latenessUs.p99,
  samples,
  shed,
});

/** Says all together whenever each of `count` has said something new; one that died says nothing new, and is not waited for twice. */
export class Combined {
  readonly #last = new Map<number, ObserverHealth>();
  readonly #fresh = new Set<number>();

  constructor(
    private readonly count: number,
    private readonly say: (all: ObserverHealth) => void,
  ) {}

  said(report: ProberReport, index: number): void {
    const again = this.#fresh.has(index);
    this.#last.set(index, healthOf(report));
    this.#fresh.add(index);
    if (this.#fresh.size < this.count && !again) return;
    this.#fresh.clear();
    // Whoever spoke twice goes on ahead: the others are not waited for a second time.
    if (again) this.#fresh.add(index);
    this.#sayAll();
  }
  /** All probers have ended: what the last ones said is not held back. */
  end(): void {
    if (this.#fresh.size > 0) this.#sayAll();
    this.#fresh.clear();
  }
  #sayAll(): void {
    const each = [...this.#last.values()];
    const sum = (of: (one: ObserverHealth) => number) => each.reduce((total, one) => total + of(one), 0);
    const worst = (of: (one: ObserverHealth) => number) => Math.max(...each.map(of));
    this.say({
      cpuUs: sum((one) => one.cpuUs),
      latenessP50Us: worst((one) => one.latenessP50Us),
      latenessP99Us: worst((one) => one.latenessP99Us),
      samples: sum((one) => one.samples),
      shed: sum((one) => one.shed),
    });
  }
}
