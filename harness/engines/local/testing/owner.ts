/** A keeper that is to be killed: starts the fixture foundation in the folder given, hurts it, says so to its parent, and stays. */

import { localEngine } from "../engine.js";
import { fixtureSystem } from "./system.js";

const [, , dir, id] = process.argv;
const engine = localEngine(async () => fixtureSystem);
const spec = { id: id!, system: "tiny", profile: "tiny", timeFactor: 20, policy: {}, engine: "local", dir: dir!, secret: "a secret" } as const;
const running = await engine.start(spec, () => undefined, new AbortController().signal);
const intact = await running.fingerprint();
await running.target("cc-1>nats-1", ["link"]).can.link.cut("swallow");
await running.target("cc-1:lun-1", ["mount"]).can.mount.cut("detach");
await running.target("nats-1", ["process"]).can.process.kill("agent");
await running.target("dea-1", ["process"]).can.process.pause();
process.send?.({ intact, hurt: await running.fingerprint(), components: running.components() });
setInterval(() => undefined, 1000);
