/**
 * The firewall before the balancers: a forwarder that asks its rules, in order, who may pass. It needs no root, so it accepts whomever it drops and
 * never answers (packet rules would leave even the SYN unanswered), and whomever it rejects it resets after accepting.
 */
import { createServer } from "node:net";
import { AdminError, admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { Doors } from "./base/doors.js";
import { onEnd } from "./base/end.js";
import { configRoutes } from "./base/kept-config.js";
import { Pool } from "./base/pool.js";
import { Passage } from "./firewall/passage.js";
import { deny, judge, parts, rules } from "./firewall/rules.js";

const own = config();
const kept = rules(own);
/** It forwards bytes: whatever a balancer answers, it is there. */
const pool = new Pool((status) => status > 0);
const passages = new Set<Passage>();
const doors = new Doors((door) =>
  createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const passage = new Passage(door, socket, pool);
    passages.add(passage);
    socket.once("close", () => passages.delete(passage));
    passage.be(judge(kept.running, door));
  }),
);
const apply = async () => {
  await doors.set(kept.running.listeners);
  for (const passage of passages) passage.be(judge(kept.running, passage.door));
};

onEnd(() => {});
await admin({
  ...configRoutes(kept, { parts, apply }),
  "GET /backends": () => pool.backends.map(({ name, healthy }) => ({ lb: name, healthy })),
  /** A rule before all others: nobody may pass. */
  "POST /rules/deny": async (body) => {
    const { how } = (body ?? {}) as { how?: unknown };
    if (how !== "drop" && how !== "reject") throw new AdminError(400, 'expected {"how": "drop"} or {"how": "reject"}');
    kept.change(deny(kept.running, kept.saved, how));
    await apply();
    return kept.facts();
  },
  /** The rules as they were saved. */
  "POST /rules/allow": async () => {
    kept.change({ ...kept.running, rules: kept.saved.rules });
    await apply();
    return kept.facts();
  },
});
pool.set(own.links());
await pool.checkAll();
void pool.keepChecking();
await apply();
ready();
