/** An asker whose question is an async function: several steps, another protocol, a command. Its sample's end is told by a Span; what failed is a ProbeFailure. */
import { nowUs } from "../../clock.js";
import { ProbeFailure } from "../../core.js";
import { Span } from "../samples/span.js";
import type { Asker, Asking, Flight } from "../schedule/flight.js";

/** Whoever asks is given so long to say what a time-out means before it is just a time-out. */
const graceMs = 25;
/** Answered so little after the deadline counts as answered in time: timers are that late. */
const leewayUs = 5000;
/** One for all: each error is made with its stack. */
const over = new ProbeFailure("timeout", "its sample is over");

/** Resolves = ok. `note` goes into the sample. */
export type Ask = (flight: Flight, span: Span, note: (says: string) => void) => Promise<void>;

export class AsyncAsker implements Asker {
  constructor(
    readonly asks: Ask,
    readonly closes: () => void = () => {},
  ) {}

  ask(flight: Flight): Asking {
    const span = new Span();
    let note = "";
    this.asks(flight, span, (says) => {
      note = says;
    }).then(
      () => {
        const endUs = nowUs();
        const late = endUs - flight.sample.sentUs > flight.lane.schedule.deadlineUs + leewayUs;
        flight.settle(late ? "timeout" : "ok", note, endUs);
        span.end(over); // whatever it still has under way ends with its sample
      },
      (error: Error) => {
        flight.settle(
          error instanceof ProbeFailure ? error.outcome : "observer",
          error instanceof ProbeFailure ? error.message : `the probe threw: ${error.message}`,
          nowUs(),
        );
        span.end(over);
      },
    );
    return {
      expire: (atUs) => {
        const says = `no answer in ${Math.round(flight.lane.schedule.deadlineUs / 1000)} ms`;
        span.end(new ProbeFailure("timeout", says));
        setTimeout(() => flight.settle("timeout", says, atUs), graceMs);
      },
    };
  }
  close(): void {
    this.closes();
  }
}
