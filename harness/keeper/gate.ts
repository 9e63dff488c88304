/** What a stop and a freeze forbid. Kept in the folder: both outlive the keeper. */
import { dirname, join } from "node:path";
import { z } from "zod";
import { FlounderError } from "../errors.js";
import { isThere, readOwn, setAside, writeWhole } from "../state/own-file.js";

export interface GateState {
  readonly stopped: { readonly reason: string } | null;
  readonly frozen: { readonly untilIso: string; readonly reason: string } | null;
}

const retryMs = 1000;

const stateSchema = z.object({
  stopped: z.object({ reason: z.string() }).nullable(),
  frozen: z.object({ untilIso: z.string().refine((iso) => !Number.isNaN(Date.parse(iso)), "no time"), reason: z.string() }).nullable(),
});

export class Gate {
  readonly #path: string;
  #state: GateState;
  #retry: NodeJS.Timeout | undefined;

  /** Where the file is no good, nothing may be injected: a stop could have been in it. */
  constructor(
    dir: string,
    private readonly say: (line: string) => void,
  ) {
    this.#path = join(dir, "gate.json");
    this.#state = { stopped: null, frozen: null };
    if (!isThere(this.#path)) return;
    try {
      this.#state = stateSchema.parse(JSON.parse(readOwn(this.#path)));
    } catch (error) {
      say(setAside(this.#path, error instanceof z.ZodError ? new Error("it does not say what is stopped and frozen") : error));
      this.#state = { ...this.#state, stopped: { reason: "gate.json was damaged, a stop may have been in it" } };
    }
  }
  get state(): GateState {
    const { stopped, frozen } = this.#state;
    return { stopped, frozen: frozen && Date.parse(frozen.untilIso) > Date.now() ? frozen : null };
  }
  /** Throws if write verbs are frozen; `what` says which one was asked for. */
  passWrite(what: string): void {
    const { frozen } = this.state;
    if (frozen)
      throw new FlounderError(
        "frozen",
        `${what} is refused: frozen until ${frozen.untilIso} (${frozen.reason})`,
        "wait until then, or flounder unfreeze --reason WHY; heal, stop and down are never blocked",
      );
  }
  /** Throws if nothing may be injected. */
  passInjection(what: string): void {
    this.passWrite(what);
    const { stopped } = this.state;
    if (stopped) throw new FlounderError("frozen", `${what} is refused: stopped (${stopped.reason})`, "flounder release --reason WHY lets injections in again");
  }
  stop(reason: string): void {
    this.#save({ ...this.#state, stopped: { reason } });
  }
  release(): void {
    this.#save({ ...this.#state, stopped: null });
  }
  /** Of two freezes the one that ends later holds: nobody shortens another's unawares. False: it was another's. */
  freeze(untilIso: string, reason: string): boolean {
    const untilMs = Date.parse(untilIso);
    if (Number.isNaN(untilMs))
      throw new FlounderError(
        "usage",
        `freeze until "${untilIso}": expected an ISO time such as 2026-04-26T17:00:00Z`,
        "flounder freeze --until TIME --reason WHY",
      );
    if (untilMs <= Date.now())
      throw new FlounderError("usage", `freeze until ${untilIso}: that time is over`, "give a later time, or how long: flounder freeze --for 20m --reason WHY");
    const { frozen } = this.state;
    if (frozen && Date.parse(frozen.untilIso) > untilMs) return false;
    this.#save({ ...this.#state, frozen: { untilIso, reason } });
    return true;
  }
  unfreeze(): void {
    this.#save({ ...this.#state, frozen: null });
  }
  #save(state: GateState): void {
    this.#state = state; // holds from now on, even if the disk is full
    const again = this.#retry !== undefined;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      writeWhole(this.#path, `${JSON.stringify(state)}\n`);
      if (again) this.say(`${this.#path} is written again`);
    } catch (error) {
      if (!isThere(dirname(this.#path))) return; // the foundation has ended
      if (!again) this.say(`what is stopped and frozen holds, but only as long as this keeper lives: ${(error as Error).message}`);
      this.#retry = setTimeout(() => this.#save(this.#state), retryMs).unref();
    }
  }
}
