/**
 * Another user of this machine, without any secret, at every port of a foundation; and members of the bus that want more than is theirs. Whoever opens a
 * port decides here what a stranger gets from it: a port that this table does not name fails.
 */
import { spawn } from "node:child_process";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { connect } from "nats";
import { until } from "../../../harness/clock.js";
import type { ComponentFacts } from "../../../harness/core.js";
import { loadEngine } from "../../../harness/registry.js";
import { answered, askEdge } from "../adapters/edge-ask.js";
import { listeners } from "../testing/listeners.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { domain, type Shape } from "../topology.js";

/** One of everything that listens. */
const shape: Shape = {
  ...{ cc: 1, dea: 1, router: 2, lb: 1, dns: 1, firewall: 1, cabinets: ["cabinet-a", "cabinet-b"], lunsPerCabinet: 1, monitor: 1, service: 1 },
};

/**
 * token: HTTP, 401. bus: INFO, then an authorization violation. database: asks for a password. public: the data plane, and what anybody may ask it.
 * lun: hangs up on who is not introduced, without a word. apart: what is behind it is tried.
 */
type Given = "token" | "bus" | "database" | "public" | "lun" | "apart";
const decided: Readonly<Record<string, Given>> = {
  "nats.client": "bus",
  "servicenats.client": "bus",
  "ccdb.pg": "database",
  "servicedb.pg": "database",
  ...Object.fromEntries(
    ["cabinet", "cc", "dea", "monitor", "service", "hm", "router", "lb", "firewall", "dns"].map((role) => [`${role}.admin`, "token" as const]),
  ),
  "cabinet.mirror": "token",
  "service.broker": "token",
  "cc.api": "public",
  "router.http": "public",
  "lb.front": "public",
  "firewall.front": "public",
  "dns.dns": "public",
  "dea.app": "public",
  // A link gives what is behind it; those that lead to LUNs and their servers have a test of their own below.
  link: "apart",
  "toxiproxy.api": "apart",
  "cabinet.lun": "lun",
};
const keyOf = ({ role }: ComponentFacts, port: string) => `${role}.${port.replace(/-\d+$/, "")}`;

interface Question {
  readonly host: string;
  readonly port: number;
  /** What is sent, as base64. */
  readonly says: string;
}
/** Asks all of them as user nobody where that can be; resolves with the first bytes of each answer, as latin1. */
function asStranger(questions: readonly Question[]): Promise<readonly string[]> {
  const script = `
    const { connect } = require("node:net");
    const ask = ({ host, port, says }) => new Promise((resolve) => {
      let heard = "";
      const socket = connect(port, host, () => socket.write(Buffer.from(says, "base64")));
      const end = () => { clearTimeout(late); socket.destroy(); resolve(heard); };
      const late = setTimeout(end, 3000);
      socket.on("data", (bytes) => { heard += bytes.toString("latin1"); if (/^R|-ERR|PONG/.test(heard)) end(); });
      socket.on("error", end).on("close", end);
    });
    let text = "";
    process.stdin.on("data", (bytes) => { text += bytes; }).on("end", async () => {
      console.log(JSON.stringify({ uid: process.getuid(), heard: await Promise.all(JSON.parse(text).map(ask)) }));
    });`;
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["-e", script], { ...nobody, cwd: "/", env: {}, stdio: ["pipe", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()));
    child.once("error", reject);
    child.once("close", () => {
      const { uid, heard } = JSON.parse(said) as { uid: number; heard: readonly string[] };
      if ("uid" in nobody) expect(uid).to.equal(nobody.uid);
      resolve(heard);
    });
    child.stdin.end(JSON.stringify(questions));
  });
}

const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");
const http = (line: string, headers = "", body = "") =>
  base64(`${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
const message = Buffer.from("\0\x03\0\0user\0foundry\0database\0ccdb\0\0", "latin1");
const runs = JSON.stringify({ droplet: "stranger", name: "stranger", sha1: "0".repeat(40), executableUri: "http://127.0.0.1:1/d", index: 0 });
/** What a stranger tries, and what it must get. */
const tries: Readonly<Record<Exclude<Given, "public" | "apart">, { readonly says: readonly string[]; readonly gets: RegExp }>> = {
  token: {
    says: [
      ...["/healthz", "/varz", "/", "/v2/catalog"].map((path) => http(`GET ${path}`)),
      http("GET /varz", "Authorization: Bearer guessed\r\n"),
      http("POST /restart", "Content-Type: application/x-www-form-urlencoded\r\n", "a=b"),
      http("POST /restart", "Content-Type: application/json\r\n", "{}"),
    ],
    gets: /^HTTP\/1\.1 401 [\s\S]*(?:who are you)/,
  },
  bus: {
    says: [
      base64(`CONNECT {"verbose":false}\r\nPUB dea.dea-1.start ${runs.length}\r\n${runs}\r\nSUB > 1\r\nPING\r\n`),
      base64(`CONNECT {"verbose":false,"user":"owner","pass":"owner"}\r\nPING\r\n`),
    ],
    gets: /^INFO [\s\S]*-ERR 'Authorization Violation'/,
  },
  // R, of 4 bytes more than its words, code 10: SASL, with SCRAM.
  // SSH_FXP_INIT of SFTP 3, and then nothing: no answer within 3 s.
  lun: { says: [base64("\0\0\0\x05\x01\0\0\0\x03")], gets: /^$/ },
  database: { says: [Buffer.concat([Buffer.from([0, 0, 0, message.length + 4]), message]).toString("base64")], gets: /^R.{7}\nSCRAM-SHA-256/s },
};

for (const engine of ["local", "compose"] as const) {
  const lacking = engine === "local" ? [] : (await (await loadEngine(engine)).check()).map(({ what }) => what);
  if (engine === "compose" && (lacking.length > 0 || !process.env.FLOUNDER_DOCKER)) {
    describe.skip(`strangers, compose: ${lacking.join("; ") || "only with FLOUNDER_DOCKER=1"}`, () => it("get nothing", () => {}));
    continue;
  }
  describe(`strangers, ${engine}`, function () {
    this.timeout(60_000);
    const live = liveFoundation({ name: "strangers", shape, engine });
    const ports = () => live.running.components().flatMap((facts) => Object.entries(facts.ports).map(([port, number]) => ({ facts, port, number })));

    it("every port has a decision", async () => {
      const undecided = ports().filter(({ facts, port }) => !decided[keyOf(facts, port)]);
      expect(undecided.map(({ facts, port }) => `${facts.name} ${port}`)).to.deep.equal([]);
    });

    if (engine === "local")
      it("nothing else listens, and nothing beyond loopback", () => {
        const known = new Map(ports().map(({ facts, port, number }) => [number, keyOf(facts, port)]));
        for (const { name, kind } of live.running.targets()) if (kind !== "component") known.set(live.running.dialled(name).port, "link");
        const found = listeners(live.spec.id);
        expect(found.length).to.be.above(30);
        const kinds = found.map(
          ({ port, program, app }) => known.get(port) ?? (/toxiprox/.test(program) ? "toxiproxy.api" : app ? "dea.app" : `${program} at ${port}`),
        );
        expect([...new Set(kinds)].filter((kind) => !decided[kind])).to.deep.equal([]);
        expect(found.filter(({ loopback }) => !loopback)).to.deep.equal([]);
      });

    it("get 401 at most, wherever it is not public", async () => {
      const heard: string[] = [];
      const bus = await live.bus();
      bus.subscribe("dea.>", { callback: (_, { data }) => void heard.push(Buffer.from(data).toString()) });
      await bus.flush();
      const asked = ports().flatMap(({ facts, port, number }) => {
        const given = decided[keyOf(facts, port)]!;
        if (given === "public" || given === "apart") return [];
        return tries[given].says.map((says) => ({
          what: `${facts.name} ${port}`,
          gets: tries[given].gets,
          question: { host: facts.host, port: number, says },
        }));
      });
      expect(asked.length).to.be.above(50);
      const got = await asStranger(asked.map(({ question }) => question));
      for (const [i, { what, gets, question }] of asked.entries())
        expect(got[i], `${what}, asked ${Buffer.from(question.says, "base64").toString("latin1").slice(0, 60)}`).to.match(gets);
      await bus.flush();
      expect(heard.filter((text) => text.includes("stranger"))).to.deep.equal([]);
    });

    it("get no LUN by a link that leads to one, and nothing of a link's server", async () => {
      const links = live.running.targets().filter(({ kind, name }) => kind !== "component" && /lun-\d+$/.test(name));
      expect(links.length).to.be.above(2);
      const known = new Set(live.running.targets().flatMap(({ kind, name }) => (kind === "component" ? [] : [live.running.dialled(name).port])));
      const servers = engine === "local" ? listeners(live.spec.id).filter(({ program, port }) => /toxiprox/.test(program) && !known.has(port)) : [];
      if (engine === "local") expect(servers.length).to.be.above(3);
      const asked = [
        ...links.map(({ name }) => ({ what: name, gets: tries.lun.gets, question: { ...live.running.dialled(name), says: tries.lun.says[0]! } })),
        ...servers.flatMap(({ port }) =>
          [http("GET /proxies"), http("POST /populate", "Authorization: Bearer guessed\r\n", "[]")].map((says) => ({
            what: `the server at ${port}`,
            gets: /^HTTP\/1\.1 401 /,
            question: { host: "127.0.0.1", port, says },
          })),
        ),
      ];
      const got = await asStranger(asked.map(({ question }) => question));
      for (const [i, { what, gets }] of asked.entries()) expect(got[i], what).to.match(gets);
    });

    const asOwner = (component: string, path: string, headers: Record<string, string>, method = "GET", body = "") =>
      new Promise<number>((resolve, reject) => {
        const { host, port } = live.running.direct(component, "admin");
        const asking = request({ host, port, path, method, headers: { "content-length": Buffer.byteLength(body), ...headers }, agent: false }, (answer) => {
          answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
        });
        asking.once("error", reject).end(body);
      });
    const bearer = (label: string) => ({ authorization: `Bearer ${live.running.secret(label)}` });
    const json = { "content-type": "application/json" };

    it("a web page gets nothing even where it had the token, and one component's token opens no other", async () => {
      const own = bearer("admin:router-1");
      expect(await asOwner("router-1", "/varz", own)).to.equal(200);
      expect(await asOwner("router-1", "/varz", { ...own, origin: "http://evil.example" })).to.equal(403);
      expect(await asOwner("router-1", "/varz", { ...own, origin: "null" })).to.equal(403);
      expect(await asOwner("router-1", "/varz", { ...own, host: "evil.example" })).to.equal(403);
      expect(await asOwner("router-1", "/varz", { ...own, host: "localhost:80" })).to.equal(200);
      const form = { ...own, "content-type": "application/x-www-form-urlencoded" };
      expect(await asOwner("router-1", "/table/flush", form, "POST", "a=b")).to.equal(415);
      expect(await asOwner("router-1", "/table/flush", own, "POST", "")).to.equal(415);
      expect(await asOwner("router-1", "/table/flush", { ...own, "content-type": "text/plain" }, "POST", "{}")).to.equal(415);
      expect(await asOwner("router-1", "/table/flush", { ...own, ...json }, "POST", "{}")).to.equal(200);
      expect(await asOwner("router-2", "/varz", own)).to.equal(401);
    });

    it("monitoring's token opens what it looks at, and nothing that it should not touch", async () => {
      const cc = bearer("watch:cc-1");
      expect(await asOwner("cc-1", "/state", cc)).to.equal(200);
      expect(await asOwner("cc-1", "/varz", cc)).to.equal(401);
      expect(await asOwner("cc-1", "/ccdb/restore", { ...cc, ...json }, "POST", "{}")).to.equal(401);
      const cabinet = bearer("watch:cabinet-a");
      expect(await asOwner("cabinet-a", "/power", cabinet)).to.equal(200);
      expect(await asOwner("cabinet-a", "/power/brown-out", { ...cabinet, ...json }, "POST", "{}")).to.equal(401);
    });

    // The routers of both engines are asked past every balancer; that the route of an app comes by the same way shows that the words were heard.
    it("a DEA's word gives nobody the platform's own routes, and takes them from nobody", async () => {
      const thief = createServer((_, answer) => answer.end("hijacked")).listen(0, "127.0.0.1");
      const { host, port } = live.running.direct("nats-1", "client");
      const dea = await connect({ servers: `${host}:${port}`, user: "dea-1", pass: live.running.secret("bus:dea-1"), reconnect: false });
      try {
        await until("the thief to listen", () => thief.listening, 2000, 5);
        const at = { host: "127.0.0.1", port: (thief.address() as AddressInfo).port };
        const system = ["api", "uaa", "login"].map((name) => `${name}.${domain}`);
        const say = (verb: string, uris: readonly string[], to: object = at) => dea.publish(`router.${verb}`, JSON.stringify({ ...to, uris, app: "thief" }));
        const answers = async (router: string, name: string) => {
          const said = await askEdge(live.running.direct(router, "http"), { host: name });
          return answered(said) ? `${said.status} ${said.body.slice(0, 40)}` : "silence";
        };
        // The tables may have been emptied: Cloud Controllers say their routes again.
        for (const router of ["router-1", "router-2"])
          for (const name of system) await until(`${name} to be served`, async () => /^(?!404|502)\d/.test(await answers(router, name)), 10_000, 50);
        const cc = live.running.dialled("*>cc-1");
        for (const uris of [system, [`API.${domain}`], [`api.${domain}/v3`], [`*.${domain}`], [`*.test`]]) say("register", uris);
        say("register", system, { ...at, signature: "0".repeat(64) });
        for (const of of [cc, { host: "toxiproxy-edge", port: cc.port }, live.running.direct("cc-1", "api")]) say("unregister", system, of);
        say("register", [`taken.${domain}`]);
        for (const router of ["router-1", "router-2"]) {
          if (engine === "local") await until("a route of an app", async () => (await answers(router, `taken.${domain}`)) === "200 hijacked", 5000, 20);
          else await until("a route of an app", async () => !(await answers(router, `taken.${domain}`)).startsWith("404"), 5000, 20);
          for (let i = 0; i < 4; i++)
            for (const name of system)
              expect(await answers(router, name), name)
                .to.match(/^[1-5]\d\d (?!hijacked)/)
                .and.not.match(/^(404|502)/);
        }
        say("unregister", [`*.${domain}`, "*.test", `taken.${domain}`]);
        await dea.flush();
      } finally {
        await dea.close();
        thief.close();
      }
    });
  });
}
