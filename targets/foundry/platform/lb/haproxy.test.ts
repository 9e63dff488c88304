/** HAProxy's text and words: what it is told, and what is read of it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type HaproxyPlan, haproxyConfig } from "./haproxy-config.js";
import { requestOf } from "./haproxy-log.js";
import { serversOf } from "./haproxy-socket.js";

const plan: HaproxyPlan = {
  ports: [20_010],
  bindHost: "0.0.0.0",
  routers: { "router-1": { host: "127.0.0.1", port: 20_001 }, "router-2": { host: "127.0.0.1", port: 20_002 } },
  pool: ["router-2"],
  checkEveryMs: 500,
  socket: "/data/haproxy.sock",
};
const named: HaproxyPlan = { ...plan, routers: { "router-1": { host: "toxiproxy-edge", port: 20_001 } }, pool: ["router-1"] };
const lines = (of: HaproxyPlan, begin: string) =>
  haproxyConfig(of)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith(begin));
const haproxy = (process.env.PATH ?? "")
  .split(":")
  .map((dir) => join(dir, "haproxy"))
  .find((path) => existsSync(path));

describe("haproxy's config", () => {
  it("has every router, and those out of the pool disabled", () => {
    expect(lines(plan, "server ")).to.deep.equal(["server router-1 127.0.0.1:20001 disabled", "server router-2 127.0.0.1:20002"]);
    expect(lines(plan, "bind ")).to.deep.equal(["bind 0.0.0.0:20010"]);
    expect(lines(plan, "retries ")).to.deep.equal(["retries 1"]);
    expect(lines(plan, "resolvers ")).to.deep.equal([]);
  });

  it("asks the system's resolvers again and again for routers that are called by name", () => {
    expect(lines(named, "resolvers ")).to.deep.equal(["resolvers names"]);
    expect(lines(named, "server ")).to.deep.equal([
      "server router-1 toxiproxy-edge:20001 resolvers names resolve-prefer ipv4 resolve-opts allow-dup-ip init-addr none",
    ]);
    expect(lines(named, "retries ")).to.deep.equal(["retries 0"]);
  });

  it("is taken by haproxy without a warning", function () {
    if (!haproxy) {
      console.log("      skipped: there is no haproxy on PATH");
      return this.skip();
    }
    const dir = mkdtempSync(join(tmpdir(), "flounder-haproxy-"));
    try {
      for (const one of [plan, named]) {
        writeFileSync(join(dir, "haproxy.cfg"), haproxyConfig({ ...one, socket: join(dir, "s") }));
        execFileSync(haproxy, ["-c", "-dW", "-f", join(dir, "haproxy.cfg")], { stdio: "pipe" });
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("haproxy's words", () => {
  it("say of each server how it is, and whether it was checked", () => {
    const csv = `# pxname,svname,qcur,status,check_status,check_code,\nfront,FRONTEND,,OPEN,,,\nrouters,router-1,0,UP,L7OK,200,\nrouters,router-2,0,DOWN,* L4CON,,\nrouters,router-3,0,UP,INI,,\nrouters,router-4,0,MAINT,,,\nrouters,BACKEND,0,UP,,,\n`;
    expect(serversOf(csv, "routers")).to.deep.equal([
      { name: "router-1", status: "UP", checked: true },
      { name: "router-2", status: "DOWN", checked: true },
      { name: "router-3", status: "UP", checked: false },
      { name: "router-4", status: "MAINT", checked: false },
    ]);
  });

  it("say of a request what balance.ts says", () => {
    const line = '{"id":"a","method":"GET","host":"h","path":"/x","backend":"router-1","status":404}';
    expect(requestOf(line)).to.deep.equal({ id: "a", method: "GET", host: "h", path: "/x", backend: "router-1", status: 404 });
    expect(requestOf(line.replace("router-1", "<NOSRV>").replace("404", "-1"))).to.deep.equal({ id: "a", method: "GET", host: "h", path: "/x", status: null });
    expect(requestOf("Server routers/router-1 is DOWN")).to.equal(undefined);
  });
});
