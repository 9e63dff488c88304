/**
 * The firewall before the balancers: rules, asked in order, say who may pass. FIREWALL says what enforces them: "forwarder", a process that forwards bytes
 * (firewall/forwarder.ts, the default), or "nft", the kernel's packet filter in a network namespace of its own (firewall/packet-filter.ts).
 */
import { AdminError, admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { HostNames } from "./base/host-names.js";
import { configRoutes } from "./base/kept-config.js";
import { Pool } from "./base/pool.js";
import { Forwarder } from "./firewall/forwarder.js";
import { PacketFilter } from "./firewall/packet-filter.js";
import { deny, parts, rules } from "./firewall/rules.js";

const own = config();
const kept = rules(own);
/** It forwards bytes: whatever a balancer answers, it is there. */
const pool = new Pool((status) => status > 0);
const { FIREWALL: by = "forwarder" } = process.env;
if (by !== "forwarder" && by !== "nft") throw new Error(`environment variable FIREWALL is "${by}"; expected forwarder or nft`);
const filter = by === "nft" ? new PacketFilter(own, kept, pool, new HostNames()) : undefined;
const wall = filter ?? new Forwarder(kept, pool);
const apply = () => wall.apply();

onEnd(() => {});
await admin({
  ...configRoutes(kept, { parts, apply }),
  "GET /backends": () => pool.backends.map(({ name, healthy }) => ({ lb: name, healthy })),
  /** A rule before all others: nobody may pass. */
  "POST /rules/deny": async (body) => {
    const { how } = (body ?? {}) as { how?: unknown };
    if (how !== "drop" && how !== "reject") throw new AdminError(400, 'expected {"how": "drop"} or {"how": "reject"}');
    kept.change(deny(kept.running, kept.saved, how), { hurt: "denied" });
    await apply();
    return kept.facts();
  },
  /** Whether what enforces the rules is as this component made it. */
  "GET /rules": async () => ({ enforced: await wall.enforced() }),
  "POST /rules/enforce": async () => {
    await apply();
    return { enforced: await wall.enforced() };
  },
  /** The rules as they were saved. */
  "POST /rules/allow": async () => {
    kept.change({ ...kept.running, rules: kept.saved.rules }, { hurt: null });
    await apply();
    return kept.facts();
  },
});
pool.set(own.links());
await pool.checkAll();
await apply();
void pool.keepChecking(() => filter?.follow());
ready();
