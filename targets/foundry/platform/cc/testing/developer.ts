/** For tests: a developer with `cf`, as requests and as whole pushes. */

import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import yazl from "yazl";
import { adminPasswordLabel, typed } from "../../../contract/secrets.js";
import { secretOf } from "../../base/testing/lab.js";
import { until } from "../../base/until.js";
import type { ApiError, App, Build, Droplet, Job, Named, Package, Page, Ref, Resource, Token } from "./rig-types.js";

/** T is what the test takes the JSON for. */
export class Answer<T = unknown> {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly text: string,
  ) {}
  /** Throws if there is none. */
  get json(): T {
    try {
      return JSON.parse(this.text) as T;
    } catch {
      throw new Error(`${this.status} without JSON: ${this.text.slice(0, 200)}`);
    }
  }
  /** The first of what v3 says is wrong; throws if nothing is. */
  get error(): ApiError {
    const [first] = (this.json as { errors?: readonly ApiError[] }).errors ?? [];
    if (!first) throw new Error(`${this.status} without an error: ${this.text.slice(0, 200)}`);
    return first;
  }
}

export interface AppFile {
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}
export const resourceOf = (file: AppFile): Resource => ({
  path: file.path,
  mode: (file.mode ?? 0o644).toString(8),
  checksum: { value: createHash("sha1").update(file.content).digest("hex") },
  size_in_bytes: Buffer.byteLength(file.content),
});
export async function zipOf(files: readonly AppFile[], folders: readonly string[] = []): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const folder of folders) zip.addEmptyDirectory(folder);
  // A stream makes yazl write sizes behind the data (flag 8), as `cf` does.
  for (const file of files) zip.addBuffer(Buffer.from(file.content), file.path, { mode: 0o100000 | (file.mode ?? 0o644) });
  zip.end();
  return buffer(zip.outputStream);
}
export const inSpace = (space: string) => ({ relationships: { space: { data: { guid: space } } } });

/** One Cloud Controller's address, one token. Every request says application/json, also without a body. */
export class Developer {
  token = "";
  constructor(readonly origin: string) {}

  async send<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const content = body === undefined ? undefined : typeof body === "string" || body instanceof FormData ? body : JSON.stringify(body);
    const answer = await fetch(`${this.origin}${path}`, {
      method,
      headers: {
        accept: "application/json",
        ...(body instanceof FormData ? {} : { "content-type": "application/json" }),
        ...(this.token ? { authorization: `bearer ${this.token}` } : {}),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    return new Answer<T>(answer.status, answer.headers, await answer.text());
  }
  get<T>(path: string): Promise<Answer<T>> {
    return this.send<T>("GET", path);
  }
  post<T>(path: string, body?: unknown): Promise<Answer<T>> {
    return this.send<T>("POST", path, body);
  }
  async list<T>(path: string): Promise<readonly T[]> {
    return (await this.get<Page<T>>(path)).json.resources;
  }
  /** Throws if there is none. */
  async first<T = Ref>(path: string): Promise<T> {
    const [found] = await this.list<T>(path);
    if (!found) throw new Error(`nothing at ${path}`);
    return found;
  }

  async login(password = typed(secretOf(adminPasswordLabel))): Promise<Answer<Token>> {
    const form = new URLSearchParams({ grant_type: "password", username: "admin", password });
    const answer = await this.send<Token>("POST", "/oauth/token", form.toString(), {
      "content-type": "application/x-www-form-urlencoded",
      authorization: "Basic Y2Y6",
    });
    this.token = answer.json.access_token ?? "";
    return answer;
  }
  async space(name = "dev"): Promise<string> {
    return (await this.first(`/v3/spaces?names=${name}`)).guid;
  }
  /** Resolves with its guid. */
  async app(name: string, space: string): Promise<string> {
    return (await this.post<App>("/v3/apps", { name, ...inSpace(space) })).json.guid;
  }
  async appNamed(name: string): Promise<string> {
    return (await this.first<Named>(`/v3/apps?names=${name}`)).guid;
  }
  job(answer: Answer): Promise<Answer<Job>> {
    return this.#polled<Job>(new URL(answer.headers.get("location")!).pathname, "PROCESSING");
  }
  async manifest(space: string, yaml: string): Promise<Answer<Job>> {
    return this.job(await this.send("POST", `/v3/spaces/${space}/actions/apply_manifest`, yaml, { "content-type": "application/x-yaml" }));
  }
  async upload(app: string, matched: readonly object[], zip?: Buffer): Promise<Answer<Package>> {
    const made = await this.post<Package>("/v3/packages", { type: "bits", relationships: { app: { data: { guid: app } } } });
    const form = new FormData();
    form.append("resources", JSON.stringify(matched));
    if (zip) form.append("bits", new Blob([new Uint8Array(zip)]), "package.zip");
    return this.send<Package>("POST", `/v3/packages/${made.json.guid}/upload`, form);
  }
  async build(packageGuid: string): Promise<Answer<Build>> {
    const made = await this.post<Build>("/v3/builds", { package: { guid: packageGuid } });
    return this.#polled<Build>(`/v3/builds/${made.json.guid}`, "STAGING");
  }
  /** Of a build that is STAGED. */
  async droplet(built: Answer<Build>): Promise<Droplet> {
    return (await this.get<Droplet>(`/v3/droplets/${built.json.droplet!.guid}`)).json;
  }
  async #polled<T extends { readonly state: string }>(path: string, busy: T["state"]): Promise<Answer<T>> {
    let last = await this.get<T>(path);
    const over = async () => {
      last = await this.get<T>(path);
      return last.json.state !== busy;
    };
    await until(`${path} to end`, over, 20_000, 30);
    return last;
  }
  /** As `cf push`: manifest, upload, build, droplet, restart. Resolves with the app's guid. */
  async push(space: string, name: string, files: readonly AppFile[], keys = ""): Promise<string> {
    const applied = await this.manifest(space, `applications:\n- name: ${name}\n  memory: 64M\n  default-route: true\n${keys}`);
    if (applied.json.state !== "COMPLETE") throw new Error(applied.text);
    const app = await this.first(`/v3/apps?names=${name}&space_guids=${space}`);
    const uploaded = await this.upload(app.guid, [], await zipOf(files));
    if (uploaded.status !== 200) throw new Error(uploaded.text);
    const built = await this.build(uploaded.json.guid);
    if (built.json.state !== "STAGED") throw new Error(built.text);
    await this.send("PATCH", `/v3/apps/${app.guid}/relationships/current_droplet`, { data: { guid: built.json.droplet!.guid } });
    await this.post(`/v3/apps/${app.guid}/actions/restart`);
    return app.guid;
  }
}
