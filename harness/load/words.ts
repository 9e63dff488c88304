/** What a load and its thresholds are called, wherever a person reads of them. */
import type { PlannedLoad, Threshold } from "../core.js";

export const sayLoad = ({ tool, name }: Pick<PlannedLoad, "tool" | "name">): string => (tool === "k6" ? `k6 ${name}` : name);
export const sayThreshold = ({ metric, expression }: Threshold): string => `${metric} ${expression}`;
