/** What several probers say of themselves, as if they were one. */

export interface ObserverHealth {
  readonly cpuUs: number;
  readonly latenessP50Us: number;
  readonly latenessP99Us: number;
  readonly samples: number;
  readonly shed: number;
}

export class Combined<Name> {
  readonly #last = new Map<Name, ObserverHealth>();
  /** Who still lives. */
  readonly #living: Set<Name>;
  /** Who has said something since we did. */
  readonly #fresh = new Set<Name>();

  /** Says all together whenever each of those that live has said something new. */
  constructor(
    names: readonly Name[],
    private readonly say: (all: ObserverHealth) => void,
  ) {
    this.#living = new Set(names);
  }

  said(name: Name, health: ObserverHealth): void {
    this.#last.set(name, health);
    this.#fresh.add(name);
    this.#sayIfDue();
  }
  ended(name: Name): void {
    this.#living.delete(name);
    this.#sayIfDue();
  }

  #sayIfDue(): void {
    if (this.#fresh.size === 0 || [...this.#living].some((name) => !this.#fresh.has(name))) return;
    this.#fresh.clear();
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
