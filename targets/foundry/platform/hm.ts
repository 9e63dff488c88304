/**
 * Health Manager: compares what the CCDB wants with what DEAs say, and asks the Cloud Controllers to start or stop. It never acts on DEAs itself.
 * Policy hm.freshness: `none` (2011: acts on whatever it believes) · `guard` (hm9000: only on what is fresh).
 */
import { admin, ready } from "./base/admin.js";
import { type Bus, connectBus } from "./base/bus.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { log } from "./base/log.js";
import { sleep } from "./base/until.js";
import { PostgresSource } from "./hm/desired.js";
import { Manager } from "./hm/manager.js";
import { wire } from "./hm/wire.js";

const { link, secret, timers, policy } = config();
const guard = policy["hm.freshness"] === "guard";

let bus: Bus | undefined;
const manager = new Manager({ ...timers, guard }, new PostgresSource(link("ccdb"), secret("ccdb-password")), (subject, object) =>
  bus?.publish(subject, object),
);
onEnd(() => {});
await admin({ "GET /view": () => manager.report() });
void manager.keepScanning(sleep);
bus = await connectBus();
wire(bus, manager);
// DEAs heartbeat at once. Only at boot, as in 2011: after a reconnect it waits for their rhythm.
bus.publish("healthmanager.start", {});
setInterval(() => {
  if (!bus?.connected) manager.busLost();
  void manager.analyse().catch((error: unknown) => log.error({ err: error }, "analysis"));
}, timers.dropletsAnalysis);
ready();
log.info({ guard }, "hm is up");
