/** Services on a real foundation: an app keeps a row in a database that it is bound to, the link between them is cut and mended, and accounts of the messaging server are apart. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import esbuild from "esbuild";
import { connect, jwtAuthenticator, type NatsConnection } from "nats";
import pg from "pg";
import { request } from "undici";
import { until } from "../../../harness/clock.js";
import { root } from "../../../harness/paths.js";
import { entrancesOf } from "../front-door.js";
import target from "../target.js";
import { liveFoundation } from "../testing/live-foundation.js";
import type { AppFile } from "./app-bits.js";
import type { CfAnswer, CfClient } from "./cf-client.js";
import { prober } from "./prepare.js";
import { probeOrg, sampleOrg } from "./sample-apps.js";

const shape = { cc: 2, dea: 1, router: 1, lb: 1, dns: 1, cabinets: ["cabinet-a"], lunsPerCabinet: 1, service: 1 } as const;

interface Credentials {
  readonly uri: string;
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly jwt: string;
  readonly seed: string;
}
interface Listed {
  readonly resources: readonly { readonly guid: string; readonly name: string }[];
}

/** The sample app with its database client in it: nothing is installed where it is staged. */
async function rowsApp(): Promise<readonly AppFile[]> {
  const dir = join(root, "targets", "foundry", "apps", "rows");
  const bundled = await esbuild.build({ entryPoints: [join(dir, "server.js")], bundle: true, platform: "node", external: ["pg-native"], write: false });
  return [
    { path: "package.json", mode: 0o644, content: readFileSync(join(dir, "package.json")) },
    { path: "server.js", mode: 0o644, content: Buffer.from(bundled.outputFiles[0]!.contents) },
  ];
}

describe("services for apps", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "services", profile: "org", shape });
  let client: CfClient;
  let space: string;
  let app: string;

  const ask = async (method: "GET" | "POST", path: string) => {
    const answer = await request(`${entrancesOf(live.facts).router}${path}`, {
      method,
      headers: { host: `rows.${live.facts.domain}` },
      signal: AbortSignal.timeout(5000),
    });
    return { status: answer.statusCode, json: (await answer.body.json()) as { nonce?: string; rows?: number; found?: boolean; error?: string } };
  };
  const finished = async (answer: CfAnswer): Promise<string> => {
    let state = "";
    const path = new URL(String(answer.headers.location)).pathname;
    await until(
      `${path} to end`,
      async () => {
        state = ((await client.call("GET", path)).json as { state: string }).state;
        return state !== "PROCESSING";
      },
      15_000,
    );
    return state;
  };
  const listed = async (path: string) => ((await client.call("GET", path)).json as Listed).resources;
  const order = async (name: string, offering: string, where = space): Promise<string> => {
    const [plan] = await listed(`/v3/service_plans?service_offering_names=${offering}`);
    const relationships = { space: { data: { guid: where } }, service_plan: { data: { guid: plan!.guid } } };
    expect(await finished(await client.call("POST", "/v3/service_instances", { type: "managed", name, relationships }))).to.equal("COMPLETE");
    return (await listed(`/v3/service_instances?names=${name}&space_guids=${where}`))[0]!.guid;
  };
  /** Resolves with the binding's guid. */
  const bind = async (instance: string, to: string): Promise<string> => {
    const relationships = { service_instance: { data: { guid: instance } }, app: { data: { guid: to } } };
    expect(await finished(await client.call("POST", "/v3/service_credential_bindings", { type: "app", relationships }))).to.equal("COMPLETE");
    return (await listed(`/v3/service_credential_bindings?app_guids=${to}&service_instance_guids=${instance}`))[0]!.guid;
  };
  const unbind = async (binding: string) =>
    expect(await finished(await client.call("DELETE", `/v3/service_credential_bindings/${binding}`))).to.equal("COMPLETE");
  const credentials = async (binding: string) =>
    ((await client.call("GET", `/v3/service_credential_bindings/${binding}/details`)).json as { credentials: Credentials }).credentials;
  const answers = () => until("the app to answer", async () => (await ask("GET", "/rows")).status !== 404, 20_000, 50);

  before(async () => {
    ({ client } = await prober(live.facts));
    space = await client.spaceGuid(sampleOrg.org, sampleOrg.space);
    await until("the services to be offered", async () => (await listed("/v3/service_offerings")).length === 2, 10_000);
    app = await client.push(space, { name: "rows", instances: 1, memoryMb: 64, buildpack: "nodejs_buildpack", route: true }, await rowsApp());
  });

  // seed: services <- the link from apps to their databases is cut
  it("give an app a database with its next start, which it keeps a row in while the link app>servicedb-1 is cut", async () => {
    await client.start(app);
    await answers();
    const nonce = randomUUID();
    expect((await ask("POST", `/rows?nonce=${nonce}`)).json, "before it is bound").to.deep.equal({ nonce, error: "no database is bound" });

    await bind(await order("books", "postgres"), app);
    await client.stop(app);
    await client.start(app);
    await until("the app to have its database", async () => (await ask("POST", `/rows?nonce=${nonce}`)).status === 201, 20_000, 100);
    expect(await ask("GET", `/rows?nonce=${nonce}`)).to.deep.equal({ status: 200, json: { nonce, found: true } });
    expect((await ask("GET", `/rows?nonce=${randomUUID()}`)).json.found).to.equal(false);

    const { link } = live.running.target("app>servicedb-1", ["link"]).can;
    for (const how of ["refuse", "reset", "swallow"] as const) {
      const meanwhile = randomUUID();
      await link.cut(how);
      expect(await link.carries(), how).to.equal(false);
      const cut = await ask("POST", `/rows?nonce=${meanwhile}`);
      expect(cut.status, `${how}: ${JSON.stringify(cut.json)}`).to.equal(503);
      expect(cut.json.nonce, "it is the app that says so").to.equal(meanwhile);
      await link.mend();
      await until("the app to read again", async () => (await ask("GET", `/rows?nonce=${nonce}`)).json.found === true, 10_000, 100);
      expect((await ask("GET", `/rows?nonce=${meanwhile}`)).json.found, `${how}: refused is not written`).to.equal(false);
    }
    // The gateway has a link of its own: orders are taken while no app reaches its database.
    await link.cut("refuse");
    await order("ordered-meanwhile", "postgres");
    await link.mend();
  });

  it("keep databases apart, and end with what they were bound by", async () => {
    const mine = await order("mine", "postgres");
    const [first, second] = [await client.createApp(space, "first"), await client.createApp(space, "second")];
    const binding = await bind(mine, first);
    const [a, b] = [await credentials(binding), await credentials(await bind(mine, second))];
    const stranger = await credentials(await bind(await order("theirs", "postgres"), first));
    const open = async (connectionString: string) => {
      const one = new pg.Client({ connectionString, connectionTimeoutMillis: 3000 });
      one.on("error", () => {});
      await one.connect();
      return one;
    };
    const ours = await open(a.uri);
    const also = await open(b.uri);
    await ours.query("create table words (word text)");
    await also.query("insert into words values ('shared')");
    expect((await ours.query("select word from words")).rows).to.deep.equal([{ word: "shared" }]);
    await also.end();
    const refusal = await open(stranger.uri.replace(stranger.name, a.name)).then(
      () => "let in",
      (error: Error) => error.message,
    );
    expect(refusal).to.match(/permission denied for database/);

    const thrownOut = new Promise<void>((resolve) => ours.once("end", resolve));
    await unbind(binding);
    await thrownOut;
    const refused = await open(a.uri).then(
      () => "let in",
      (error: Error) => error.message,
    );
    expect(refused).to.match(/password authentication failed|not permitted to log in/);
    const again = await open(b.uri);
    expect((await again.query("select word from words")).rows, "the other binding and the data stay").to.deep.equal([{ word: "shared" }]);
    await again.end();
    expect(await finished(await client.call("DELETE", `/v3/service_instances/${mine}`))).to.equal("COMPLETE");
    expect(
      await open(b.uri).then(
        () => "let in",
        () => "gone",
      ),
    ).to.equal("gone");
  });

  it("give accounts of the messaging server that cannot hear each other", async () => {
    const [blue, green] = [await order("blue", "messaging"), await order("green", "messaging")];
    const [one, two] = [await client.createApp(space, "speaker"), await client.createApp(space, "listener")];
    const bindings = { speaker: await bind(blue, one), neighbour: await bind(blue, two), stranger: await bind(green, two) };
    const enter = async (binding: string): Promise<NatsConnection> => {
      const { host, port, jwt, seed } = await credentials(binding);
      return connect({ servers: `${host}:${port}`, authenticator: jwtAuthenticator(jwt, new TextEncoder().encode(seed)), reconnect: false, timeout: 3000 });
    };
    const [speaker, neighbour, stranger] = [await enter(bindings.speaker), await enter(bindings.neighbour), await enter(bindings.stranger)];
    const heard: Record<string, string[]> = { neighbour: [], stranger: [] };
    for (const [name, nats] of Object.entries({ neighbour, stranger })) {
      nats.subscribe(">", { callback: (_, message) => void (message.subject.startsWith("_INBOX") || heard[name]!.push(message.subject)) });
      await nats.flush();
    }
    speaker.publish("orders.new", "1");
    await speaker.flush();
    stranger.publish("orders.other", "1");
    await stranger.flush();
    await until("who shares the account to hear it", () => heard.neighbour!.length > 0, 5000);
    // Each hears its own account's words after all that was said before: nothing else is on its way.
    await neighbour.flush();
    await stranger.flush();
    expect(heard).to.deep.equal({ neighbour: ["orders.new"], stranger: ["orders.other"] });

    const closed = speaker.closed();
    await unbind(bindings.speaker);
    await closed;
    const reason = await enter(bindings.neighbour).then(async (nats) => {
      await nats.close();
      return "let in";
    });
    expect(reason, "the other binding stays").to.equal("let in");
    // What the server knows of accounts outlives it.
    const { process: server } = live.running.target("servicenats-1", ["process"]).can;
    await server.kill("node");
    await server.start();
    await (await enter(bindings.stranger)).close();
    await Promise.all([neighbour.close(), stranger.close()]);
  });

  it("are words of the fingerprint, but for those of probes", async () => {
    const words = async () =>
      Object.entries(await target.fingerprint(live.running.topology, live.running.call, live.running)).filter(([key]) => key.startsWith("desired service"));
    const before = await words();
    expect(before).to.deep.include(["desired service flounder/dev/books", "postgres free, create succeeded, bound to rows"]);
    await order("of-a-probe", "postgres", await client.spaceGuid(probeOrg.org, probeOrg.space));
    expect(await words()).to.deep.equal(before);
    await order("another", "messaging");
    expect(await words()).to.deep.include(["desired service flounder/dev/another", "messaging free, create succeeded, bound to no app"]);
  });
});
