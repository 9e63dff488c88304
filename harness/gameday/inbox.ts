/** What people did, as the runner hears it: from the file that the page's server writes, in order, each once. */
import type { Event } from "../core.js";
import type { Ears, People } from "../session/people.js";
import { deedOf, type GameFolder, type PersonsDeed } from "./folder.js";
import { Tail } from "./tail.js";

const lookMs = 50;

export class Inbox {
  readonly #tail: Tail;
  readonly #timer: NodeJS.Timeout;
  readonly #waiting: { readonly did: PersonsDeed["did"]; readonly took: (deed: PersonsDeed) => boolean }[] = [];
  readonly #kept: PersonsDeed[] = [];
  #ears: Ears | undefined;

  constructor(folder: GameFolder) {
    this.#tail = new Tail(folder.path("people.jsonl"));
    this.#timer = setInterval(() => this.look(), lookMs);
  }
  /** Calls `took` for each such deed, from the first on, until it returns true. */
  on<D extends PersonsDeed["did"]>(did: D, took: (deed: Extract<PersonsDeed, { did: D }>) => boolean): void {
    const one = { did, took: took as (deed: PersonsDeed) => boolean };
    for (const deed of this.#kept) if (deed.did === did && one.took(deed)) return;
    this.#waiting.push(one);
  }
  look(): void {
    for (const line of this.#tail.lines()) {
      const deed = deedOf(line);
      if (!deed) continue;
      this.#kept.push(deed);
      for (const one of [...this.#waiting]) if (one.did === deed.did && one.took(deed)) this.#waiting.splice(this.#waiting.indexOf(one), 1);
      if (this.#ears) this.#tell(deed, this.#ears);
    }
  }
  people(blind: boolean, seats: readonly string[]): People {
    return {
      blind,
      seats,
      listen: (ears) => {
        for (const deed of this.#kept) this.#tell(deed, ears);
        this.#ears = ears;
        return () => {
          this.look();
          this.#ears = undefined;
        };
      },
    };
  }
  end(): void {
    clearInterval(this.#timer);
  }
  #tell(deed: PersonsDeed, ears: Ears): void {
    if (deed.did === "event") ears.event(deed.event as Event);
    else if (deed.did === "begin") ears.begin(deed.act, deed.who);
    else if (deed.did === "no-more") ears.noMore(deed.who);
  }
}
