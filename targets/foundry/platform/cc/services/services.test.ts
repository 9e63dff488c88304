import { createServer, type Server } from "node:http";
import { expect } from "chai";
import { freePort } from "../../base/testing/lab.js";
import { until } from "../../base/until.js";
import type { Answer, Developer } from "../testing/developer.js";
import { Rig } from "../testing/rig.js";
import type { BindingDetails, Environment, Offering, Ref, ServiceInstance } from "../testing/rig-types.js";

const files = [
  { path: "package.json", content: "{}" },
  { path: "server.js", content: "require('node:http').createServer((q, s) => s.end()).listen(process.env.PORT)" },
];
const catalog = {
  services: [
    {
      id: "s1",
      name: "ledger",
      description: "A book",
      bindable: true,
      tags: ["book"],
      plans: [{ id: "p1", name: "thin", description: "Ten pages", free: true }],
    },
  ],
};

const done = (what: string) => [what.startsWith("PUT") ? 201 : 200, {}] as const;

/** A broker that writes down what it is asked, and answers as it is told. */
class FakeBroker {
  readonly asked: { readonly what: string; readonly body: string; readonly user: string }[] = [];
  answer: (what: string) => readonly [number, object] | Promise<readonly [number, object]> = done;
  #server: Server | undefined;

  constructor(readonly port: number) {}
  open(): Promise<void> {
    const server = createServer(async (request, response) => {
      const what = `${request.method} ${request.url?.split("?")[0]}`;
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const user = Buffer.from(String(request.headers.authorization).split(" ")[1] ?? "", "base64").toString();
      this.asked.push({ what, body, user });
      const [status, value] = what === "GET /v2/catalog" ? [200, catalog] : await this.answer(what);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    });
    this.#server = server;
    return new Promise((resolve) => server.listen(this.port, "127.0.0.1", resolve));
  }
  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
    this.#server = undefined;
  }
  times(what: string): number {
    return this.asked.filter((one) => one.what === what).length;
  }
}

describe("cc: services", function () {
  this.timeout(60_000);
  let broker: FakeBroker;
  let rig: Rig;
  let cf: Developer;
  let space: string;
  let plan: string;
  before(async () => {
    broker = new FakeBroker(await freePort());
    await broker.open();
    rig = await Rig.open({ links: { service: broker.port } });
    cf = await rig.loggedIn();
    space = await cf.space();
    await until("the catalog to be known", async () => (await cf.list("/v3/service_plans")).length > 0, 10_000);
    plan = (await cf.first("/v3/service_plans?names=thin&service_offering_names=ledger")).guid;
  });
  after(async () => {
    await rig?.close();
    await broker?.close();
  });
  afterEach(() => {
    broker.answer = done;
  });

  const order = (name: string, more: object = {}, who = cf, where = space) =>
    who.post("/v3/service_instances", {
      type: "managed",
      name,
      relationships: { space: { data: { guid: where } }, service_plan: { data: { guid: plan } } },
      ...more,
    });
  const guidOf = async (name: string, where = space) => (await cf.first(`/v3/service_instances?names=${name}&space_guids=${where}`)).guid;
  const made = async (name: string) => {
    const job = await cf.job(await order(name));
    expect(job.json.state, job.text).to.equal("COMPLETE");
    return guidOf(name);
  };
  const bind = (instance: string, app: string) =>
    cf.post("/v3/service_credential_bindings", {
      type: "app",
      relationships: { service_instance: { data: { guid: instance } }, app: { data: { guid: app } } },
    });
  const app = (name: string, where = space) => cf.app(name, where);
  const error = ({ status, error: { code, detail } }: Answer) => `${status} ${code} ${detail}`;
  const otherSpace = async (name: string) => {
    const org = (await cf.first("/v3/organizations?names=flounder")).guid;
    return (await cf.post<Ref>("/v3/spaces", { name, relationships: { organization: { data: { guid: org } } } })).json.guid;
  };

  it("shows what its broker offers, learned once", async () => {
    const offering = await cf.first<Offering>("/v3/service_offerings?names=ledger");
    expect(offering).to.deep.include({ name: "ledger", description: "A book", tags: ["book"], available: true });
    const shown = (await cf.get(`/v3/service_plans/${plan}`)).json;
    expect(shown).to.deep.include({ name: "thin", free: true, relationships: { service_offering: { data: { guid: offering.guid } } } });
    expect((await cf.first("/v3/service_brokers")).guid).to.equal(offering.relationships.service_broker.data.guid);
    expect(broker.asked[0]!.user, "with the broker's own credentials").to.match(/^cc:[0-9a-f]{64}$/);
  });

  it("orders each instance once, though both look for work", async () => {
    const other = await rig.loggedIn("cc-2");
    const names = Array.from({ length: 8 }, (_, i) => `many-${i}`);
    const jobs = await Promise.all(names.map(async (name, i) => cf.job(await order(name, {}, i % 2 ? other : cf))));
    expect(jobs.map((job) => job.json.state)).to.deep.equal(Array(8).fill("COMPLETE"));
    const shown = await other.list<ServiceInstance>("/v3/service_instances?per_page=100");
    for (const name of names) {
      const one = shown.find((instance) => instance.name === name)!;
      expect(one.last_operation).to.include({ type: "create", state: "succeeded" });
      expect(broker.times(`PUT /v2/service_instances/${one.guid}`), name).to.equal(1);
    }
    const put = broker.asked.find(({ what }) => what === `PUT /v2/service_instances/${shown.find(({ name }) => name === "many-0")!.guid}`)!;
    expect(JSON.parse(put.body)).to.include({ service_id: "s1", plan_id: "p1", space_guid: space });
    const held = await rig.ccdb.rows<{ claimed_by: string }>("select claimed_by from jobs where operation = 'service_instance.create'");
    expect(new Set(held.map((job) => job.claimed_by)).size, "both worked").to.equal(2);
  });

  it("gives a name once per space, and refuses as v3 does", async () => {
    const instance = await made("mine");
    expect(error(await order("mine"))).to.equal("422 10008 The service instance name is taken: mine");
    const elsewhere = await otherSpace("elsewhere");
    expect((await order("mine", {}, cf, elsewhere)).status, "another space, another name").to.equal(202);
    expect(error(await order("x", { relationships: { space: { data: { guid: space } }, service_plan: { data: { guid: "none" } } } }))).to.equal(
      "422 10008 Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.",
    );
    expect(error(await order("x", {}, cf, "none"))).to.equal("422 10008 Invalid space. Ensure that the space exists and you have access to it.");
    expect(error(await order("x", { type: "user-provided" }))).to.match(/^422 10008 type: must be 'managed'/);
    expect(error(await cf.get("/v3/service_instances/none"))).to.equal("404 10010 Service instance not found");
    const far = await app("far", elsewhere);
    expect(error(await bind(instance, far))).to.equal("422 10008 The service instance and the app are in different spaces.");
  });

  it("hands credentials to the app with its next start, in VCAP_SERVICES' shape, and takes them back", async () => {
    const instance = await made("books");
    broker.answer = (what) => (what.startsWith("PUT") ? [201, { credentials: { uri: "book://reader@shelf", port: 7 } }] : [200, {}]);
    const guid = await cf.push(space, "reader", files);
    const starts = () => rig.dea.starts.filter((start) => start.droplet === guid);
    await until("the first start", () => starts().length === 1, 5000);
    expect(starts()[0]!.services, "not bound yet").to.deep.equal([]);

    expect((await cf.job(await bind(instance, guid))).json.state).to.equal("COMPLETE");
    expect(error(await bind(instance, guid))).to.equal("422 10008 The app is already bound to the service instance.");
    const binding = await cf.first(`/v3/service_credential_bindings?app_guids=${guid}`);
    expect(binding, "lists keep the secret").to.not.have.property("credentials");
    expect((await cf.get<BindingDetails>(`/v3/service_credential_bindings/${binding.guid}/details`)).json.credentials.uri).to.equal("book://reader@shelf");
    await cf.post(`/v3/apps/${guid}/actions/restart`);
    await until("the second start", () => starts().length === 2, 5000);
    const entry = {
      binding_guid: binding.guid,
      binding_name: null,
      credentials: { uri: "book://reader@shelf", port: 7 },
      instance_guid: instance,
      instance_name: "books",
      label: "ledger",
      name: "books",
      plan: "thin",
      provider: null,
      syslog_drain_url: null,
      tags: ["book"],
      volume_mounts: [],
    };
    expect(starts()[1]!.services).to.deep.equal([entry]);
    expect((await cf.get<Environment>(`/v3/apps/${guid}/env`)).json.system_env_json.VCAP_SERVICES).to.deep.equal({ ledger: [entry] });

    expect((await cf.job(await cf.send("DELETE", `/v3/service_credential_bindings/${binding.guid}`))).json.state).to.equal("COMPLETE");
    expect(broker.times(`DELETE /v2/service_instances/${instance}/service_bindings/${binding.guid}`)).to.equal(1);
    await cf.post(`/v3/apps/${guid}/actions/restart`);
    await until("the third start", () => starts().length === 3, 5000);
    expect(starts()[2]!.services).to.deep.equal([]);
  });

  it("says why the broker did not do it, in the job and in the instance, which can be deleted then", async () => {
    broker.answer = () => [500, { description: "out of paper" }];
    const job = await cf.job(await order("failing"));
    expect(job.json).to.deep.include({ state: "FAILED" });
    expect(job.json.errors[0]).to.deep.equal({ code: 10001, title: "CF-ServiceBrokerBadResponse", detail: "Service broker error: out of paper" });
    const guid = await guidOf("failing");
    expect((await cf.get<ServiceInstance>(`/v3/service_instances/${guid}`)).json.last_operation).to.include({
      type: "create",
      state: "failed",
      description: "Service broker error: out of paper",
    });
    expect(error(await bind(guid, await app("hopeless")))).to.match(/^422 10008 The service instance failing cannot be bound/);

    await broker.close();
    const gone = await cf.job(await order("nobody-there"));
    expect(gone.json.errors[0]).to.deep.include({ code: 10001, title: "CF-ServiceBrokerApiUnreachable" });
    await broker.open();
    broker.answer = () => [410, {}];
    expect((await cf.job(await cf.send("DELETE", `/v3/service_instances/${guid}`))).json.state, "gone is as good as deleted").to.equal("COMPLETE");
    expect((await cf.get(`/v3/service_instances/${guid}`)).status).to.equal(404);
  });

  it("refuses a second operation while one is under way", async () => {
    const instance = await made("busy");
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    broker.answer = async () => {
      await gate;
      return [200, {}];
    };
    const deleting = await cf.send("DELETE", `/v3/service_instances/${instance}`);
    expect(error(await cf.send("DELETE", `/v3/service_instances/${instance}`))).to.equal("409 60016 An operation for service instance busy is in progress.");
    expect(error(await bind(instance, await app("early")))).to.equal("409 60016 An operation for service instance busy is in progress.");
    open();
    expect((await cf.job(deleting)).json.state).to.equal("COMPLETE");
    expect(broker.times(`DELETE /v2/service_instances/${instance}`)).to.equal(1);
  });

  it("gives back to the broker what went with an app or with a space", async () => {
    const where = await otherSpace("doomed");
    const job = await cf.job(await order("doomed", {}, cf, where));
    expect(job.json.state).to.equal("COMPLETE");
    const instance = await guidOf("doomed", where);
    const owner = await app("owner", where);
    expect((await cf.job(await bind(instance, owner))).json.state).to.equal("COMPLETE");
    const binding = (await cf.first(`/v3/service_credential_bindings?app_guids=${owner}`)).guid;
    await cf.job(await cf.send("DELETE", `/v3/apps/${owner}`));
    const unbind = `DELETE /v2/service_instances/${instance}/service_bindings/${binding}`;
    await until("the broker to hear of the app's end", () => broker.times(unbind) === 1, 5000);
    expect(broker.times(`DELETE /v2/service_instances/${instance}`), "the instance stays").to.equal(0);
    await cf.job(await cf.send("DELETE", `/v3/spaces/${where}`));
    await until("the broker to hear of the space's end", () => broker.times(`DELETE /v2/service_instances/${instance}`) === 1, 5000);
    expect(broker.times(unbind)).to.equal(1);
  });
});
