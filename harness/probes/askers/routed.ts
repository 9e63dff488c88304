/** Asks what the route says at that instant, and where it says nothing, what its probe asks. A route that changed gets an asker of its own; what is in flight ends with the old one. */
import type { Asker, Asking, Flight } from "../schedule/flight.js";
import { askerOf, type EndpointQuestion } from "../target.js";

export class RoutedAsker implements Asker {
  #question: EndpointQuestion | undefined;
  #asker: Asker | undefined;
  readonly #made: Asker[] = [];

  constructor(
    private readonly route: () => EndpointQuestion | undefined,
    private readonly otherwise: Asker,
  ) {}

  ask(flight: Flight): Asking | undefined {
    const now = this.route();
    if (now === undefined) return this.otherwise.ask(flight);
    if (this.#asker === undefined || (now !== this.#question && JSON.stringify(now) !== JSON.stringify(this.#question))) {
      this.#asker = askerOf(now);
      this.#made.push(this.#asker);
    }
    this.#question = now;
    return this.#asker.ask(flight);
  }
  close(): void {
    for (const one of [this.otherwise, ...this.#made]) one.close();
  }
}
