/** One of several processes that want the same tool at once; the pin of nats-server is that of the test's mirror. */
import { ensureTools } from "../ensure.js";
import { tools } from "../pins.js";

const release = tools["nats-server"].releases?.[process.arch];
Object.assign(tools["nats-server"], { releases: { [process.arch]: { path: release?.path ?? "tool", sha256: process.env.FIXTURE_SHA256 } } });
const { "nats-server": path } = await ensureTools(["nats-server"], () => undefined);
process.send?.(path, () => process.disconnect());
