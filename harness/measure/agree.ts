/** Whether two runs of one plan, on two engines, say the same of the platform. Pure. */
import type { Bounds, MatrixCell, Plane, PlaneState, Vantage, Verdict } from "../core.js";

type Compared = Pick<Verdict, "engine" | "result" | "lostS" | "acts" | "matrix">;

/** A cell counts from this many seconds on. */
const countsS = 1;
/** Lost seconds may differ by the larger of both. */
const mostS = 2;
const mostShare = 0.25;
/** Probes ask a few times a second: a cell that is only this far on the other side of what counts is no difference. */
const slackS = 0.5;

const mid = ({ lo, hi }: Bounds) => (lo + hi) / 2;
const planes: readonly Plane[] = ["control", "data"];
const vantages: readonly Vantage[] = ["outside", "inside"];

/** Every difference as a sentence; empty: they agree. Acts are matched by their names. */
export function differences(a: Compared, b: Compared): string[] {
  const found: string[] = [];
  const say = (what: string, ofA: string, ofB: string) => found.push(`${what}: ${ofA} on ${a.engine}, ${ofB} on ${b.engine}`);
  if (a.result !== b.result) say("result", a.result, b.result);

  const lost = (where: string, ofA: Verdict["lostS"], ofB: Verdict["lostS"]) => {
    for (const plane of planes)
      for (const from of vantages) {
        const [one, other] = [ofA[plane][from], ofB[plane][from]];
        const apart = (less: Bounds, more: Bounds) => less.hi < countsS - slackS && more.lo >= countsS;
        const tooFar = Math.abs(mid(one) - mid(other)) > Math.max(mostS, mostShare * Math.max(mid(one), mid(other)));
        if (tooFar || apart(one, other) || apart(other, one)) say(`${where}, ${plane} plane from ${from}, lost`, seconds(one), seconds(other));
      }
  };
  lost("the whole run", a.lostS, b.lostS);
  const names = new Set([...a.acts, ...b.acts].map(({ act }) => act));
  for (const name of names) {
    const [one, other] = [a.acts.find(({ act }) => act === name), b.acts.find(({ act }) => act === name)];
    if (one && other) lost(`act ${name}`, one.lostS, other.lostS);
    else say(`act ${name}`, one ? "there" : "not there", other ? "there" : "not there");
  }

  const [ofA, ofB] = [downTogether(a.matrix), downTogether(b.matrix)];
  for (const cell of new Set([...ofA.keys(), ...ofB.keys()])) {
    const [one, other] = [ofA.get(cell) ?? 0, ofB.get(cell) ?? 0];
    if (Math.max(one, other) >= countsS && Math.min(one, other) < countsS - slackS)
      say(`plane matrix, ${cell}`, `${one.toFixed(1)} s`, `${other.toFixed(1)} s`);
  }
  return found;
}

const seconds = ({ lo, hi }: Bounds) => `${lo.toFixed(1)} to ${hi.toFixed(1)} s`;

/** Seconds by which planes were down together. A plane of which some probes failed was not down: which of them did is chance. */
function downTogether(matrix: readonly MatrixCell[]): Map<string, number> {
  const cells = new Map<string, number>();
  for (const cell of matrix) {
    const down = vantages.flatMap((from) => planes.flatMap((plane) => (isDown(cell[from][plane]) ? [`${plane} from ${from}`] : [])));
    const name = down.length === 0 ? "nothing down" : `${down.join(" and ")} down`;
    cells.set(name, (cells.get(name) ?? 0) + cell.seconds);
  }
  return cells;
}
const isDown = (state: PlaneState) => state === "down";
