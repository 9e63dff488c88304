/**
 * Monitoring: looks at the cabinets' supplies and LUNs over links of its own, hears the Health Manager's alerts and requests, asks the Cloud Controllers that it finds on the
 * bus. Publishes monitor.alarms {seq, alarm, on, says, state, at}, and fails LUNs over by itself. When: env THRESHOLDS (rules.ts).
 * Links: nats, each cabinet's admin port by the cabinet's name, each LUN's port by the LUN's name.
 */

import { request } from "node:http";
import { json } from "node:stream/consumers";
import { watchLabel } from "../contract/secrets.js";
import { admin, ready } from "./base/admin.js";
import { connectBus, type Payload } from "./base/bus.js";
import { type Address, config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { log } from "./base/log.js";
import { AlarmLog } from "./monitor/alarm-log.js";
import { LunWatch } from "./monitor/lun-watch.js";
import { alarmsOf, failOversOf, type Seen, thresholds } from "./monitor/rules.js";

const lookEveryMs = 250;
const discoverEveryMs = 1000;
const answerMs = 500;
const kept = 1000;

const own = config();
const limits = thresholds.parse(JSON.parse(process.env.THRESHOLDS || "{}"));
/** Often enough for the shortest time that a LUN may be silent, and no oftener. */
const silentMs = [limits.alarms.lunSilentMs, limits.failOver.lunSilentMs].flatMap((ms) => (ms === null ? [] : [ms]));
const lunEveryMs = Math.min(1000, Math.max(200, Math.min(...silentMs) / 3));
const links = Object.entries(own.links());
const cabinets = links.filter(([name]) => name.startsWith("cabinet-"));
const luns = Object.fromEntries(links.filter(([name]) => /^lun-\d+$/.test(name)).map(([lun, at]) => [lun, new LunWatch(at, lunEveryMs)]));

const supplies: Record<string, { sinceMs: number; state: string } | undefined> = {};
let lateMs: number[] = [];
let startsMs: number[] = [];
let readOnly: Seen["readOnly"];
let ccs: readonly Asked[] = [];
const failedOver = new Set<string>();

interface Asked {
  readonly name: string;
  /** host:port of its admin port. */
  readonly host: string;
}
/** GET, or POST if there is a body; undefined when nobody answers in time, or says no. Node's own fetch costs as much as all the rest of this program. */
function ask<T>({ name, host }: Asked, path: string, body?: object): Promise<T | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      `http://${host}${path}`,
      {
        method: body ? "POST" : "GET",
        headers: { authorization: `Bearer ${own.secret(watchLabel(name))}`, "content-type": "application/json" },
        signal: AbortSignal.timeout(answerMs),
      },
      (answer) => {
        json(answer).then(
          (said) => resolve(answer.statusCode === 200 ? (said as T) : undefined),
          () => resolve(undefined),
        );
      },
    );
    asked.on("error", () => resolve(undefined));
    asked.end(body && JSON.stringify(body));
  });
}
const asked = (name: string, { host, port }: Address): Asked => ({ name, host: `${host}:${port}` });

async function lookAtCabinets(): Promise<void> {
  await Promise.all(
    cabinets.map(async ([cabinet, at]) => {
      const power = await ask<Record<"A" | "B", string>>(asked(cabinet, at), "/power");
      if (!power) return; // a cabinet that does not answer says nothing of its power; its LUNs will
      for (const supply of ["A", "B"] as const) {
        const name = `${cabinet} ${supply}`;
        const state = power[supply];
        supplies[name] = state === "on" ? undefined : { sinceMs: supplies[name]?.sinceMs ?? Date.now(), state };
      }
    }),
  );
}
/** One of them, by turns: the latch is in the CCDB, so all say the same; eight that are asked four times a second would be a load of their own. */
async function lookAtControllers(): Promise<void> {
  const cc = ccs[turn++ % Math.max(1, ccs.length)];
  const state = cc && (await ask<{ readOnly: boolean; reason: string | null }>(cc, "/state"));
  if (state?.readOnly) readOnly = { sinceMs: readOnly?.sinceMs ?? Date.now(), says: state.reason ?? "read-only" };
  else if (state) readOnly = undefined;
}
let turn = 0;
async function failOver(lun: string): Promise<void> {
  for (const [cabinet, at] of cabinets) {
    const mirrors = await ask<{ kept: Record<string, unknown> }>(asked(cabinet, at), "/mirrors");
    if (mirrors?.kept[lun] === undefined || !(await ask(asked(cabinet, at), `/luns/${lun}/failover`, {}))) continue;
    failedOver.add(lun);
    log.warn({ lun, cabinet }, "failed over");
    await Promise.all(ccs.map((cc) => ask(cc, "/storage/reconsider", {})));
    return;
  }
}

onEnd(() => {});
const alarms = new AlarmLog((told) => {
  log.warn(told, "alarm");
  bus?.publish("monitor.alarms", told);
});
let bus: Awaited<ReturnType<typeof connectBus>> | undefined;
await admin({ "GET /alarms": () => ({ ...alarms.report(), failedOver: [...failedOver] }) });
bus = await connectBus();
bus.subscribe("hm.alerts", {}, ({ says }: Payload) => {
  if (typeof says === "string" && /^dea-\S+ was not heard/.test(says)) lateMs = [...lateMs, Date.now()].slice(-kept);
});
bus.subscribe("cloudcontrollers.hm.requests", {}, ({ op, indices }: Payload) => {
  if (op === "START" && Array.isArray(indices)) startsMs = [...startsMs, ...indices.map(() => Date.now())].slice(-kept);
});

async function look(): Promise<void> {
  await Promise.all([lookAtCabinets(), lookAtControllers()]);
  const seen: Seen = { supplies, luns: Object.fromEntries(Object.entries(luns).map(([lun, watch]) => [lun, watch.silentSinceMs])), lateMs, startsMs, readOnly };
  alarms.now(alarmsOf(seen, limits, Date.now()));
  for (const lun of failOversOf(seen, limits, Date.now())) if (!failedOver.has(lun)) await failOver(lun);
}
async function discover(): Promise<void> {
  const found = (await bus?.requestMany("vcap.component.discover", {}, { timeoutMs: answerMs })) ?? [];
  const hosts = found.flatMap(({ type, host, name }) =>
    type === "CloudController" && typeof host === "string" && typeof name === "string" ? [{ host, name }] : [],
  );
  // While the bus is away the last answer holds.
  if (hosts.length > 0) ccs = hosts;
}
const repeat = (everyMs: number, act: () => Promise<void>) => {
  const again = () =>
    void act()
      .catch((error: unknown) => log.error({ err: error }, "looking"))
      .finally(() => setTimeout(again, everyMs));
  again();
};
repeat(discoverEveryMs, discover);
repeat(lookEveryMs, look);
ready();
