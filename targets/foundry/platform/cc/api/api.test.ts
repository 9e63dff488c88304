import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { decodeJwt } from "jose";
import { secretOf } from "../../base/testing/lab.js";
import { until } from "../../base/until.js";
import { dropletAuthorization, dropletLabel } from "../apps/droplet-pass.js";
import { type Developer, inSpace, resourceOf, zipOf } from "../testing/developer.js";
import { Rig } from "../testing/rig.js";
import type { App, AuditEvent, Destinations, Droplet, Environment, Login, Matches, Named, Page, Ref, Root, Route, Stats, Token } from "../testing/rig-types.js";

const echo = [
  { path: "package.json", content: '{"scripts":{"start":"node server.js"}}' },
  { path: "server.js", content: "require('node:http').createServer((q, s) => s.end('hello')).listen(process.env.PORT)" },
];

describe("cc: the API, as cf speaks it", function () {
  this.timeout(60_000);
  let rig: Rig;
  let cf: Developer;
  let space: string;
  before(async () => {
    rig = await Rig.open();
    cf = await rig.loggedIn();
    space = await cf.space();
  });
  after(() => rig?.close());

  it("says where it is without a token, and nothing else", async () => {
    const nobody = rig.developer("cc-2");
    const { json } = await nobody.send<Root>("GET", "/", undefined, { "x-forwarded-proto": "https" });
    expect(json.links.cloud_controller_v3).to.deep.equal({ href: `${nobody.origin.replace("http:", "https:")}/v3`, meta: { version: "3.195.0" } });
    expect((await nobody.get("/v3/info")).status).to.equal(200);
    expect((await nobody.get("/healthz")).text).to.equal("OK");
    expect((await nobody.get<Login>("/login")).json.prompts.password).to.deep.equal(["password", "Password"]);
    for (const [path, status, code, title] of [["/v3/apps", 401, 10002, "CF-NotAuthenticated"]] as const) {
      const refused = await nobody.get(path);
      expect([refused.status, refused.error.code, refused.error.title]).to.deep.equal([status, code, title]);
    }
    nobody.token = "a.b.c";
    expect((await nobody.get("/v3/apps")).error).to.deep.equal({ code: 1000, title: "CF-InvalidAuthToken", detail: "Invalid Auth Token" });
  });

  it("gives tokens that cf can read, refreshes them, and forgets revoked ones on every Cloud Controller", async () => {
    const me = rig.developer();
    expect((await me.login("wrong")).json.error).to.equal("unauthorized");
    const { json } = await me.login();
    expect(json.token_type).to.equal("bearer");
    expect(decodeJwt(json.access_token)).to.include({ user_name: "admin", origin: "uaa", client_id: "cf", revocable: true });
    const refreshed = await me.send<Token>("POST", "/oauth/token", `grant_type=refresh_token&refresh_token=${json.refresh_token}`, {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect(refreshed.json.access_token).to.be.a("string").and.not.equal(json.access_token);
    expect((await me.get("/v3/apps")).status).to.equal(200);
    expect((await me.send("DELETE", `/oauth/token/revoke/${decodeJwt(json.access_token).jti}`)).status).to.equal(200);
    const elsewhere = rig.developer("cc-2");
    elsewhere.token = me.token;
    expect((await elsewhere.get("/v3/apps")).error.code).to.equal(1000);
    elsewhere.token = json.refresh_token;
    expect((await elsewhere.get("/v3/apps")).status, "a refresh token is no access token").to.equal(401);
  });

  it("gives nobody a route of its own", async () => {
    const domain = (await cf.first("/v3/domains?names=flounder.test")).guid;
    const route = (host: string, path: string, of: string) =>
      cf.send("POST", "/v3/routes", { host, path, relationships: { space: { data: { guid: space } }, domain: { data: { guid: of } } } });
    for (const [host, path] of [
      ["api", ""],
      ["API", "/v3"],
      ["uaa", ""],
      ["login", ""],
    ] as const) {
      const { status, error } = await route(host, path, domain);
      expect([status, error.detail], host).to.deep.equal([422, `Host '${host.toLowerCase()}' is reserved for the system.`]);
    }
    const made = (await cf.post<{ guid: string }>("/v3/domains", { name: "api.flounder.test" })).json.guid;
    expect((await route("", "", made)).status).to.equal(422);
    await cf.send("DELETE", `/v3/domains/${made}`);
    expect((await route("api2", "", domain)).status).to.equal(201);
  });

  it("answers errors as v3 does", async () => {
    const code = async (method: string, path: string, body?: unknown) => {
      const { status, error } = await cf.send(method, path, body);
      return `${status} ${error.code} ${error.detail}`;
    };
    expect(await code("GET", "/v3/nonsense")).to.equal("404 10000 Unknown request");
    expect(await code("GET", "/v3/apps/none")).to.equal("404 10010 App not found");
    expect(await code("GET", "/v3/apps/none/droplets/current")).to.equal("404 10010 App not found");
    expect(await code("POST", "/v3/apps", "{")).to.match(/^400 1001 /);
    expect(await code("GET", "/v3/apps?page=x")).to.match(/^400 10005 /);
    expect(await code("GET", "/v3/apps?order_by=colour")).to.match(/^400 10005 /);
    const org = (await cf.first("/v3/organizations?names=flounder")).guid;
    expect(await code("POST", "/v3/spaces", { name: "dev", relationships: { organization: { data: { guid: org } } } })).to.equal(
      "422 10008 Name must be unique per organization",
    );
    await cf.post("/v3/apps", { name: "twice", ...inSpace(space) });
    expect(await code("POST", "/v3/apps", { name: "twice", ...inSpace(space) })).to.equal("422 10008 App with the name 'twice' already exists.");
    const app = await cf.appNamed("twice");
    expect(await code("POST", `/v3/apps/${app}/actions/start`)).to.equal("422 10008 Assign a droplet before starting this app.");
    expect(await code("GET", `/v3/apps/${app}/droplets/current`)).to.equal("404 10010 Droplet not found");
  });

  it("pushes: manifest, upload, staging, a droplet with startup and stop that a DEA fetches by what the start message says and nobody without it, one start per instance", async () => {
    const app = await cf.push(space, "echo", echo, "  instances: 3\n  env:\n    COLOUR: blue\n");
    await until("three starts", () => rig.dea.starts.filter((start) => start.droplet === app).length === 3, 5000);
    const starts = rig.dea.starts.filter((start) => start.droplet === app);
    expect(starts.map((start) => start.index).sort()).to.deep.equal([0, 1, 2]);
    const [start] = starts as [Record<string, unknown>];
    expect(start).to.deep.include({ name: "echo", uris: ["echo.flounder.test"], runtime: "node", limits: { mem: 64, disk: 1024, fds: 256 } });
    expect(start.env).to.include("COLOUR=blue");
    expect(start.version).to.equal(`${start.sha1}-1`);
    expect(rig.dea.of("droplet.updated").some((message) => message.droplet === app)).to.equal(true);
    const discover = rig.dea.of("dea.discover").find((message) => message.droplet === app)!;
    expect(discover).to.deep.include({ runtime: "node", sha: start.sha1 });

    const uri = new URL(String(start.executableUri));
    const authorization = dropletAuthorization(secretOf(dropletLabel), app, String(start.sha1));
    expect(authorization).to.equal(`Basic ${Buffer.from(`${uri.username}:${uri.password}`).toString("base64")}`);
    const bare = `${uri.origin}${uri.pathname}`;
    expect((await fetch(bare)).status).to.equal(401);
    const ofAnother = dropletAuthorization(secretOf(dropletLabel), "another", String(start.sha1));
    expect((await fetch(bare, { headers: { authorization: ofAnother } })).status).to.equal(401);
    const fetched = Buffer.from(await (await fetch(bare, { headers: { authorization } })).arrayBuffer());
    const dir = mkdtempSync(join(tmpdir(), "flounder-droplet-"));
    try {
      writeFileSync(join(dir, "d.tgz"), fetched);
      expect(execFileSync("sha1sum", [join(dir, "d.tgz")], { encoding: "utf8" }).slice(0, 40)).to.equal(start.sha1);
      const names = execFileSync("tar", ["tzf", join(dir, "d.tgz")], { encoding: "utf8" }).split("\n");
      expect(names).to.include.members(["startup", "stop", "app/server.js", "logs/"]);
      execFileSync("tar", ["xzf", "d.tgz"], { cwd: dir });
      expect(statSync(join(dir, "startup")).mode & 0o111).to.equal(0o111);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("knows what it has: the second push of the same files uploads nothing and makes the same droplet", async () => {
    const matched = await cf.post<Matches>("/v3/resource_matches", {
      resources: [...echo.map(resourceOf), { ...resourceOf(echo[0]!), size_in_bytes: 1 }, resourceOf({ path: "new", content: "never seen" })],
    });
    expect(matched.status).to.equal(201);
    expect(matched.json.resources).to.deep.equal(echo.map(resourceOf));
    const app = await cf.app("again", space);
    const uploaded = await cf.upload(app, matched.json.resources);
    expect(uploaded.json.state).to.equal("READY");
    const built = await cf.build(uploaded.json.guid);
    const droplet = await cf.droplet(built);
    const first = (await cf.get<Droplet>(`/v3/apps/${await cf.appNamed("echo")}/droplets/current`)).json;
    expect(droplet.checksum).to.deep.equal(first.checksum);
  });

  it("keeps empty files, folders and modes; static files get a server; what is no app fails with the text cf looks for", async () => {
    const files = [
      { path: "index.html", content: "<p>hi" },
      { path: "empty", content: "" },
      { path: "run.sh", content: "#!/bin/sh", mode: 0o755 },
    ];
    const uploaded = await cf.upload(await cf.app("static", space), [], await zipOf(files, ["hollow/"]));
    const built = await cf.build(uploaded.json.guid);
    expect(built.json.state, built.text).to.equal("STAGED");
    const droplet = await cf.droplet(built);
    const app = droplet.relationships.app.data.guid;
    const authorization = dropletAuthorization(secretOf(dropletLabel), app, droplet.checksum.value);
    const archive = Buffer.from(
      await (await fetch(`${cf.origin}/staged_droplets/${app}/${droplet.checksum.value}`, { headers: { authorization } })).arrayBuffer(),
    );
    const listing = execFileSync("tar", ["tzvf", "-"], { input: archive, encoding: "utf8" });
    expect(listing).to.match(/^-rw-r--r-- .* 0 .*app\/empty$/m);
    expect(listing).to.match(/^-rwxr-xr-x .*app\/run\.sh$/m);
    expect(listing).to.match(/^d.*app\/hollow\/$/m);
    expect(listing).to.match(/static-server\.mjs$/m);

    const nothing = await cf.upload(await cf.app("nothing", space), [], await zipOf([{ path: "a.txt", content: "a" }]));
    expect((await cf.build(nothing.json.guid)).json)
      .to.deep.include({ state: "FAILED", droplet: null })
      .and.to.have.property("error")
      .that.includes("NoAppDetectedError");
    const evil = await cf.upload(await cf.app("evil", space), [{ ...resourceOf(echo[0]!), path: "../../escape" }]);
    expect(evil.status).to.equal(422);
  });

  it("scales, stops, restarts: the DEAs hear it, versions go up", async () => {
    const app = await cf.appNamed("echo");
    const before = rig.dea.starts.length;
    expect((await cf.post(`/v3/apps/${app}/processes/web/actions/scale`, { instances: 4 })).status).to.equal(202);
    await until("the fourth start", () => rig.dea.starts.length === before + 1, 5000);
    expect(rig.dea.starts.at(-1)).to.include({ index: 3 });
    await cf.post(`/v3/apps/${app}/processes/web/actions/scale`, { instances: 2 });
    await until("two stops", () => rig.dea.of("dea.stop").some((stop) => String(stop.indices) === "2,3"), 5000);
    expect((await cf.post<App>(`/v3/apps/${app}/actions/stop`)).json.state).to.equal("STOPPED");
    await until("the app to be stopped", () => rig.dea.of("dea.stop").some((stop) => stop.droplet === app && stop.indices === undefined), 5000);
    expect((await cf.get<Stats>(`/v3/processes/${app}/stats`)).json.resources.map((stat) => stat.state)).to.deep.equal(["DOWN", "DOWN"]);
    await cf.post(`/v3/apps/${app}/actions/start`);
    await until("both to start in the next version", () => rig.dea.starts.filter((start) => String(start.version).endsWith("-2")).length === 2, 5000);
    expect((await cf.post(`/v3/apps/${app}/actions/start`)).status, "already started").to.equal(200);
  });

  it("asks the DEAs how instances are", async () => {
    const app = await cf.appNamed("echo");
    const listener = rig.lab.bus.subscribe("dea.find.droplet", {
      callback: (_, message) => {
        const asked = message.json<{ droplet: string }>();
        if (asked.droplet !== app) return;
        const stats = { host: "127.0.0.1", port: 61001, uptime: 7.9, usage: { cpu: 0.5, mem: 1024, disk: 10 } };
        // What crashed before the one that runs now is told of for a while, too.
        for (const [index, state] of [
          [0, "CRASHED"],
          [0, "CRASHED"],
          [1, "CRASHED"],
          [0, "RUNNING"],
        ] as const)
          message.respond(JSON.stringify({ index, state, instance: `i${index}`, stats }));
      },
    });
    await rig.lab.bus.flush();
    const { json } = await cf.get<Stats>(`/v3/processes/${app}/stats`);
    listener.unsubscribe();
    expect(json.resources.map((stat) => [stat.state, stat.routable])).to.deep.equal([
      ["RUNNING", true],
      ["CRASHED", false],
    ]);
    expect(json.resources[0]).to.include({ uptime: 7, mem_quota: 64 * 2 ** 20 });
  });

  it("maps and unmaps routes: a filter that is present but empty is not absent, and instances hear of it", async () => {
    const app = await cf.appNamed("echo");
    const shared = (await cf.first("/v3/domains")).guid;
    const relationships = { space: { data: { guid: space } }, domain: { data: { guid: shared } } };
    const plain = (await cf.post<Ref>("/v3/routes", { host: "other", relationships })).json;
    expect((await cf.post("/v3/routes", { host: "other", path: "/deep", relationships })).status).to.equal(201);
    expect((await cf.post("/v3/routes", { host: "other", relationships })).status).to.equal(422);
    const found = await cf.list<Route>(`/v3/routes?domain_guids=${shared}&hosts=other&paths=&page=1&per_page=1`);
    expect(found.map((route) => route.url)).to.deep.equal(["other.flounder.test"]);
    expect(await cf.list("/v3/routes?hosts=other")).to.have.length(2);
    const mapped = await cf.post<Destinations>(`/v3/routes/${plain.guid}/destinations`, { destinations: [{ app: { guid: app } }] });
    await until("dea.update", () => rig.dea.of("dea.update").some((update) => String(update.uris) === "echo.flounder.test,other.flounder.test"), 5000);
    expect((await cf.send("DELETE", `/v3/routes/${plain.guid}/destinations/${mapped.json.destinations[0]!.guid}`)).status).to.equal(204);
    await until("dea.update", () => String(rig.dea.of("dea.update").at(-1)?.uris) === "echo.flounder.test", 5000);
    expect(await cf.list(`/v3/apps/${app}/routes`)).to.have.length(1);
  });

  it("pages with absolute addresses", async () => {
    const first = (await cf.get<Page<Named>>("/v3/apps?order_by=name&per_page=2")).json;
    expect(first.pagination.total_results).to.be.greaterThan(2);
    const { href } = first.pagination.next!;
    expect(href).to.match(new RegExp(`^${cf.origin}/v3/apps\\?`));
    const next = await cf.list<Named>(href.slice(cf.origin.length));
    const names = [...first.resources, ...next].map((app) => app.name);
    expect(names).to.deep.equal([...new Set(names)].sort());
  });

  it("changes the environment and shows events, newest first", async () => {
    const app = await cf.appNamed("echo");
    expect((await cf.send("PATCH", `/v3/apps/${app}/environment_variables`, { var: { SIZE: 7, COLOUR: null } })).json).to.deep.equal({ var: { SIZE: "7" } });
    expect((await cf.get<Environment>(`/v3/apps/${app}/env`)).json.environment_variables).to.deep.equal({ SIZE: "7" });
    const events = (await cf.list<AuditEvent>(`/v3/audit_events?target_guids=${app}&order_by=-created_at&page=1`)).map((event) => event.type);
    expect(events[0]).to.equal("audit.app.update");
    expect(events).to.include.members([
      "audit.app.create",
      "audit.app.package.upload",
      "audit.app.build.create",
      "audit.app.droplet.create",
      "audit.app.restart",
    ]);
    expect(events.at(-1)).to.equal("audit.app.create");
  });

  it("deletes by a job whose address is absolute; an org takes all that is in it along", async () => {
    const app = await cf.appNamed("echo");
    const answer = await cf.send("DELETE", `/v3/apps/${app}`);
    expect(answer.status).to.equal(202);
    expect(answer.headers.get("location")).to.match(new RegExp(`^${cf.origin}/v3/jobs/`));
    expect((await cf.job(answer)).json.state).to.equal("COMPLETE");
    expect((await cf.get(`/v3/apps/${app}`)).status).to.equal(404);
    await until("its instances to be stopped", () => rig.dea.of("dea.stop").at(-1)?.droplet === app, 5000);

    const org = (await cf.post<Ref>("/v3/organizations", { name: "short-lived", suspended: false })).json.guid;
    const inside = (await cf.post<Ref>("/v3/spaces", { name: "s", relationships: { organization: { data: { guid: org } } } })).json.guid;
    const doomed = await cf.push(inside, "doomed", echo);
    expect((await cf.job(await cf.send("DELETE", `/v3/organizations/${org}`))).json.state).to.equal("COMPLETE");
    expect((await cf.get(`/v3/apps/${doomed}`)).status).to.equal(404);
    await until("its instances to be stopped", () => rig.dea.of("dea.stop").some((stop) => stop.droplet === doomed && stop.indices === undefined), 5000);
    expect(await cf.list("/v3/routes?hosts=doomed")).to.deep.equal([]);
  });

  it("has a fingerprint that shows each planted difference, and none for what is in the probes' org", async () => {
    const print = () => rig.ccs.get("cc-2")!.ask("/fingerprint") as Promise<Record<string, string>>;
    const app = await cf.push(space, "printed", echo);
    const seen = new Set([JSON.stringify(await print())]);
    const plant = async (what: string, act: Promise<unknown>) => {
      await act;
      const now = JSON.stringify(await print());
      expect(seen.has(now), what).to.equal(false);
      seen.add(now);
    };
    await plant("instances", cf.post(`/v3/apps/${app}/processes/web/actions/scale`, { instances: 2 }));
    await plant("memory", cf.post(`/v3/apps/${app}/processes/web/actions/scale`, { memory_in_mb: 65 }));
    await plant("state", cf.post(`/v3/apps/${app}/actions/stop`));
    await plant("environment", cf.send("PATCH", `/v3/apps/${app}/environment_variables`, { var: { A: "1" } }));
    await plant("name", cf.send("PATCH", `/v3/apps/${app}`, { name: "renamed" }));
    await plant("domain", cf.post("/v3/domains", { name: "other.test" }));
    await plant("command", cf.send("PATCH", `/v3/processes/${app}`, { command: "node other.js" }));
    const before = await print();
    await cf.push(await cf.space("probes"), "unseen", echo);
    expect(await print()).to.deep.equal(before);
    expect(await rig.ccs.get("cc-1")!.ask(`/exists?app=${app}&app=none`)).to.deep.equal({
      existing: [{ guid: app, name: "renamed", state: "STOPPED", instances: 2 }],
    });
  });
});
