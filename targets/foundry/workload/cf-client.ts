/**
 * A small Cloud Foundry v3 client for what the harness does to a foundation outside of samples: prepare, tidy, tests.
 * It speaks to one address with the API's name as Host, so it needs no DNS. Sequence of a push: cf-api §2.
 */
import { randomUUID } from "node:crypto";
import { until } from "../../../harness/clock.js";
import type { Credentials } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import { type AppFile, type Resource, resource, zipOf } from "./app-bits.js";
import { send } from "./http.js";
import { multipart } from "./multipart.js";

export interface CfAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly json: unknown;
}
export interface CfApp {
  readonly guid: string;
  readonly name: string;
  readonly state: "STARTED" | "STOPPED";
}
export interface CfStat {
  readonly index: number;
  readonly state: string;
}
/** What a manifest says of an app; route: map <name>.<domain> to it. */
export interface PushSpec {
  readonly name: string;
  readonly instances: number;
  readonly memoryMb: number;
  readonly buildpack: string;
  readonly command?: string;
  readonly route: boolean;
}

const requestTimeoutMs = 10_000;
const pollMs = 80;

export class CfClient {
  #token = "";

  /** origin: "http://10.1.2.3:4711", a CC's own port or the front door; host: "api.<domain>". */
  constructor(
    readonly origin: string,
    readonly host: string,
    private readonly credentials: Credentials,
  ) {}

  get token(): string {
    return this.#token;
  }

  /** Seconds for which the token is still good; 0 without one. */
  get expiresInS(): number {
    const [, claims] = this.#token.split(".");
    if (claims === undefined) return 0;
    const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { exp: number };
    return Math.max(0, exp - Date.now() / 1000);
  }

  /** Gets a token (UAA password grant; client `cf` with an empty secret). */
  async login(): Promise<void> {
    this.#token = await this.anotherToken();
  }

  /** A token that this client does not use: to be revoked. */
  async anotherToken(): Promise<string> {
    const { user, password } = this.credentials;
    const form = new URLSearchParams({ grant_type: "password", username: user, password });
    const answer = await this.#send("POST", "/oauth/token", form.toString(), {
      "content-type": "application/x-www-form-urlencoded",
      authorization: "Basic Y2Y6",
    });
    return (answer.json as { access_token: string }).access_token;
  }

  /** One call with the token; an answer of 400 and above is a FlounderError "platform", no answer one "unreachable". */
  call(method: string, path: string, body?: unknown): Promise<CfAnswer> {
    return this.#send(method, path, body === undefined ? undefined : JSON.stringify(body), { "content-type": "application/json" });
  }

  async orgGuid(name: string): Promise<string> {
    const found = await this.#firstOf(`/v3/organizations?names=${encodeURIComponent(name)}`);
    return found?.guid ?? this.#guid(await this.call("POST", "/v3/organizations", { name, suspended: false }));
  }

  async spaceGuid(org: string, name: string): Promise<string> {
    const orgGuid = await this.orgGuid(org);
    const found = await this.#firstOf(`/v3/spaces?names=${encodeURIComponent(name)}&organization_guids=${orgGuid}`);
    return found?.guid ?? this.#guid(await this.call("POST", "/v3/spaces", { name, relationships: { organization: { data: { guid: orgGuid } } } }));
  }

  async apps(spaceGuid: string): Promise<readonly CfApp[]> {
    const answer = await this.call("GET", `/v3/apps?space_guids=${spaceGuid}&per_page=5000`);
    return (answer.json as { resources: CfApp[] }).resources;
  }

  async app(spaceGuid: string, name: string): Promise<CfApp | undefined> {
    return (await this.#firstOf(`/v3/apps?names=${encodeURIComponent(name)}&space_guids=${spaceGuid}`)) as CfApp | undefined;
  }

  async createApp(spaceGuid: string, name: string): Promise<string> {
    return this.#guid(await this.call("POST", "/v3/apps", { name, relationships: { space: { data: { guid: spaceGuid } } } }));
  }

  /** Everything of `cf push` up to the current droplet; the app is not started. Resolves with the app's guid. */
  async push(spaceGuid: string, spec: PushSpec, files: readonly AppFile[]): Promise<string> {
    await this.#applyManifest(spaceGuid, spec);
    const app = await this.app(spaceGuid, spec.name);
    if (!app) throw new FlounderError("platform", `app ${spec.name} is not there after its manifest was applied`, "look into the logs of the CCs");
    const droplet = await this.stage(await this.upload(app.guid, files));
    await this.call("PATCH", `/v3/apps/${app.guid}/relationships/current_droplet`, { data: { guid: droplet } });
    return app.guid;
  }

  /** Asks which files are known, uploads the others; resolves with the package's guid when it is READY. */
  async upload(appGuid: string, files: readonly AppFile[]): Promise<string> {
    const all = files.map(resource);
    const known = ((await this.call("POST", "/v3/resource_matches", { resources: all })).json as { resources: Resource[] }).resources;
    const missing = files.filter((file) => !known.some((match) => match.path === file.path));
    const guid = this.#guid(await this.call("POST", "/v3/packages", { type: "bits", relationships: { app: { data: { guid: appGuid } } } }));
    const { contentType, body } = multipart(
      [
        { name: "resources", content: JSON.stringify(known) },
        ...(missing.length > 0 ? [{ name: "bits", filename: "package.zip", content: await zipOf(missing) }] : []),
      ],
      randomUUID(),
    );
    const answer = await this.#send("POST", `/v3/packages/${guid}/upload`, body, { "content-type": contentType });
    if ((answer.json as { state: string }).state !== "READY") await this.#pollState(`/v3/packages/${guid}`, "READY", ["FAILED", "EXPIRED"]);
    return guid;
  }

  /** Builds a package; resolves with the droplet's guid. */
  async stage(packageGuid: string): Promise<string> {
    const build = this.#guid(await this.call("POST", "/v3/builds", { package: { guid: packageGuid } }));
    const staged = (await this.#pollState(`/v3/builds/${build}`, "STAGED", ["FAILED"])) as { droplet: { guid: string } };
    return staged.droplet.guid;
  }

  async start(appGuid: string): Promise<void> {
    await this.call("POST", `/v3/apps/${appGuid}/actions/start`);
  }
  async stop(appGuid: string): Promise<void> {
    await this.call("POST", `/v3/apps/${appGuid}/actions/stop`);
  }
  async scale(appGuid: string, instances: number): Promise<void> {
    await this.call("POST", `/v3/apps/${appGuid}/processes/web/actions/scale`, { instances });
  }
  async remove(appGuid: string): Promise<void> {
    await (await this.removal(appGuid)).done();
  }
  /** Resolves when it is accepted; `done` when it is done. */
  async removal(appGuid: string): Promise<{ done(): Promise<void> }> {
    const accepted = await this.call("DELETE", `/v3/apps/${appGuid}`);
    return { done: () => this.#job(accepted) };
  }

  async stats(appGuid: string): Promise<readonly CfStat[]> {
    const processes = (await this.call("GET", `/v3/apps/${appGuid}/processes`)).json as { resources: { guid: string; type: string }[] };
    const web = processes.resources.find((process) => process.type === "web");
    if (!web) return [];
    return ((await this.call("GET", `/v3/processes/${web.guid}/stats`)).json as { resources: CfStat[] }).resources;
  }

  async #applyManifest(spaceGuid: string, spec: PushSpec): Promise<void> {
    // JSON is YAML, so no emitter is needed for a manifest this small.
    const app = {
      name: spec.name,
      memory: `${spec.memoryMb}M`,
      instances: spec.instances,
      buildpacks: [spec.buildpack],
      ...(spec.command === undefined ? {} : { command: spec.command }),
      ...(spec.route ? { "default-route": true } : { "no-route": true }),
    };
    const answer = await this.#send("POST", `/v3/spaces/${spaceGuid}/actions/apply_manifest`, JSON.stringify({ applications: [app] }), {
      "content-type": "application/x-yaml",
    });
    await this.#job(answer);
  }

  /** Waits for the job that an answer's Location names (an absolute URL: only its path is used, the address is ours). */
  async #job(answer: CfAnswer): Promise<void> {
    const location = answer.headers.location;
    if (typeof location === "string") await this.#pollState(new URL(location, this.origin).pathname, "COMPLETE", ["FAILED"]);
  }

  async #pollState(path: string, wanted: string, bad: readonly string[]): Promise<unknown> {
    let last: { state?: string } = {};
    await until(
      `${path} to be ${wanted}`,
      async () => {
        last = (await this.call("GET", path)).json as { state?: string };
        return last.state === wanted || bad.includes(last.state ?? "");
      },
      60_000,
      pollMs,
    );
    if (last.state !== wanted)
      throw new FlounderError("platform", `${path} is ${last.state}: ${JSON.stringify(last).slice(0, 300)}`, "look into the logs of the CCs");
    return last;
  }

  async #firstOf(path: string): Promise<{ guid: string } | undefined> {
    return ((await this.call("GET", path)).json as { resources: { guid: string }[] }).resources[0];
  }

  #guid(answer: CfAnswer): string {
    return (answer.json as { guid: string }).guid;
  }

  async #send(method: string, path: string, body: string | Uint8Array | undefined, headers: Record<string, string>): Promise<CfAnswer> {
    const what = `${method} ${this.origin}${path}`;
    const answer = await send(`${this.origin}${path}`, {
      method,
      headers: { host: this.host, accept: "application/json", ...(this.#token === "" ? {} : { authorization: `bearer ${this.#token}` }), ...headers },
      body,
      deadlineMs: requestTimeoutMs,
    }).catch((error: Error) => {
      throw new FlounderError("unreachable", `${what}: ${error.message}`, "is the foundation up? `flounder status` says", { cause: error });
    });
    if (answer.status >= 400)
      throw new FlounderError("platform", `${what} answered ${answer.status}: ${answer.body.slice(0, 300)}`, "look into the logs of the CCs: `flounder logs`");
    return { status: answer.status, headers: answer.headers, json: answer.body === "" ? {} : JSON.parse(answer.body) };
  }
}
