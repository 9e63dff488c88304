/** Lists answer what was asked, or say that they cannot; what would not be kept is refused. */
import { expect } from "chai";
import { type Developer, inSpace } from "../testing/developer.js";
import { Rig } from "../testing/rig.js";
import type { Named, Page } from "../testing/rig-types.js";

describe("cc: filters", function () {
  this.timeout(60_000);
  let rig: Rig;
  let cf: Developer;
  let space: string;
  before(async () => {
    rig = await Rig.open({}, ["cc-1"]);
    cf = await rig.loggedIn();
    space = await cf.space();
    for (const name of ["a", "b", "c"]) await cf.app(name, space);
  });
  after(() => rig?.close());

  const names = async (query: string) => (await cf.list<Named>(`/v3/apps?${query}`)).map(({ name }) => name);

  it("an unknown filter is named, beside those that there are; labels are not kept, so nobody may ask for them", async () => {
    for (const query of ["nmaes=a", "label_selector=tier%3Dcanary", "names[gt]=a", "created_ats[between]=1", "__proto__=1", "fields=x"]) {
      const answer = await cf.get(`/v3/apps?${query}`);
      expect([query, answer.status, answer.error.code]).to.deep.equal([query, 400, 10005]);
      expect(answer.error.detail).to.contain("Unknown query parameter").and.contain("'names'");
    }
    expect((await cf.get("/v3/roles?include=user&fields[space.organization]=name")).status).to.equal(200);
    expect((await cf.get(`/v3/service_plans?space_guids=${space}`)).status).to.equal(200);
    const change = { metadata: { labels: { tier: "canary" } } };
    const guid = await cf.appNamed("a");
    for (const answer of [
      await cf.send("PATCH", `/v3/apps/${guid}`, change),
      await cf.post("/v3/apps", { name: "d", ...inSpace(space), ...change }),
      await cf.post("/v3/organizations", { name: "d", ...change }),
    ])
      expect([answer.status, answer.error.detail]).to.deep.equal([422, "metadata: this platform keeps no labels and annotations"]);
    expect((await cf.send("PATCH", `/v3/apps/${guid}`, { metadata: { labels: {}, annotations: {} } })).status).to.equal(200);
  });

  it("times compare as they are shown", async () => {
    const [first] = await cf.list<{ created_at: string; guid: string }>(`/v3/apps?names=a&space_guids=${space}`);
    expect(await names(`names=a&created_ats=${first!.created_at}`)).to.deep.equal(["a"]);
    expect(await names(`names=a&created_ats[gte]=${first!.created_at}&created_ats[lte]=${first!.created_at}`)).to.deep.equal(["a"]);
    expect(await names(`names=a&created_ats[lt]=${first!.created_at}`)).to.deep.equal([]);
    expect(await names("updated_ats[gt]=2099-01-01T00:00:00Z")).to.deep.equal([]);
    expect((await cf.get("/v3/apps?created_ats[gt]=yesterday")).status).to.equal(400);
  });

  it("the page after the last says how many there are", async () => {
    const { pagination } = (await cf.get<Page<Named> & { pagination: object }>(`/v3/apps?names=a,b&space_guids=${space}&page=3&per_page=1`)).json;
    expect(pagination).to.include({ total_results: 2, total_pages: 2, next: null });
  });

  it("a health check is one of three, and its path one that can be asked", async () => {
    const guid = await cf.appNamed("a");
    const change = (health_check: object) => cf.send("PATCH", `/v3/processes/${guid}`, { health_check });
    expect((await change({ type: "http", data: { endpoint: "/health?a=1" } })).status).to.equal(200);
    for (const wrong of [
      { type: "tcp" },
      { type: "http", data: { endpoint: "/a b" } },
      { type: "http", data: { endpoint: "/\r\nX: y" } },
      { data: { timeout: -1 } },
    ])
      expect([wrong, (await change(wrong)).status]).to.deep.equal([wrong, 422]);
  });
});
