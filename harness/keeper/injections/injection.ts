/**
 * One injection from its first reading to its proved healing.
 * witness intact → intent on disk → deadline armed → inject → … → heal → witness intact, else stronger and stronger, else said to be still broken.
 */
import { nowUs, within } from "../../clock.js";
import type { Capability, Event, Fault, HealReport, Injection, Reading, Remedy, Target } from "../../core.js";
import { FlounderError } from "../../errors.js";
import type { Entry, Journal } from "./journal.js";
import { type Timed, Watch } from "./watch.js";

export type HealWhy = Extract<Event, { kind: "healed" }>["why"];
type Unstamped<T> = T extends unknown ? Omit<T, "atUs" | "by"> : never;
/** An event without its stamp: the keeper adds when and by whom. */
export type Told = Unstamped<Event>;

/** Budgets in ms. Healing has its own: nothing that ends an injection early takes from it. */
export interface Limits {
  readonly beforeMs: number;
  readonly injectMs: number;
  readonly healMs: number;
  /** For the witness to be intact after healing; longer where a platform's timer brings it back. */
  readonly intactMs: number;
  readonly escalateMs: number;
}
export interface InjectionDeps {
  readonly limits: Limits;
  readonly journal: Pick<Journal, "write">;
  /** `atUs` where the event is older than now. */
  readonly tell: (event: Told, atUs?: number) => void;
  /** Throws if a stop or a freeze forbids the deed. */
  readonly pass: () => void;
  /** True if nobody is behind the target any more, and nothing is left of what was done to it. */
  readonly vacant: () => Promise<boolean>;
  /** Puts right what else is otherwise than it was made, and no injection's: a server that it goes through may be stopped. A report for each. */
  readonly mendOthers: () => Promise<readonly HealReport[]>;
  /** What is tried, in order, when healing is not proved. */
  readonly remedies: () => readonly Remedy[];
  /** It is over: proved healed, or never begun. */
  readonly over: () => void;
}
export type InjectionState = "before" | "injecting" | "injected" | "healing" | "healed" | "unproved";

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export class LiveInjection {
  readonly #abort = new AbortController();
  #watch: Watch | undefined;
  #deed: Promise<void> | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #healing: Promise<HealReport> | undefined;

  constructor(
    readonly injection: Injection,
    readonly fault: Fault,
    readonly options: unknown,
    readonly target: Target<Capability>,
    readonly deps: InjectionDeps,
    /** "injected" for one that an earlier keeper journaled. */
    public state: InjectionState = "before",
  ) {}

  /** Resolves when the deed is done. Rejects when it was refused, or failed (then it was healed). */
  async inject(): Promise<void> {
    const { injection, deps } = this;
    const startUs = nowUs();
    const watch = this.#startWatch();
    const intact = await watch.see(["intact"], startUs, deps.limits.beforeMs);
    if (this.#abort.signal.aborted || !intact) {
      this.#over();
      if (this.#abort.signal.aborted) throw new FlounderError("aborted", `${injection.id} was called off before anything was done`, "inject it again");
      throw new FlounderError(
        "refused",
        `${injection.fault} on ${injection.target}: its witness must read intact before, it read ${watch.last?.reading.state ?? "nothing"}`,
        "look at flounder status; heal what is broken first",
      );
    }
    // From here to the call of the fault nothing may be awaited: a stop either comes before all of it or finds it in the journal.
    try {
      deps.pass();
      deps.journal.write({ kind: "injecting", injection });
    } catch (error) {
      this.#over();
      throw error;
    }
    this.state = "injecting";
    deps.tell({ kind: "injecting", injection: injection.id });
    this.#deadline = setTimeout(() => void this.heal(injection.endedBy === "playbook" ? "rail" : "time"), injection.maxS * 1000);
    this.#deed = (async () => this.fault.inject(this.target, this.options, this.#abort.signal))();
    try {
      await within(deps.limits.injectMs, `injecting ${injection.fault} on ${injection.target}`, this.#deed);
    } catch (error) {
      const report = await this.heal("asked");
      throw new FlounderError(
        "platform",
        `${injection.id}: ${messageOf(error)}; ${report.says}`,
        "flounder status shows the target; flounder logs its component",
      );
    }
    if (this.state !== "injecting") return; // healing has begun meanwhile
    this.state = "injected";
    this.#note({ kind: "injected", injection: injection.id });
    deps.tell({ kind: "injected", injection: injection.id });
  }

  /** Heals and proves it. Callers at the same time share one healing; one that was not proved is tried again. Never rejects. */
  heal(why: HealWhy, client?: string): Promise<HealReport> {
    this.#healing ??= this.#heal(why, client).then((report) => {
      if (!report.proved) this.#healing = undefined;
      return report;
    });
    return this.#healing;
  }
  get lastReading(): Reading | undefined {
    return this.#watch?.last?.reading;
  }

  async #heal(why: HealWhy, client: string | undefined): Promise<HealReport> {
    const { injection, deps } = this;
    this.#abort.abort(new Error("healing has begun"));
    clearTimeout(this.#deadline);
    // Called off while its witness was asked: whoever comes next for this target must not wait for the answer.
    if (this.state === "before") this.#over();
    if (this.state === "healed") return this.#report(true, "nothing was injected");
    this.state = "healing";
    this.#note({ kind: "healing", injection: injection.id });
    deps.tell({ kind: "healing", injection: injection.id, ...(client === undefined ? {} : { client }) });
    const watch = this.#watch ?? this.#startWatch();
    await this.#settleDeed();
    const trouble: string[] = [];
    let proof = await this.#tryHeal(watch, trouble);
    if (!proof) {
      const others = await within(deps.limits.escalateMs, "looking at the rest", deps.mendOthers()).catch((error) => {
        trouble.push(messageOf(error));
        return [];
      });
      if (others.some((one) => one.proved)) proof = await this.#tryHeal(watch, trouble);
    }
    for (const { says, apply } of proof ? [] : deps.remedies()) {
      if (proof) break;
      deps.tell({ kind: "trouble", from: injection.target, says: `${injection.id} is not proved healed (${trouble.at(-1)}): ${says}` });
      await within(deps.limits.escalateMs, says, apply()).catch((error) => trouble.push(`${says}: ${messageOf(error)}`));
      proof = await this.#tryHeal(watch, trouble);
    }
    watch.stop();
    this.#watch = undefined;
    this.state = proof ? "healed" : "unproved";
    const says = proof
      ? `${injection.target} ${proof.reading.state === "vacant" ? "is whole, with nobody behind it any more" : "reads intact"}`
      : `${injection.target} is still broken: ${trouble.join("; ")}`;
    this.#note({ kind: "healed", injection: injection.id, proved: proof !== undefined, says });
    if (!proof) deps.tell({ kind: "trouble", from: injection.target, says });
    deps.tell({ kind: "healed", injection: injection.id, proved: proof !== undefined, why });
    if (proof) deps.over();
    return this.#report(proof !== undefined, says);
  }

  /** Heals once and waits for an intact reading that was asked for afterwards. */
  async #tryHeal(watch: Watch, trouble: string[]): Promise<Timed | undefined> {
    const { limits } = this.deps;
    const budget = AbortSignal.timeout(limits.healMs);
    let failed = false;
    try {
      await within(limits.healMs, `healing ${this.injection.fault}`, this.fault.heal(this.target, this.options, budget));
    } catch (error) {
      failed = true;
      trouble.push(messageOf(error));
    }
    const proof = await watch.see(["intact", "vacant"], nowUs(), failed ? Math.min(1000, limits.intactMs) : limits.intactMs);
    if (!proof && !failed) trouble.push(`the witness reads ${watch.last?.reading.state ?? "nothing"}`);
    return proof;
  }

  /** An inject under way has been told to end. What it does after all, once healing has begun, is healed again. */
  async #settleDeed(): Promise<void> {
    const deed = this.#deed;
    if (!deed) return;
    this.#deed = undefined;
    const ended = deed.then(
      () => true,
      () => true,
    );
    if (await within(this.deps.limits.healMs / 4, "the injection", ended).catch(() => false)) return;
    void ended.then(() => this.fault.heal(this.target, this.options, AbortSignal.timeout(this.deps.limits.healMs)).catch(() => {}));
  }

  #startWatch(): Watch {
    const { fault, injection, deps } = this;
    const ask = async (signal: AbortSignal): Promise<Reading> => {
      if (fault.changesNothing) return { state: this.state === "injected" ? "broken" : "intact", generation: "noop" };
      const reading = await fault.witness(this.target, this.options, signal);
      // An app that has gone meanwhile cannot show that its link carries again; before healing that would hide what is broken.
      return reading.state !== "intact" && this.state === "healing" && (await deps.vacant()) ? { state: "vacant" } : reading;
    };
    this.#watch = new Watch(ask, ({ reading, fromUs, atUs }) => deps.tell({ kind: "reading", injection: injection.id, reading, fromUs }, atUs));
    return this.#watch;
  }
  /** A journal that cannot be written (a full disk) must not keep anything from being healed. */
  #note(entry: Entry): void {
    try {
      this.deps.journal.write(entry);
    } catch (error) {
      this.deps.tell({ kind: "trouble", from: "keeper", says: `journal: ${messageOf(error)}` });
    }
  }
  /** Once: whoever called it off may have let the next one in before inject() noticed. */
  #over(): void {
    if (this.state === "healed") return;
    this.#watch?.stop();
    this.state = "healed";
    this.deps.over();
  }
  #report(proved: boolean, says: string): HealReport {
    return { injection: this.injection.id, target: this.injection.target, proved, says };
  }
}
