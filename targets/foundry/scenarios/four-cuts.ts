/** Four causes, one after the other: each breaks something else, and each has its own cell of the plane matrix. */
import deaKill from "../../../faults/dea-kill.js";
import natsSever from "../../../faults/nats-sever.js";
import routerFlush from "../../../faults/router-flush.js";
import storageCut from "../../../faults/storage-cut.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "four-cuts",
  says: "a LUN cut from all controllers, a DEA node killed, the bus severed past the route TTL, the routing tables flushed and held",
  foundation: { profile: "org", timeFactor: 20, policy: { "cc.onLunLoss": "latch", "router.onNatsLoss": "prune", "hm.freshness": "none" } },
  acts: [
    act(storageCut, { of: "cc-*:lun-1", pick: "all" }, { id: "lun", forS: 8 }),
    act(deaKill, { of: "dea", pick: "one" }, { id: "dea", after: "lun", forS: 9 }, { scope: "node" }),
    act(natsSever, { of: "*>nats-1", pick: "all" }, { id: "bus", after: "dea", forS: 12 }, { how: "refuse" }),
    act(routerFlush, { of: "router", pick: "all" }, { id: "tables", after: "bus", forS: 5 }, { hold: true }),
  ],
  must: [
    { during: "lun", plane: "control", from: "outside", lostS: { min: 2, max: 20 } }, // locked out until verify and release; it is declared lost some 4 s into the cut
    { during: "lun", plane: "control", from: "inside", lostS: { min: 1, max: 20 } }, // asked more rarely, so the bounds are wide
    { during: "lun", plane: "data", from: "outside", lostS: { max: 0.5 } },
    { during: "lun", plane: "data", from: "inside", lostS: { max: 0.5 } },
    { during: "dea", plane: "data", from: "inside", lostS: { min: 0.5, max: 6 } }, // a third of the instances is gone until the health manager had them started elsewhere
    { during: "dea", plane: "data", from: "outside", lostS: { max: 3 } }, // the routers retry elsewhere
    { during: "bus", plane: "data", from: "outside", lostS: { min: 2, max: 12 }, notBeforeS: 4 }, // not before the routes' TTL
    { during: "bus", plane: "data", from: "inside", lostS: { max: 0.5 } },
    { during: "bus", plane: "control", from: "outside", lostS: { min: 1, max: 14 } },
    { during: "tables", plane: "data", from: "outside", lostS: { min: 3.5, max: 8 } },
    { during: "tables", plane: "control", from: "outside", lostS: { min: 3, max: 9 } }, // the API is routed, too
    { during: "tables", plane: "data", from: "inside", lostS: { max: 0.5 } },
  ],
  giveUpS: 180,
} satisfies Scenario;
