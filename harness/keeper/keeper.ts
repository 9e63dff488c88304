/** Entry of the keeper's process: node dist/harness/keeper/keeper.js FOLDER [clear]. Started by start.ts, detached, with its log as stdout. */
import { everyEngine, loadEngine, loadFaults, loadTarget } from "../registry.js";
import { clear, keep } from "./process.js";

const [dir, what] = process.argv.slice(2);
/** Somebody's own faults that cannot be read keep nothing else from being healed. */
const faults = async () => {
  const found = await loadFaults((error) => console.log(`left out: ${error.message}`));
  for (const error of found.broken.values()) console.log(`left out: ${error.message}`);
  return found;
};
await (what === "clear" ? clear : keep)(dir!, { loadEngine, loadTarget, loadFaults: faults, engines: everyEngine });
