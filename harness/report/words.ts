/** The words that reports share: who is meant by a lane, and figures in one form, whatever the locale. */
import type { Bounds, MatrixCell, Plane, Vantage } from "../core.js";

/** Developers use the control plane, app users the data plane. */
export const who = (plane: Plane): string => (plane === "control" ? "developers" : "app users");
export const laneName = (plane: Plane, from: Vantage): string => `${who(plane)}, ${from}`;

/** One decimal: finer is below what the sampling periods resolve. */
export const figure = (seconds: number): string => seconds.toFixed(1);
export const range = ({ lo, hi }: Bounds): string => `${figure(lo)}–${figure(hi)}`;
/** The middle of the bounds: what a headline says; the bounds stand beside it. */
export const middle = ({ lo, hi }: Bounds): number => Math.round(((lo + hi) / 2) * 1000) / 1000;

export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** A cell of the plane matrix as a sentence. The fourth is the one that nobody measured in April 2011. */
export function sayCell({ outside, inside }: MatrixCell): string {
  const all = [outside.control, outside.data, inside.control, inside.data];
  if (all.every((state) => state === "up")) return "everything up";
  if (outside.data !== "up" && inside.data === "up" && outside.control !== "up" && inside.control === "up")
    return outside.data === "down" ? "all runs, and nobody outside can reach it" : "all runs, and outside only some can reach it";
  if (outside.data !== "up" && inside.data === "up")
    return outside.data === "down" ? "apps run, and nobody outside can reach one" : "apps run, and outside some requests are lost";
  if (outside.data === "up" && inside.data === "up") {
    if (outside.control === "down" && inside.control !== "up") return "developers locked out, apps untouched";
    if (outside.control !== "up" && inside.control === "up") return "developers cannot get in, the controller answers inside, apps untouched";
    return "developers hampered, apps untouched";
  }
  if (outside.data === "up") return "some instances dead, nobody outside notices";
  return "apps really down";
}

/** Nothing is up that should be hurt: the more is down, the worse; ties by time. */
export function badness({ outside, inside }: MatrixCell): number {
  const weight = { up: 0, degraded: 1, down: 2 } as const;
  return weight[outside.control] + weight[outside.data] + weight[inside.control] + weight[inside.data];
}
