/** Whose a foundation is: one writer at a time. It lasts as long as the client that has it, and is forgotten with the keeper. */
import { FlounderError } from "../../errors.js";

export interface Claimant {
  /** Command and process. */
  readonly name: string;
  readonly pid: number;
}
/** A client that has proved itself. */
export interface ConnectedClient extends Claimant {
  /** What it injects is healed when it goes. */
  readonly lease: boolean;
}
export interface Claim {
  readonly command: string;
  readonly pid: number;
  readonly sinceIso: string;
}

export class Claims {
  #claimant: Claimant | undefined;
  #claim: Claim | undefined;
  readonly #told = new Set<string>();
  readonly #helpers = new WeakSet<Claimant>();

  get claim(): Claim | undefined {
    return this.#claim;
  }
  /** Throws where somebody else has it: who, and since when. The same client is refused as well: it has not ended what it began. */
  refuseOthers(command: string, claimant: Claimant): void {
    if (!this.#claim) return;
    const { command: theirs, pid, sinceIso } = this.#claim;
    throw new FlounderError(
      "owned",
      `${command} is refused: ${theirs} (process ${pid}) has this foundation, since ${sinceIso}`,
      this.#claimant === claimant ? "wait until it is over" : "wait until it is over, or bring up another foundation: flounder up --name NAME",
    );
  }
  give(command: string, claimant: Claimant): void {
    this.#claimant = claimant;
    this.#told.clear();
    this.#claim = { command, pid: claimant.pid, sinceIso: new Date().toISOString() };
  }
  /** What this client does is done for whoever has the foundation: the console of people who play a scenario. */
  assist(claimant: Claimant): void {
    this.#helpers.add(claimant);
  }
  /** True, once for each deed, where somebody does it who has not got the foundation, while another one has. */
  isNewsOf(deed: string, claimant: Claimant): boolean {
    if (!this.#claimant || this.#claimant === claimant || this.#helpers.has(claimant)) return false;
    const key = `${claimant.pid} ${claimant.name} ${deed}`;
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }
  /** Nothing happens where it is somebody else's. */
  drop(claimant: Claimant): void {
    if (this.#claimant !== claimant) return;
    this.#claimant = undefined;
    this.#claim = undefined;
  }
}
