/** Entry of the keeper's process: node dist/harness/keeper/keeper.js FOLDER. Started by start.ts, detached, with its log as stdout. */
import { loadEngine, loadFaults, loadTarget } from "../registry.js";
import { keep } from "./process.js";

await keep(process.argv[2]!, { loadEngine, loadTarget, loadFaults });
