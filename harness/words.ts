/** The words that reports share: who is meant by a lane, and figures in one form, whatever the locale. */
import type { Bounds, MatrixCell, Plane, Vantage } from "./core.js";

/** Developers use the control plane, app users the data plane. */
export const who = (plane: Plane): string => (plane === "control" ? "developers" : "app users");
export const laneName = (plane: Plane, from: Vantage): string => `${who(plane)}, ${from}`;

/** One decimal: finer is below what the sampling periods resolve. */
export const figure = (seconds: number): string => seconds.toFixed(1);
export const range = ({ lo, hi }: Bounds): string => `${figure(lo)}–${figure(hi)}`;
/** The middle of the bounds: what a headline says; the bounds stand beside it. */
export const middle = ({ lo, hi }: Bounds): number => Math.round(((lo + hi) / 2) * 1000) / 1000;

export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** A cell of the plane matrix as a sentence. Apps that run while nobody outside can reach one: the cell that nobody measured in April 2011. */
export function sayCell({ outside, inside }: MatrixCell): string {
  const controller = inside.control === "up" ? "developers cannot get in, the controller itself answers" : "developers locked out";
  const developers = outside.control === "down" ? controller : outside.control === "degraded" || inside.control !== "up" ? "developers hampered" : "";
  const users =
    inside.data === "down"
      ? "apps really down"
      : inside.data === "degraded"
        ? {
            up: "some instances dead, outside nobody notices",
            degraded: "some instances dead, outside some requests are lost",
            down: "some instances dead, outside nobody is served",
          }[outside.data]
        : { up: "", degraded: "every app runs, outside some requests are lost", down: "every app runs, and nobody outside can reach one" }[outside.data];
  if (users === "") return developers === "" ? "everything up" : `${developers}, apps untouched`;
  return developers === "" ? users : `${users}; ${developers}`;
}

/** Nothing is up that should be hurt: the more is down, the worse; ties by time. */
export function badness({ outside, inside }: MatrixCell): number {
  const weight = { up: 0, degraded: 1, down: 2 } as const;
  return weight[outside.control] + weight[outside.data] + weight[inside.control] + weight[inside.data];
}
