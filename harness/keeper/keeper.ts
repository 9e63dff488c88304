/** Entry of the keeper's process: node dist/harness/keeper/keeper.js FOLDER [clear]. Started by start.ts, detached, with its log as stdout. */
import { listEngines, loadEngine, loadFaults, loadTarget } from "../registry.js";
import { clear, keep } from "./process.js";

const [dir, what] = process.argv.slice(2);
await (what === "clear" ? clear : keep)(dir!, { loadEngine, loadTarget, loadFaults, engines: listEngines });
