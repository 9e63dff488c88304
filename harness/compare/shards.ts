/** Results of one design from several folders, each with its share of the blocks: one set of trials, if they fit together without overlap and without gap. */
import { resolve } from "node:path";
import { FlounderError } from "../errors.js";
import { readDesign, readTrials, stripsOf } from "./folder.js";
import type { Design, Trial, TrialStrip } from "./shapes.js";
import { nextAttempt } from "./trials.js";

export interface Gathered {
  readonly design: Design;
  readonly digest: string;
  readonly trials: readonly Trial[];
  readonly strips: readonly TrialStrip[];
}

export function gather(dirs: readonly string[]): Gathered {
  const read = dirs.map((dir) => ({ dir, ...readDesign(resolve(dir)), trials: readTrials(resolve(dir)) }));
  const [first] = read;
  if (!first) throw new FlounderError("usage", "there is no folder to read", "give the folders that flounder compare has made");
  for (const { dir, digest } of read)
    if (digest !== first.digest)
      throw new FlounderError("usage", `${dir} has another design (${digest}) than ${first.dir} (${first.digest})`, "compare what was run by one design");
  const owners = new Map<string, string>();
  for (const { dir, trials } of read)
    for (const { block, arm, attempt, delays } of trials) {
      const key = `block ${block}, ${arm}, attempt ${attempt}${delays === 1 ? "" : `, human delays × ${delays}`}`;
      const owner = owners.get(key);
      if (owner !== undefined) throw new FlounderError("usage", `${key} is in ${owner} and in ${dir}`, "give each share once");
      owners.set(key, dir);
    }
  const trials = read.flatMap((one) => one.trials).sort((a, b) => a.block - b.block || a.position - b.position || a.attempt - b.attempt);
  refuseGaps(first.design, trials);
  return { design: first.design, digest: first.digest, trials, strips: read.flatMap(({ dir, trials: own }) => stripsOf(resolve(dir), own)) };
}

/** Of a fixed design all blocks must be there; of a sequential one those up to the last. */
function refuseGaps(design: Design, trials: readonly Trial[]): void {
  const last = design.path === "fixed" ? design.blocks : trials.reduce((max, { block }) => Math.max(max, block), 0);
  const missing = design.order.slice(0, last).flatMap(({ arms }, i) => {
    const open = arms.filter((arm) => nextAttempt(design, trials, i + 1, arm) !== undefined);
    return open.length === 0 ? [] : [`block ${i + 1} (${open.join(", ")})`];
  });
  if (missing.length > 0 || last === 0)
    throw new FlounderError(
      "usage",
      `not all is there: ${last === 0 ? "no trial at all" : `missing are ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ` and ${missing.length - 5} more` : ""}`}`,
      "run the shares that are missing, or give their folders as well",
    );
}
