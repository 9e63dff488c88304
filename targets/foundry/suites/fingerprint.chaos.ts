/** Planted differences, none of them by a fault of ours: each changes the fingerprint while it is there, and only then. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import { foundation } from "../../../harness/mocha.js";
import { CfClient } from "../workload/cf-client.js";

interface Planted {
  plant(): Promise<unknown>;
  undo(): Promise<unknown>;
}

describe("the fingerprint", function () {
  this.timeout(120_000);
  const micro = foundation("micro");
  let cf: CfClient;
  let space: string;
  let app: string;
  let id: string;
  let made = "";
  const admin = (component: string, path: string, body: object = {}) => micro.client().call(component, path, body);
  const guid = async (answer: Promise<{ readonly json: unknown }>) => ((await answer).json as { guid: string }).guid;

  before(async () => {
    const facts = await micro.client().facts();
    await micro.system().prepare(facts, () => {});
    id = facts.id;
    const cc = facts.components.find((one) => one.name === "cc-1")!;
    cf = new CfClient(`http://${cc.host}:${cc.ports.api}`, `api.${facts.domain}`, facts);
    await cf.login();
    space = await cf.spaceGuid("flounder", "dev");
    app = (await cf.app(space, "app-1"))!.guid;
  });

  /** The API of one of the foundation's Toxiproxy servers, found as an outsider would: by its process. */
  function toxiproxy(): { readonly url: string; readonly token: string } {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        const env = Object.fromEntries(
          readFileSync(`/proc/${pid}/environ`, "utf8")
            .split("\0")
            .map((one) => one.split(/=(.*)/s)),
        );
        if (!words[0]!.includes("flounder-toxiproxy") || env.FLOUNDER_FOUNDATION !== id) continue;
        const token = (JSON.parse(readFileSync(env.SECRETS_FILE, "utf8")) as Record<string, string>)[(JSON.parse(env.GUARD) as { token: string }).token]!;
        return { url: `http://127.0.0.1:${words[words.indexOf("-port") + 1]}`, token };
      } catch {
        // it ended meanwhile
      }
    }
    throw new Error("no Toxiproxy server found");
  }
  const hm = async () => (await micro.client().facts()).components.find((one) => one.name === "hm-1")!.pid!;
  const proxied = async (method: "POST" | "DELETE") => {
    const { url, token } = toxiproxy();
    const headers = { authorization: `Bearer ${token}` };
    const [name] = Object.keys((await (await fetch(`${url}/proxies`, { headers })).json()) as object);
    const path = `${url}/proxies/${encodeURIComponent(name!)}/toxics${method === "DELETE" ? "/planted" : ""}`;
    const body = JSON.stringify({ name: "planted", type: "latency", attributes: { latency: 1 } });
    expect((await fetch(path, { method, headers, ...(method === "POST" ? { body } : {}) })).ok).to.equal(true);
  };

  const differences: Readonly<Record<string, Planted>> = {
    "an app more": {
      plant: async () => {
        made = await cf.createApp(space, "planted");
      },
      undo: () => cf.remove(made),
    },
    "an app stopped": { plant: () => cf.stop(app), undo: () => cf.start(app) },
    "an instance more": {
      plant: async () => {
        await cf.scale(app, 2);
        // Taken back before it runs, it would come up once more later.
        await until("it to run", async () => (await micro.client().fingerprint())["app-1/1"] === "RUNNING", 20_000);
      },
      undo: () => cf.scale(app, 1),
    },
    "a variable of an app": {
      plant: () => cf.call("PATCH", `/v3/apps/${app}/environment_variables`, { var: { PLANTED: "1" } }),
      undo: () => cf.call("PATCH", `/v3/apps/${app}/environment_variables`, { var: { PLANTED: null } }),
    },
    "a space more": {
      plant: async () => {
        made = await cf.spaceGuid("flounder", "planted");
      },
      undo: () => cf.call("DELETE", `/v3/spaces/${made}`),
    },
    "a route more": {
      plant: async () => {
        const [domain] = ((await cf.call("GET", "/v3/domains")).json as { resources: { guid: string }[] }).resources;
        const relationships = { space: { data: { guid: space } }, domain: { data: { guid: domain!.guid } } };
        made = await guid(cf.call("POST", "/v3/routes", { host: "planted", relationships }));
        await cf.call("POST", `/v3/routes/${made}/destinations`, { destinations: [{ app: { guid: app } }] });
      },
      undo: () => cf.call("DELETE", `/v3/routes/${made}`),
    },
    "a routing table held empty": {
      plant: () => admin("router-1", "/table/hold", { hold: true }),
      undo: () => admin("router-1", "/table/hold", { hold: false }),
    },
    "a balancer without its configuration": { plant: () => admin("lb-1", "/config/wipe"), undo: () => admin("lb-1", "/config/restore") },
    "a name server without its zones": { plant: () => admin("dns-1", "/config/wipe"), undo: () => admin("dns-1", "/config/restore") },
    "a firewall that denies": { plant: () => admin("firewall-1", "/rules/deny", { how: "reject" }), undo: () => admin("firewall-1", "/rules/allow") },
    "a health manager that stands still": { plant: async () => process.kill(await hm(), "SIGSTOP"), undo: async () => process.kill(await hm(), "SIGCONT") },
    "a toxic that nobody ordered": { plant: () => proxied("POST"), undo: () => proxied("DELETE") },
  };

  for (const [what, { plant, undo }] of Object.entries(differences))
    it(`changes with ${what}, and back`, async () => {
      const client = micro.client();
      const base = await client.fingerprint();
      expect(await client.fingerprint(), "the same twice").to.deep.equal(base);
      const same = async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(base);
      await plant();
      try {
        await until("the fingerprint to differ", async () => !(await same()), 5000);
      } finally {
        await undo();
      }
      await until("the fingerprint to be as before", same, 20_000, 200);
    });
});
