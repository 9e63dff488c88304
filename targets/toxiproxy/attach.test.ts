/** A Toxiproxy that knows nothing of Flounder: broken through it, seen by its users, and as its owner set it afterwards, whatever ended first. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttp, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../harness/clock.js";
import type { Injection } from "../../harness/core.js";
import { needTool, onPath } from "../../harness/engines/tools/find.js";
import { FlounderError } from "../../harness/errors.js";
import type { KeeperClient } from "../../harness/keeper/socket/client.js";
import { takeOver } from "../../harness/keeper/start.js";
import { attachToxiproxy, lookAtToxiproxy, type Permission } from "../../harness/session/attach-toxiproxy.js";

const refusal = async (what: Promise<unknown>): Promise<FlounderError> => {
  const thrown = await what.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(FlounderError);
  return thrown as FlounderError;
};
const portOf = (server: Server | HttpServer) => (server.address() as AddressInfo).port;
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

describe("an attached Toxiproxy", function () {
  this.timeout(60_000);
  let dir: string;
  let server: ChildProcess;
  let url: string;
  let web: HttpServer;
  let echo: Server;
  let client: KeeperClient | undefined;
  let asSet: unknown;
  let nth = 0;
  const listens: Record<string, string> = {};

  const api = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${url}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    expect(answer.ok, `${method} ${path}: ${answer.status}`).to.equal(true);
    const text = await answer.text();
    return text ? (JSON.parse(text) as unknown) : undefined;
  };
  const set = () => api("GET", "/proxies");
  const attach = async (how: Permission = {}) => {
    client = await attachToxiproxy(await lookAtToxiproxy(`toxiproxy:${url}`, undefined, how), `try-${process.pid}-${++nth}`, () => {});
    return client;
  };
  const injection = (fault: string, target: string, options: object = {}): Injection => ({
    id: `try-${++nth}`,
    act: "try",
    fault,
    options,
    target,
    atS: 0,
    maxS: 60,
  });
  /** As its users ask: what came, and after how many ms. */
  const ask = async (proxy: string, bytes = 0): Promise<{ says: string; ms: number }> => {
    const begun = performance.now();
    const says = await fetch(`http://${listens[proxy]}/`, { method: "POST", body: "k".repeat(bytes), signal: AbortSignal.timeout(1500) }).then(
      (answer) => answer.text(),
      (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.name,
    );
    return { says, ms: performance.now() - begun };
  };

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "flounder-foreign-"));
    process.env.XDG_STATE_HOME = join(dir, "state");
    web = createHttp((request, answer) => request.resume().on("end", () => answer.end("hello"))).listen(0, "127.0.0.1");
    echo = createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(0, "127.0.0.1");
    await Promise.all([once(web, "listening"), once(echo, "listening")]);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    server = spawn(onPath("toxiproxy-server") ?? needTool("flounder-toxiproxy"), ["-port", String(port), "-host", "127.0.0.1"], {
      stdio: "ignore",
      env: { PATH: process.env.PATH, GUARD: "off" },
    });
    await until("the server", async () => (await fetch(`${url}/version`)).ok, 10_000);
    for (const [name, to] of [
      ["web", portOf(web)],
      ["slowed", portOf(web)],
      ["off", portOf(web)],
      ["echo", portOf(echo)],
    ] as const) {
      listens[name] = `127.0.0.1:${await freePort()}`;
      await api("POST", "/proxies", { name, listen: listens[name], upstream: `127.0.0.1:${to}`, enabled: name !== "off" });
    }
    await api("POST", "/proxies/slowed/toxics", {
      name: "theirs",
      type: "latency",
      stream: "downstream",
      toxicity: 0.5,
      attributes: { latency: 20, jitter: 3 },
    });
    asSet = await set();
  });
  afterEach(async () => {
    await client?.down();
    client = undefined;
    expect(await set(), "as its owner set it").to.deep.equal(asSet);
  });
  after(async () => {
    server.kill();
    web.close();
    echo.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const broken = async (keeper: KeeperClient, one: Injection) => {
    const end = new AbortController();
    const seen = (async () => {
      for await (const event of keeper.events(end.signal))
        if (event.kind === "reading" && event.injection === one.id && event.reading.state === "broken") return;
    })();
    await keeper.inject(one);
    await seen;
    end.abort();
  };

  const cases: readonly (readonly [fault: string, options: object, seen: () => Promise<boolean>])[] = [
    ["link-cut", { how: "refuse" }, async () => (await ask("web")).says === "ECONNREFUSED"],
    ["link-cut", { how: "reset" }, async () => ["ECONNRESET", "UND_ERR_SOCKET"].includes((await ask("web")).says)],
    ["link-cut", { how: "swallow" }, async () => (await ask("web")).says === "TimeoutError"],
    ["link-latency", { latencyMs: 300 }, async () => (await ask("web")).ms >= 300],
    ["link-bandwidth", { rateKBps: 8 }, async () => (await ask("web", 8000)).ms >= 700],
  ];
  for (const [fault, options, seen] of cases)
    it(`has links on which ${fault} ${JSON.stringify(options)} works`, async () => {
      const keeper = await attach();
      const before = await keeper.fingerprint();
      const one = injection(fault, "*>web", options);
      await broken(keeper, one);
      expect(await seen(), "its users see it").to.equal(true);
      expect((await ask("slowed")).says, "others go on").to.equal("hello");
      const [report] = await keeper.heal(one.id);
      expect(report, report?.says).to.include({ proved: true });
      expect((await ask("web")).says).to.equal("hello");
      expect(await set()).to.deep.equal(asSet);
      expect(await keeper.fingerprint()).to.deep.equal(before);
    });

  it("keeps its owner's toxics, and is broken beside them on purpose only", async () => {
    const { proxies } = (await lookAtToxiproxy(`toxiproxy:${url}`, undefined, {})).found;
    expect(Object.fromEntries(proxies.map(({ name, spared }) => [name, spared]))).to.deep.equal({
      web: undefined,
      echo: undefined,
      off: "it is disabled already",
      slowed: "it has toxics of somebody else's (theirs)",
    });
    const first = await attach();
    expect((await refusal(first.inject(injection("link-cut", "*>slowed")))).message).to.contain("link-cut cannot act on *>slowed");
    expect((await refusal(first.inject(injection("link-cut", "*>off")))).message).to.contain("link-cut cannot act on *>off");
    await first.down();
    const keeper = await attach({ beside: true });
    for (const how of ["refuse", "reset", "swallow"]) {
      const one = injection("link-cut", "*>slowed", { how });
      await broken(keeper, one);
      await keeper.heal(one.id);
      expect(await set(), how).to.deep.equal(asSet);
    }
  });

  it("has links of unknown protocols that can be refused, and takes no fault there that nobody could see", async () => {
    const keeper = await attach();
    const one = injection("link-cut", "*>echo", { how: "refuse" });
    await broken(keeper, one);
    await keeper.heal(one.id);
    await refusal(keeper.inject(injection("link-cut", "*>echo", { how: "swallow" })));
    await refusal(keeper.inject(injection("link-latency", "*>echo")));
  });

  for (const options of [{ how: "refuse" }, { how: "swallow" }])
    it(`is as it was when its keeper was killed while it ${options.how}s, and when it is let go of in the middle`, async () => {
      const keeper = await attach();
      const { pid } = await keeper.status();
      await broken(keeper, injection("link-cut", "*>web", options));
      process.kill(pid, "SIGKILL");
      await until(
        "its death",
        async () =>
          !(await keeper.facts().then(
            () => true,
            () => false,
          )),
        10_000,
      );
      const next = await takeOver(keeper.id, () => {});
      client = next;
      await until("healing", async () => JSON.stringify(await set()) === JSON.stringify(asSet), 10_000);
      await broken(next, injection("link-cut", "*>web", options));
      await next.down();
      client = undefined;
      expect(await set()).to.deep.equal(asSet);
    });

  it("of another machine is refused, unless that is meant", async () => {
    const { code, message } = await refusal(lookAtToxiproxy("toxiproxy:http://192.0.2.1:8474", undefined, {}));
    expect([code, message]).to.deep.equal(["refused", "192.0.2.1:8474 is not this machine: others may use what it proxies"]);
    expect((await refusal(lookAtToxiproxy("toxiproxy:somewhere", undefined, {}))).code).to.equal("usage");
    expect((await refusal(lookAtToxiproxy("toxiproxy:http://127.0.0.1:1", undefined, {}))).code).to.equal("unreachable");
  });
});
