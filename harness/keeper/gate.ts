/** What a stop and a freeze forbid. Kept in the folder: both outlive the keeper. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FlounderError } from "../errors.js";
import { writeWhole } from "./folder.js";

export interface GateState {
  readonly stopped: { readonly reason: string } | null;
  readonly frozen: { readonly untilIso: string; readonly reason: string } | null;
}

export class Gate {
  readonly #path: string;
  #state: GateState;

  constructor(dir: string) {
    this.#path = join(dir, "gate.json");
    this.#state = existsSync(this.#path) ? (JSON.parse(readFileSync(this.#path, "utf8")) as GateState) : { stopped: null, frozen: null };
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
        "wait until then; heal, stop and down are never blocked",
      );
  }
  /** Throws if nothing may be injected. */
  passInjection(what: string): void {
    this.passWrite(what);
    const { stopped } = this.state;
    if (stopped)
      throw new FlounderError("frozen", `${what} is refused: stopped (${stopped.reason})`, "flounder stop --release REASON lets injections in again");
  }
  stop(reason: string): void {
    this.#save({ ...this.#state, stopped: { reason } });
  }
  release(): void {
    this.#save({ ...this.#state, stopped: null });
  }
  freeze(untilIso: string, reason: string): void {
    if (Number.isNaN(Date.parse(untilIso)))
      throw new FlounderError(
        "usage",
        `freeze until "${untilIso}": expected an ISO time such as 2026-04-26T17:00:00Z`,
        "flounder freeze --until TIME --reason WHY",
      );
    this.#save({ ...this.#state, frozen: { untilIso, reason } });
  }
  #save(state: GateState): void {
    this.#state = state;
    writeWhole(this.#path, `${JSON.stringify(state)}\n`);
  }
}
