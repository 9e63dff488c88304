/**
 * The router: learns from the bus which endpoints serve which host and passes requests on, with gorouter's semantics.
 * Policy router.onNatsLoss: "prune" keeps dropping what is not registered again, though nobody can; "suspend" keeps it until the bus is back.
 */
import { createServer } from "node:http";
import { AdminError, admin, ready } from "./base/admin.js";
import { connectBus, type Payload } from "./base/bus.js";
import { config } from "./base/config.js";
import { defect } from "./base/defects.js";
import { Doors } from "./base/doors.js";
import { onEnd } from "./base/end.js";
import { identity } from "./base/identity.js";
import { configRoutes } from "./base/kept-config.js";
import { log } from "./base/log.js";
import { refuseUnreadable } from "./base/sound-request.js";
import { isSigned, type RouteVerb, systemHosts, systemRouteLabel } from "./base/system-routes.js";
import { sleep } from "./base/until.js";
import { chanceOf } from "./router/chance.js";
import { Front } from "./router/front.js";
import { type Registration, registration } from "./router/registration.js";
import { settings } from "./router/settings.js";
import { isPoison, keyOf, Table } from "./router/table.js";

/** Between router.start and the first request taken: everybody registers at once on router.start, so the table is full by then. */
const startDelayMs = 250;

const own = config();
const { routeTtl, routePrune, routeRegister } = own.timers;
const suspends = own.policy["router.onNatsLoss"] === "suspend";
const nowMs = () => performance.now();
const ofPlatform = systemHosts(own.domain);
const table = new Table(routeTtl / 4, chanceOf(process.env.SEED || own.name), ofPlatform);
const kept = settings(own);
let healthy = false;
const front = new Front({ table, name: own.name, host: own.host, traceKey: () => kept.running.traceKey, healthy: () => healthy, nowMs });
const doors = new Doors(() =>
  refuseUnreadable(
    createServer({ requireHostHeader: false, keepAliveTimeout: 30_000 }, (request, response) => {
      front.handle(request, response).catch((error: unknown) => {
        defect(error, "request");
        front.broken(response);
      });
    }),
    () => front.counters.badRequests++,
  ),
);
/** No door is open before the table is full. */
const apply = async () => {
  if (healthy) await doors.set(kept.running.listeners);
};

onEnd(() => {});
await admin({
  ...configRoutes(kept, { parts: { all: () => ({ listeners: [], traceKey: "" }) }, apply }),
  "GET /varz": () => {
    const { requests, badRequests, badGateways, responses } = front.counters;
    return {
      requests,
      bad_requests: badRequests,
      bad_gateways: badGateways,
      ...Object.fromEntries(Object.entries(responses).map(([family, count]) => [`responses_${family}`, count])),
      urls: Object.keys(table.routes()).length,
      droplets: table.droplets(),
      ms_since_last_registry_update: Math.round(nowMs() - table.lastUpdateMs),
    };
  },
  "GET /health": () => {
    if (!healthy) throw new AdminError(503, "starting");
    return { status: "ok" };
  },
  "GET /routes": () => table.routes(),
  "GET /table": () => ({ generation: table.generation, held: table.held, poison: table.poison ?? null, size: table.size }),
  "POST /table/flush": () => {
    table.flush();
    return { generation: table.generation };
  },
  "POST /table/hold": (body) => {
    const { hold } = (body ?? {}) as { hold?: unknown };
    if (typeof hold !== "boolean") throw new AdminError(400, 'expected {"hold": true} or {"hold": false}');
    table.hold(hold);
    return { held: table.held };
  },
  /** What the table says is false until it is cured: "stale" leads to where nobody listens any more, "wrong" to somebody else. */
  "POST /table/poison": (body) => {
    const { kind } = (body ?? {}) as { kind?: unknown };
    if (!isPoison(kind)) throw new AdminError(400, 'expected {"kind": "stale"} or {"kind": "wrong"}');
    table.setPoison(kind);
    return { poison: kind };
  },
  "POST /table/cure": () => {
    table.setPoison(undefined);
    return { poison: null };
  },
});

const bus = await connectBus();
const { index, uuid } = identity();
const greeting = {
  id: `${index}-${uuid}`,
  hosts: [own.host],
  minimumRegisterIntervalInSeconds: routeRegister / 1000,
  pruneThresholdInSeconds: routeTtl / 1000,
};
/** Undefined for what does not fit, and for routes of the platform's own that it has not signed. */
function heardOf(verb: RouteVerb, payload: Payload): Registration | undefined {
  const heard = registration(payload, routeTtl);
  if (!heard) {
    log.warn({ payload }, "validation-error");
    return undefined;
  }
  const { uris, endpoint } = heard;
  const taken = uris.find((uri) => ofPlatform.includes(keyOf(uri).host));
  if (taken === undefined || isSigned(own.secret(systemRouteLabel), verb, { ...endpoint, uris }, payload.signature)) return heard;
  log.warn({ uri: taken, address: endpoint.address, app: endpoint.app }, `${verb} of a route of the platform's own that it has not signed; ignored`);
  return undefined;
}
bus.subscribe("router.register", {}, (payload) => {
  const heard = heardOf("register", payload);
  if (heard) table.register(heard.uris, heard.endpoint, nowMs());
});
bus.subscribe("router.unregister", {}, (payload) => {
  const heard = heardOf("unregister", payload);
  if (heard) table.unregister(heard.uris, heard.endpoint.address, nowMs());
});
bus.subscribe("router.greet", {}, (_, reply) => reply?.(greeting));
bus.publish("router.start", greeting);
bus.onReconnect(() => {
  if (suspends) table.restamp(nowMs());
  bus.publish("router.start", greeting);
});
setInterval(() => {
  if (suspends && !bus.connected) return log.info({ size: table.size }, "prune-suspended");
  const dropped = table.prune(nowMs());
  if (dropped > 0) log.info({ dropped, size: table.size }, "pruned");
}, routePrune);

await sleep(startDelayMs);
healthy = true;
await apply();
ready();
