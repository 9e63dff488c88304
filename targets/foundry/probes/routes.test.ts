import { expect } from "chai";
import type { Call, FoundationFacts } from "../../../harness/core.js";
import { topology } from "../topology.js";
import { routes } from "./routes.js";

const org = topology("org", 20, {});
const addresses = {
  direct: (component: string, port: string) => ({ host: "127.0.0.1", port: `${component}.${port}`.length }),
  secret: (label: string) => label,
};
const instance = (name: string, index: number, listenPort: number, state = "RUNNING") => ({ name, index, state, listenPort });

describe("routes", () => {
  let turn = 0;
  const facts = () =>
    ({ id: `f-${turn}`, domain: "flounder.test", endpoints: { api: "http://api.flounder.test:8000", dns: ["127.0.0.1:53"] } }) as unknown as FoundationFacts;
  const ask = async (deas: Record<string, unknown[] | undefined>) => {
    const call: Call = async (component) => deas[component] ?? Promise.reject(new Error("silent"));
    const all = await routes(org, call, addresses, facts());
    return new Map(all.map((route) => [`${route.from} ${route.target}`, route]));
  };
  beforeEach(() => turn++);

  it("go by name and DNS from outside, to own ports from inside", async () => {
    const all = await ask({ "dea-1": [instance("app-1", 0, 5001)], "dea-2": [], "dea-3": [] });
    expect(all.get("outside api")).to.include({ url: "http://api.flounder.test:8000", host: "api.flounder.test" });
    expect(all.get("outside app-2")).to.deep.include({ url: "http://app-2.flounder.test:8000", resolvers: ["127.0.0.1:53"] });
    expect(all.get("inside cc-2")).to.deep.include({ url: "http://127.0.0.1:8", host: "api.flounder.test", resolvers: [] });
    expect(all.get("inside app-1/0")).to.deep.include({ url: "http://127.0.0.1:5001", host: "app-1.flounder.test", resolvers: [] });
    expect(all.size).to.equal(1 + 2 + 2 + 6);
  });
  it("are empty for an instance that does not run", async () => {
    const all = await ask({ "dea-1": [instance("app-1", 0, 5001, "STARTING")], "dea-2": [], "dea-3": [] });
    expect(all.get("inside app-1/0")?.url).to.equal("");
  });
  it("keep the last address of an instance whose agent is silent, and forget it when the agent says so", async () => {
    await ask({ "dea-1": [instance("app-1", 0, 5001)], "dea-2": [], "dea-3": [] });
    expect((await ask({ "dea-1": undefined, "dea-2": [], "dea-3": [] })).get("inside app-1/0")?.url).to.equal("http://127.0.0.1:5001");
    expect((await ask({ "dea-1": [], "dea-2": [], "dea-3": [] })).get("inside app-1/0")?.url).to.equal("");
  });
  it("move when another DEA runs it meanwhile, and stay with the first of two", async () => {
    await ask({ "dea-1": [instance("app-1", 0, 5001)], "dea-2": [], "dea-3": [] });
    expect((await ask({ "dea-1": undefined, "dea-2": [instance("app-1", 0, 6001)], "dea-3": [] })).get("inside app-1/0")?.url).to.equal(
      "http://127.0.0.1:6001",
    );
    const both = { "dea-1": [instance("app-1", 0, 5001)], "dea-2": [instance("app-1", 0, 6001)], "dea-3": [] };
    expect((await ask(both)).get("inside app-1/0")?.url).to.equal("http://127.0.0.1:6001");
  });
});
