/** Players' seats from what is typed: "operations:console:inside,support". */
import { FlounderError } from "../errors.js";
import { type Seat, seat } from "./protocol.js";

const may = ["console", "inside"] as const;
export const defaultSeats = "player:console";

/** `inside`: the scenario gives everybody the inside vantage. Throws FlounderError "usage". */
export function seatsOf(words: string, inside: boolean): Seat[] {
  const seats = words.split(",").map((word): Seat => {
    const [name = "", ...has] = word.trim().split(":");
    const wrong = has.find((one) => !may.some((known) => known === one));
    const made = { name, inside: inside || has.includes("inside"), console: has.includes("console") };
    if (wrong !== undefined || !seat.safeParse(made).success)
      throw new FlounderError(
        "usage",
        `--roles "${word}": ${wrong === undefined ? "expected a name of small letters" : `a seat has ${may.join(" or ")}, not "${wrong}"`}`,
        "e.g. --roles operations:console:inside,support",
      );
    return made;
  });
  const twice = seats.find((one, i) => seats.findIndex(({ name }) => name === one.name) !== i);
  if (twice) throw new FlounderError("usage", `--roles has the seat "${twice.name}" twice`, "give each its own name");
  return seats;
}
