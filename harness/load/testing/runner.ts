/** For tests: a process that has started a load as a run does, and waits to be killed. `runner.js PLANNED-LOAD DIR` */
import { startLoad } from "../start.js";

const [planned, dir] = process.argv.slice(2) as [string, string];
const load = startLoad(JSON.parse(planned), { dir, logsDir: dir, env: {}, zeroWallMs: Date.now(), note: () => {} });
await load.begun;
process.stdout.write("begun\n");
setInterval(() => {}, 1000);
