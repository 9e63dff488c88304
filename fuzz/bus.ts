/** Messages on the bus, at every role that subscribes to it. */
import fc from "fast-check";
import { freePort, type Part } from "../targets/foundry/platform/base/testing/lab.js";
import { BusLab } from "../targets/foundry/platform/base/testing/lab-bus.js";
import { Ccdb } from "../targets/foundry/platform/base/testing/lab-ccdb.js";
import { Alive } from "./alive.js";
import { type Fuzz, mutated, oddValue, sampled, shaped, withEach } from "./fuzz.js";

const guid = fc.constantFrom("guid-1", "guid-2", "", "\0", "../x", 1);
const version = fc.constantFrom("v1", "v2", "");
const state = fc.constantFrom("RUNNING", "STARTING", "CRASHED", "odd");
const index = fc.constantFrom(0, 1, 2, 1e9);
const uris = fc.array(fc.constantFrom("a.flounder.test", "A.test/path", "*.test", "", "a/b?c", "é", "__proto__"), { maxLength: 3 });
const names = fc.array(fc.constantFrom("i1", "i2", ""), { maxLength: 2 });
const limits = shaped({ mem: fc.constantFrom(64, 1, 1e9), disk: fc.constantFrom(64, 1), fds: fc.constant(256) });
const route = shaped({
  host: fc.constantFrom("127.0.0.1", "a b", "::1", "x/y"),
  port: fc.constantFrom(1, 70_000, 0, 80),
  uris,
  app: guid,
  dea: fc.string(),
  tags: oddValue,
  private_instance_id: fc.string(),
  private_instance_index: fc.string(),
  stale_threshold_in_seconds: fc.constantFrom(1, 0, -1, 1e308),
});
const filter = shaped({
  droplet: guid,
  version,
  instances: names,
  indices: fc.array(index, { maxLength: 2 }),
  states: fc.array(state, { maxLength: 2 }),
  include_stats: fc.boolean(),
});
const exited = shaped({
  cc_partition: fc.constant("default"),
  droplet: guid,
  version,
  instance: fc.string(),
  index,
  reason: fc.constantFrom("CRASHED", "STOPPED", "DEA_SHUTDOWN", "odd"),
  exit_status: fc.integer(),
  exit_description: fc.string(),
  crash_timestamp: fc.double(),
});
const dea = shaped({
  id: fc.constantFrom("dea-1", "dea-9", ""),
  ip: fc.string(),
  port: fc.nat(),
  version: fc.constant(0.99),
  app_id_to_count: fc.oneof(fc.dictionary(fc.string(), fc.integer()), oddValue),
});

const payloads: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "router.register": route,
  "router.unregister": route,
  "router.greet": shaped({}),
  "router.start": shaped({
    id: fc.string(),
    hosts: oddValue,
    minimumRegisterIntervalInSeconds: fc.constantFrom(20, 0.001, 1e-9, 1e12),
    pruneThresholdInSeconds: fc.integer(),
  }),
  "dea.discover": shaped({ droplet: guid, runtime: fc.constantFrom("static", "cobol"), limits, name: fc.string(), sha: fc.string() }),
  "dea.dea-1.start": shaped({
    droplet: guid,
    name: fc.string({ maxLength: 300 }),
    uris,
    runtime: fc.constant("static"),
    sha1: fc.constantFrom("0".repeat(40), "x"),
    executableUri: fc.constantFrom("http://127.0.0.1:1/", "file:///etc/passwd", "nonsense", "http://[", "https://127.0.0.1:1/"),
    version,
    services: fc.array(shaped({ label: fc.string() }), { maxLength: 2 }),
    users: fc.array(fc.string(), { maxLength: 2 }),
    env: fc.array(fc.constantFrom("A=b", "A", "=", "A=\0", "FLOUNDER_FOUNDATION=x"), { maxLength: 3 }),
    limits,
    index,
    health_check: shaped({ type: fc.constantFrom("port", "http", "process"), endpoint: fc.constantFrom("/", "x", "/\r\n"), timeoutS: fc.constantFrom(1, -1) }),
  }),
  "dea.stop": filter,
  "dea.find.droplet": filter,
  "dea.update": shaped({ droplet: guid, uris }),
  "dea.status": shaped({}),
  "dea.heartbeat": shaped({
    dea: fc.constantFrom("dea-1", "dea-9", ""),
    droplets: fc.array(shaped({ cc_partition: fc.string(), droplet: guid, version, instance: fc.string(), index, state, state_timestamp: fc.double() }), {
      maxLength: 3,
    }),
  }),
  "dea.start": dea,
  "dea.shutdown": dea,
  "dea.advertise": dea,
  "droplet.exited": exited,
  "droplet.updated": shaped({ droplet: guid, cc_partition: fc.string() }),
  "healthmanager.start": shaped({}),
  "healthmanager.status": shaped({ state: fc.constantFrom("FLAPPING", "odd") }),
  "healthmanager.health": shaped({ droplets: fc.array(shaped({ droplet: guid, version }), { maxLength: 2 }) }),
  "healthmanager.alerts": oddValue,
  "cloudcontrollers.hm.requests": shaped({
    droplet: guid,
    op: fc.constantFrom("START", "STOP", "odd"),
    last_updated: fc.integer(),
    version,
    indices: fc.array(index, { maxLength: 2 }),
    instances: names,
  }),
  "vcap.component.discover": shaped({}),
  "vcap.component.announce": shaped({
    type: fc.constantFrom("CloudController", "odd"),
    index: fc.nat(),
    host: fc.constantFrom("127.0.0.1:1", "nonsense"),
    uuid: fc.string(),
    credentials: oddValue,
  }),
  "monitor.alarms": oddValue,
};
const never = {
  alarms: { supplyMs: null, lunSilentMs: null, lateHeartbeats: 1, starts: 1, readOnlyMs: null, withinMs: 1000 },
  failOver: { lunSilentMs: null },
};
const message = fc.constantFrom(...Object.keys(payloads)).chain((subject) =>
  mutated(
    fc.oneof({ weight: 8, arbitrary: payloads[subject]! }, { weight: 1, arbitrary: oddValue }).map((value) => Buffer.from(JSON.stringify(value) ?? "")),
    2,
  ).map((bytes) => ({ subject, bytes })),
);
const inputs = fc.tuple(message, fc.boolean());

export default {
  name: "bus",
  says: "messages on the bus, at every role that subscribes",
  async run(seed, count) {
    const lab = await BusLab.open();
    const ccdb = new Ccdb(await freePort());
    try {
      await ccdb.open();
      const api = await freePort();
      const slots = await Promise.all([1, 2, 3, 4].map(async (n) => `${await freePort()}:127.0.0.1:${10_000 + n}`));
      const parts: readonly Part[] = await Promise.all([
        lab.start("router-1", "router", { ports: ["http"] }),
        lab.start("dea-1", "dea", { ports: [], env: { SLOTS: slots.join(","), RUNTIMES: "static" } }),
        lab.start("hm-1", "hm", { ports: [], links: { ccdb: ccdb.port } }),
        lab.start("cc-1", "cc", { ports: ["api"], at: { api }, links: { ccdb: ccdb.port }, env: { ADVERTISE_API: `127.0.0.1:${api}` } }),
        lab.start("monitor-1", "monitor", { ports: [], env: { THRESHOLDS: JSON.stringify(never) } }),
      ]);
      const alive = new Alive(parts);
      await withEach(sampled(inputs, seed, count), 1, async ([{ subject, bytes }, wantsReply], i) => {
        lab.bus.publish(subject, bytes, wantsReply ? { reply: "_INBOX.fuzz" } : {});
        if (i % 50 === 49) await lab.bus.flush();
        if (i % 1000 === 999) await alive.check();
      });
      await lab.bus.flush();
      // Whoever answers has heard all that was said before.
      await lab.bus.request("router.greet", "{}", { timeout: 10_000 });
      await lab.bus.request("dea.status", "{}", { timeout: 20_000 });
      await alive.checkMemory();
    } finally {
      await lab.close();
      await ccdb.close();
    }
  },
} satisfies Fuzz;
