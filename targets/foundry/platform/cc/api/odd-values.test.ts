/** Values that something below cannot carry (Postgres a null character, host names no Japanese, a bare domain no owner): the client's mistake, never the platform's. */
import { expect } from "chai";
import { type Developer, inSpace } from "../testing/developer.js";
import { domain, Rig } from "../testing/rig.js";

describe("cc: odd values", function () {
  this.timeout(60_000);
  let rig: Rig;
  let cf: Developer;
  let space: string;
  before(async () => {
    rig = await Rig.open({}, ["cc-1"]);
    cf = await rig.loggedIn();
    space = await cf.space();
  });
  after(() => rig?.close());

  const big = "x".repeat(20_000);
  const bodies: Readonly<Record<string, readonly [string, string, unknown]>> = {
    "an app's name with NUL": ["POST", "/v3/apps", () => ({ name: "a\0b", ...inSpace(space) })],
    "an app's name with half a surrogate pair": ["POST", "/v3/apps", () => ({ name: "\ud800", environment_variables: { A: "\ud800" }, ...inSpace(space) })],
    "an app's name of 20,000 characters": ["POST", "/v3/apps", () => ({ name: big, ...inSpace(space) })],
    "an app's name of 256 characters": ["POST", "/v3/apps", () => ({ name: "x".repeat(256), ...inSpace(space) })],
    "a variable with NUL": ["POST", "/v3/apps", () => ({ name: "nul-env", environment_variables: { A: "x\0y" }, ...inSpace(space) })],
    "a space that is NUL": ["POST", "/v3/apps", () => ({ name: "nul-space", ...inSpace("\0") })],
    "an org's name with NUL": ["POST", "/v3/organizations", { name: "a\0" }],
    "a domain's name with NUL": ["POST", "/v3/domains", { name: "a\0" }],
    "a space's name of 20,000 characters": ["POST", "/v3/spaces", { name: big, relationships: { organization: { data: { guid: "\0" } } } }],
    "a package of an app that is NUL": ["POST", "/v3/packages", { type: "bits", relationships: { app: { data: { guid: "\0" } } } }],
    "a build of a package that is NUL": ["POST", "/v3/builds", { package: { guid: "\0" } }],
    "a filter with NUL": ["GET", "/v3/apps?names=%00", undefined],
    "a path with NUL": ["GET", "/v3/apps/%00", undefined],
    "a page that is no number": ["GET", "/v3/apps?page=1e", undefined],
  };
  for (const [what, [method, path, body]] of Object.entries(bodies))
    it(`${what} is refused with 4xx`, async () => {
      const answer = await cf.send(method, path, typeof body === "function" ? body() : body);
      expect(answer.status, answer.text).to.be.within(400, 499);
    });

  it("a manifest with NUL is refused, and says why", async () => {
    const said = await cf.send("POST", `/v3/spaces/${space}/actions/apply_manifest`, 'applications:\n- name: "nul\\0name"\n', {
      "content-type": "application/x-yaml",
    });
    expect([said.status, said.error.detail]).to.deep.equal([422, "A value contains a null character or one that is not Unicode"]);
  });

  it("an app without a letter of ASCII gets no default route, and says so; a random one has always a host", async () => {
    const job = await cf.manifest(space, "applications:\n- name: あうえお\n  default-route: true\n");
    expect(job.json.state).to.equal("FAILED");
    expect(job.text).to.contain("gives no host name");
    expect(await cf.list(`/v3/apps?names=${encodeURIComponent("あうえお")}`)).to.deep.equal([]);
    expect((await cf.manifest(space, "applications:\n- name: あうえお\n  random-route: true\n")).json.state).to.equal("COMPLETE");
    const [route] = await cf.list<{ readonly host: string }>(`/v3/apps/${await cf.appNamed(encodeURIComponent("あうえお"))}/routes`);
    expect(route!.host).to.match(/^app-[0-9a-f]{8}$/);
    expect((await cf.manifest(space, `applications:\n- name: ${"y".repeat(64)}\n  default-route: true\n`)).text).to.contain("it may have 63");
  });

  it("nobody gets the platform's own names, nor the bare domain", async () => {
    const { guid } = await cf.first(`/v3/domains?names=${domain}`);
    const relationships = { space: { data: { guid: space } }, domain: { data: { guid } } };
    for (const host of ["", "api", "UAA", "login"]) {
      const answer = await cf.post("/v3/routes", { host, relationships });
      expect([host, answer.status], answer.text).to.deep.equal([host, 422]);
    }
    const job = await cf.manifest(space, `applications:\n- name: thief\n  routes:\n  - route: api.${domain}\n`);
    expect(job.text).to.contain("reserved");
  });
});
