/** A throw in a listener of each role, planted from outside: the process goes on, says so, and counts it. What makes serving impossible still ends it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { adminLabel } from "../../contract/secrets.js";
import { freePort, type Part, type PartOptions, secretOf } from "./testing/lab.js";
import { BusLab } from "./testing/lab-bus.js";
import { Ccdb } from "./testing/lab-ccdb.js";
import { until } from "./until.js";

/** Loaded before the component. SIGUSR2: a listener, a timer and a promise that is nobody's throw, and a socket fails that nobody listens to. A request with X-Planted throws in its listener, a message with "planted" when it is read. */
const plant = `
import http from "node:http"; import net from "node:net"; import { EventEmitter } from "node:events";
const boom = (where) => { throw new Error("planted: " + where); };
process.on("SIGUSR2", () => {
  setTimeout(() => boom("timer"), 1);
  setImmediate(() => Promise.reject(new Error("planted: promise")));
  const socket = new net.Socket();
  setTimeout(() => socket.emit("error", new Error("planted: socket")), 2);
  new EventEmitter().on("x", () => boom("listener")).emit("x");
});
const { emit } = http.Server.prototype;
http.Server.prototype.emit = function (event, ...given) {
  if (event === "request" && given[0].headers["x-planted"]) boom("request");
  return emit.call(this, event, ...given);
};
const { parse } = JSON;
JSON.parse = (text, ...more) => {
  const value = parse(text, ...more);
  return value && value.planted === true ? new Proxy({}, { get: () => boom("message"), has: () => boom("message"), ownKeys: () => boom("message") }) : value;
};
`;

const never = {
  alarms: { supplyMs: null, lunSilentMs: null, lateHeartbeats: null, starts: null, readOnlyMs: null, withinMs: 1000 },
  failOver: { lunSilentMs: null },
};

describe("defects", function () {
  this.timeout(60_000);
  let lab: BusLab;
  let ccdb: Ccdb;
  let dir: string;
  let planted: Readonly<Record<string, string>>;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "flounder-plant-"));
    const file = join(dir, "plant.mjs");
    writeFileSync(file, plant);
    planted = { NODE_OPTIONS: `--import ${pathToFileURL(file)}` };
    lab = await BusLab.open();
    ccdb = new Ccdb(await freePort());
    await ccdb.open();
  });
  after(async () => {
    await lab?.close();
    await ccdb?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Each role: how it is started, the port on which it takes requests, and subjects that it hears. */
  const roles: Readonly<Record<string, { options: () => PartOptions | Promise<PartOptions>; http?: string; subjects?: readonly string[] }>> = {
    router: { options: () => ({ ports: ["http"] }), http: "http", subjects: ["router.register", "router.greet"] },
    lb: { options: async () => ({ ports: ["front"], links: { "router-1": await freePort() } }), http: "front" },
    firewall: { options: async () => ({ ports: ["front"], links: { "lb-1": await freePort() } }) },
    dea: { options: () => ({ ports: [], env: { SLOTS: "", RUNTIMES: "static" } }), subjects: ["dea.discover", "dea.dea-1.start", "dea.stop", "router.start"] },
    hm: { options: () => ({ ports: [], links: { ccdb: ccdb.port } }), subjects: ["dea.heartbeat", "droplet.exited", "droplet.updated"] },
    cc: {
      options: async () => {
        const api = await freePort();
        return { ports: ["api"], at: { api }, links: { ccdb: ccdb.port }, env: { ADVERTISE_API: `127.0.0.1:${api}` } };
      },
      http: "api",
      subjects: ["cloudcontrollers.hm.requests", "droplet.exited", "router.start"],
    },
    monitor: { options: () => ({ ports: [], env: { THRESHOLDS: JSON.stringify(never) } }), subjects: ["healthmanager.alerts", "cloudcontrollers.hm.requests"] },
    cabinet: { options: () => ({ ports: ["lun-1"] }) },
    service: {
      options: async () => ({ ports: ["broker"], links: Object.fromEntries(["db", "app-db", "messages", "app-messages"].map((link) => [link, ccdb.port])) }),
      http: "broker",
    },
    dns: { options: () => ({ ports: ["dns"] }) },
  };

  const count = async (part: Part) => ((await part.ask("/varz")) as { defects: number }).defects;
  /** Sends a request whose listener throws: nobody answers it, so it only must not end anything. */
  const ask = (port: number, headers = "") =>
    new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {}).once("close", () => resolve());
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Planted: 1\r\n${headers}\r\n`);
      setTimeout(() => socket.destroy(), 200);
    });

  for (const [role, { options, http, subjects = [] }] of Object.entries(roles))
    it(`${role} survives a throw in each kind of listener`, async () => {
      const part = await lab.start(role === "cabinet" ? "cabinet-a" : `${role}-1`, role, {
        ...(await options()),
        env: { ...planted, ...(await options()).env },
      });
      let ended: number | string | undefined;
      void part.ended.then((how) => {
        ended = how;
      });
      part.signal("SIGUSR2");
      await until("four defects", async () => (await count(part)) === 4, 5000, 20);
      await ask(part.port("admin"), `Authorization: Bearer ${secretOf(adminLabel(role))}\r\n`);
      if (http) await ask(part.port(http));
      expect(await count(part)).to.equal(http ? 6 : 5);
      for (const subject of subjects) lab.say(subject, { planted: true });
      await lab.bus.flush();
      if (subjects.length > 0) await until("the messages to be complained of", () => part.log().includes("planted: message"), 3000, 20);
      expect(await part.ask("/healthz")).to.equal("ok\n");
      expect(ended, part.log()).to.equal(undefined);
      for (const where of ["timer", "promise", "socket", "listener", "request"]) expect(part.log()).to.contain(`planted: ${where}`);
      part.signal("SIGTERM");
      expect(await part.ended).to.equal(0);
    });

  it("a component whose port is taken ends, and says why", async () => {
    const router = await lab.start("router-1", "router", { ports: ["http"] });
    const second = await lab.start("router-2", "router", { ports: ["http"], at: { http: router.port("http") }, early: true });
    expect(await second.ended).to.not.equal(0);
    expect(second.log()).to.contain("EADDRINUSE");
  });

  it("a component without its configuration ends, and says what is missing", async () => {
    const part = await lab.start("router-3", "router", { ports: ["http"], env: { DOMAIN: "" }, early: true });
    expect(await part.ended).to.not.equal(0);
    expect(part.log()).to.contain("DOMAIN is missing");
  });
});
