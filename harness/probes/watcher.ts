/** The prober as `watch` starts it for endpoints: the same, under a name by which the list of processes tells it from a run's, and with no target system to load. */
import { main } from "./prober.js";

await main(async (name) => {
  throw new Error(`a watcher asks endpoints, and not the target system ${name}`);
});
