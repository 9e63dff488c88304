/** What a command's exit status says of a run: 0 pass, 1 fail, 2 inconclusive, 3 aborted. */
import type { Result } from "../../core.js";

export const exitOf: Readonly<Record<Result, number>> = { pass: 0, fail: 1, inconclusive: 2, aborted: 3 };
/** A defect of Flounder itself. */
export const defectExit = 70;
