/**
 * Droplet Execution Agent: takes droplets from the Cloud Controllers and runs them as real processes on its slots, says where they are and that they live.
 * Apps outlive the agent and are found again. Own variables: RUNTIMES (default node,static,python,binary), MEMORY_MB (default 4096).
 */
import { join } from "node:path";
import { admin, ready } from "./base/admin.js";
import { type Bus, connectBus } from "./base/bus.js";
import { config } from "./base/config.js";
import { surviveDefects } from "./base/defects.js";
import { onEnd } from "./base/end.js";
import { log } from "./base/log.js";
import { Agent } from "./dea/agent.js";
import { findWay } from "./dea/confined.js";
import { DiskProcess, ownFolder } from "./dea/disk-process.js";
import { allRuntimes, usableRuntimes } from "./dea/runtimes.js";
import { wire } from "./dea/wire.js";

const { name, foundation, dataDir, bindHost, host, timers, port, slots, mounts } = config();
const memoryMb = Number(process.env.MEMORY_MB || 4096);
if (!(memoryMb > 0)) throw new Error(`environment variable MEMORY_MB is "${process.env.MEMORY_MB}"; expected megabytes`);
const wanted = process.env.RUNTIMES?.split(",") ?? allRuntimes;
const runtimes = usableRuntimes(wanted);
const lacking = wanted.filter((name) => !runtimes.includes(name));
if (lacking.length > 0) log.warn({ lacking }, "this machine lacks the programs of some runtimes; apps that need them find no room here");
const [lun] = Object.entries(mounts()).sort(([a], [b]) => a.localeCompare(b));

const way = findWay();

let bus: Bus | undefined;
const agent = new Agent(
  {
    name,
    foundation,
    dataDir,
    storage: lun ? new DiskProcess({ root: join(lun[1], "dea", name), lun: { name: lun[0], path: lun[1] } }) : ownFolder(dataDir),
    bindHost,
    host,
    slots: slots(),
    capacity: { memoryMb, runtimes },
    timers,
  },
  (subject, object) => bus?.publish(subject, object),
  way,
);
onEnd(async () => {
  await agent.shutdown();
  // The server answers a question that nobody listens to itself, after all that we said before: then nothing is left in our buffers.
  await bus?.request(`dea.${name}.farewell`, {}, 200).catch(() => {});
});
const { says } = await way;
await admin({
  "GET /varz": () => ({ runtimes, apps: says }),
  "GET /instances": () =>
    agent.instances.map((instance) => {
      const { message, id, state, uris, pid } = instance;
      const at = agent.slotOf(instance);
      const same = agent.instances.filter((other) => other.message.droplet === message.droplet && other.message.index === message.index);
      return {
        app: message.droplet,
        name: message.name,
        version: message.version,
        index: message.index,
        instance: id,
        state,
        uris,
        listenPort: at.listen,
        advertised: { host: at.host, port: at.port },
        ...(pid === undefined ? {} : { pid }),
        // Of this index on this DEA, as long as the crashed instances are kept.
        crashes: same.filter((other) => other.state === "CRASHED").length,
      };
    }),
});
// Before the bus: apps must be watched and their slots kept also while it is away.
await agent.recover();
surviveDefects();
bus = await connectBus();
wire(bus, agent, port("admin"));
ready();
log.info({ slots: slots().length, memoryMb }, "dea is up");
