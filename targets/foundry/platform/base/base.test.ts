/** Configuration, files and the bus client that every component shares. */

import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { connect, type NatsConnection } from "nats";
import { adminLabel } from "../../contract/secrets.js";
import { readConfig } from "./config.js";
import { savedJson, writeAtomically } from "./saved.js";
import { busOwner, freePort, Lab, type Part, secretOf } from "./testing/lab.js";
import { until } from "./until.js";

const env = {
  FLOUNDER_COMPONENT: "cc-1",
  FLOUNDER_FOUNDATION: "f",
  DATA_DIR: "/d",
  BIND_HOST: "127.0.0.1",
  DOMAIN: "flounder.test",
  TIMERS_MS: '{"routeTtl":6000}',
  POLICY: '{"cc.onLunLoss":"latch"}',
};

describe("a component's configuration", () => {
  it("reads ports, links, mounts and slots", () => {
    const own = readConfig({
      ...env,
      PORT_ADMIN: "20001",
      PORT_LUN_1: "20002",
      ADVERTISE_API: "127.0.0.1:20003",
      LINK_NATS: "127.0.0.1:20004",
      LINK_ROUTER_1: "router:80",
      MOUNT_LUN_1: "/m/1",
      SLOTS: "1:h:2,3:h:4",
    });
    expect(own.port("lun-1")).to.equal(20002);
    expect(own.ports()).to.deep.equal({ admin: 20001, "lun-1": 20002 });
    expect(own.advertise("api")).to.deep.equal({ host: "127.0.0.1", port: 20003 });
    expect(own.links()).to.deep.equal({ nats: { host: "127.0.0.1", port: 20004 }, "router-1": { host: "router", port: 80 } });
    expect(own.mounts()).to.deep.equal({ "lun-1": "/m/1" });
    expect(own.slots()).to.deep.equal([
      { listen: 1, host: "h", port: 2 },
      { listen: 3, host: "h", port: 4 },
    ]);
    expect(own.timers.routeTtl).to.equal(6000);
    expect(own.host).to.equal("127.0.0.1");
    expect(readConfig({ ...env, BIND_HOST: "0.0.0.0", HOST_NAME: "cc-1" })).to.include({ bindHost: "0.0.0.0", host: "cc-1" });
  });

  it("has the secrets that it was granted, of a file that nobody else wrote or reads, and says which ones it was not", () => {
    const dir = mkdtempSync(join(tmpdir(), "flounder-secrets-"));
    const file = join(dir, "secrets.json");
    const secret = (path = file) => readConfig({ ...env, SECRETS_FILE: path }).secret("jwt-key");
    try {
      writeFileSync(file, '{"jwt-key":"5e","ccdb-password":"7a"}', { mode: 0o600 });
      const own = readConfig({ ...env, SECRETS_FILE: file });
      expect([own.secret("jwt-key"), own.secret("ccdb-password")]).to.deep.equal(["5e", "7a"]);
      expect(() => own.secret("bus-password")).to.throw(
        'cc-1 was not granted the secret "bus-password"; its role\'s secrets in the topology are jwt-key, ccdb-password',
      );
      chmodSync(file, 0o640);
      expect(() => secret()).to.throw(`the secrets of cc-1 cannot be read from ${file}: its mode is 640; expected 600`);
      chmodSync(file, 0o600);
      symlinkSync(file, join(dir, "link"));
      expect(() => secret(join(dir, "link"))).to.throw("ELOOP");
      if (process.geteuid?.() === 0) {
        chownSync(file, 65_534, 65_534);
        expect(() => secret()).to.throw("it belongs to user 65534; expected 0");
      }
      expect(() => secret(join(dir, "none"))).to.throw("ENOENT");
      expect(() => readConfig(env).secret("jwt-key")).to.throw("environment variable SECRETS_FILE is missing");
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it("names the variable that is missing or malformed", () => {
    expect(() => readConfig({ ...env, DATA_DIR: undefined })).to.throw("environment variable DATA_DIR is missing");
    expect(() => readConfig({ ...env, POLICY: "[]" })).to.throw('environment variable POLICY is "[]"; expected a JSON object');
    expect(() => readConfig(env).port("api")).to.throw("environment variable PORT_API is missing");
    expect(() => readConfig({ ...env, PORT_API: "70000" }).port("api")).to.throw('environment variable PORT_API is "70000"; expected a port of 1 to 65535');
    expect(() => readConfig({ ...env, LINK_NATS: "4222" }).link("nats")).to.throw('environment variable LINK_NATS is "4222"; expected host:port');
  });
});

describe("a saved file", () => {
  it("is written when there is none, read as it is afterwards, and never half written over", () => {
    const dir = mkdtempSync(join(tmpdir(), "flounder-saved-"));
    try {
      const path = join(dir, "deep", "x.json");
      expect(savedJson(path, { a: 1 })).to.deep.equal({ a: 1 });
      expect(savedJson(path, { a: 2 })).to.deep.equal({ a: 1 });
      writeAtomically(path, "{");
      expect(() => savedJson(path, { a: 3 })).to.throw(SyntaxError);
      expect(readFileSync(path, "utf8")).to.equal("{");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("a component on the bus", function () {
  this.timeout(20_000);
  let lab: Lab;
  let part: Part;
  const headers = { authorization: `Bearer ${secretOf(adminLabel("router-1"))}` };
  beforeEach(() => {
    lab = new Lab();
  });
  afterEach(() => lab.close());

  it("waits for a bus that comes later, unready but alive, then announces itself", async () => {
    const first = await lab.nats();
    first.signal("SIGKILL");
    await first.ended;
    part = await lab.start("router-1", "router", { ports: ["http"], links: { nats: first.client }, early: true });
    const healthz = () => fetch(`http://127.0.0.1:${part.port("admin")}/healthz`, { headers }).then((answer) => answer.status);
    await until("the admin server", async () => (await healthz()) === 503, 5000);
    const nats = await lab.nats({}, first.client);
    const bus: NatsConnection = await connect({ servers: `127.0.0.1:${nats.client}`, ...busOwner });
    try {
      await until("it to be ready", async () => (await healthz()) === 200, 5000);
      const found = (await bus.request("vcap.component.discover", "{}", { timeout: 1000 })).json<{ name: string; uptime: string }>();
      expect(found.name).to.equal("router-1");
      expect(found.uptime).to.match(/^0d:0h:0m:\d+s$/);
    } finally {
      await bus.close();
    }
  });

  it("notices a link that swallows within three pings, and is back soon after it is mended", async () => {
    const nats = await lab.nats();
    const [proxies, listen] = [await lab.toxiproxy(), await freePort()];
    const tell = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${proxies}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
      expect(answer.status, `${method} ${path}`).to.be.below(300);
    };
    await tell("POST", "/proxies", { name: "bus", listen: `127.0.0.1:${listen}`, upstream: `127.0.0.1:${nats.client}`, enabled: true });
    part = await lab.start("router-1", "router", { ports: ["http"], links: { nats: listen } });
    const bus = await connect({ servers: `127.0.0.1:${nats.client}`, ...busOwner });
    const greets = () =>
      bus.request("router.greet", "{}", { timeout: 200 }).then(
        () => true,
        () => false,
      );
    try {
      expect(await greets()).to.equal(true);
      for (const stream of ["upstream", "downstream"])
        await tell("POST", "/proxies/bus/toxics", { name: stream, type: "timeout", stream, attributes: { timeout: 0 } });
      const cutAt = performance.now();
      await until("the loss to be noticed", () => part.log().includes("bus lost"), 8000, 20);
      expect(performance.now() - cutAt).to.be.below(5000);
      // The proxy still accepts, and lets no word through: it must not look like a bus.
      expect(await greets()).to.equal(false);
      for (const stream of ["upstream", "downstream"]) await tell("DELETE", `/proxies/bus/toxics/${stream}`);
      const mendedAt = performance.now();
      await until("it to be on the bus again", greets, 6000, 20);
      expect(performance.now() - mendedAt).to.be.below(2000);
    } finally {
      await bus.close();
    }
  });

  it("answers what it does not know with 404, junk with 400, and ends at once on SIGTERM", async () => {
    const nats = await lab.nats();
    part = await lab.start("router-1", "router", { ports: ["http"], links: { nats: nats.client } });
    const admin = `http://127.0.0.1:${part.port("admin")}`;
    expect((await fetch(`${admin}/nothing`, { headers })).status).to.equal(404);
    expect((await fetch(`${admin}/constructor`, { headers })).status).to.equal(404);
    const junk = await fetch(`${admin}/table/hold`, { method: "POST", body: "{", headers: { ...headers, "content-type": "application/json" } });
    expect([junk.status, await junk.json()]).to.deep.equal([400, { error: "the request's body is not JSON" }]);
    const begun = performance.now();
    part.signal("SIGTERM");
    expect(await part.ended).to.equal(0);
    expect(performance.now() - begun).to.be.below(1000);
  });
});
