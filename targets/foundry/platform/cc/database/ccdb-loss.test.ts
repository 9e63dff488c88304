import { expect } from "chai";
import { freePort } from "../../base/testing/lab.js";
import { until } from "../../base/until.js";
import { type Answer, type Developer, inSpace } from "../testing/developer.js";
import { Rig } from "../testing/rig.js";
import type { App } from "../testing/rig-types.js";

describe("cc: the CCDB is away", function () {
  this.timeout(90_000);
  let rig: Rig;
  let cf: Developer;
  let proxy: { readonly url: string; readonly port: number };
  const toxi = (path: string, method: string, body?: object) => fetch(`${proxy.url}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  before(async () => {
    rig = await Rig.open({}, []);
    proxy = { url: await rig.lab.toxiproxy(), port: await freePort() };
    await toxi("/proxies", "POST", { name: "ccdb", listen: `127.0.0.1:${proxy.port}`, upstream: `127.0.0.1:${rig.ccdb.port}`, enabled: false });
    await rig.start("cc-1", { early: true, ccdb: proxy.port });
  });
  after(() => rig?.close());

  const refused = async (answer: Promise<Answer>) => {
    const from = performance.now();
    const { status, error } = await answer;
    expect([status, error.code, error.detail]).to.deep.equal([503, 10015, "Database connection failure"]);
    return performance.now() - from;
  };

  it("not there at boot: listens, answers 503, is not ready, and comes up when it is", async () => {
    const cc = rig.ccs.get("cc-1")!;
    await until("it to listen", async () => (await rig.developer().get("/healthz")).status === 200, 10_000);
    await refused(rig.developer().login());
    expect((await rig.developer().get("/")).status).to.equal(200);
    await cc.ask("/healthz").then(
      () => expect.fail("it says that it is ready"),
      () => {},
    );
    await toxi("/proxies/ccdb", "POST", { enabled: true });
    await until("it to be ready", async () => (await cc.ask("/healthz")) === "ok\n", 10_000);
    cf = await rig.loggedIn();
    expect((await cf.get("/v3/apps")).status).to.equal(200);
  });

  // seed: CCDB and its backup <- the CCDB swallows every question
  it("swallowed: 503 within about two seconds, and well again after", async () => {
    for (const stream of ["upstream", "downstream"])
      await toxi("/proxies/ccdb/toxics", "POST", { name: stream, type: "timeout", stream, attributes: { timeout: 0 } });
    for (let i = 0; i < 3; i++) expect(await refused(cf.get("/v3/apps"))).to.be.lessThan(3000);
    await refused(rig.developer().login());
    for (const stream of ["upstream", "downstream"]) await toxi(`/proxies/ccdb/toxics/${stream}`, "DELETE");
    await until("it to answer again", async () => (await cf.get("/v3/apps")).status === 200, 5000);
  });

  it("refused: 503 at once, and well again after", async () => {
    await toxi("/proxies/ccdb", "POST", { enabled: false });
    expect(await refused(cf.get("/v3/apps"))).to.be.lessThan(1500);
    await toxi("/proxies/ccdb", "POST", { enabled: true });
    await until("it to answer again", async () => (await cf.get("/v3/apps")).status === 200, 5000);
  });

  // seed: CCDB and its backup <- the CCDB crashes
  it("crashed and restarted: what was acknowledged is there", async () => {
    const space = await cf.space();
    const made = await cf.post<App>("/v3/apps", { name: "kept", ...inSpace(space) });
    await rig.ccdb.kill();
    await refused(cf.get("/v3/apps"));
    await rig.ccdb.start();
    await until("it to answer again", async () => (await cf.get<App>(`/v3/apps/${made.json.guid}`)).json.name === "kept", 10_000);
  });
});
