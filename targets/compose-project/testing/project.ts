/** A Compose project for tests, of an image that is here: web asks db for each answer, worker listens nowhere. It knows nothing of Flounder. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Dockerode from "dockerode";
import { until } from "../../../harness/clock.js";
import type { Event, Injection } from "../../../harness/core.js";
import { rulesLack } from "../../../harness/engines/attached/netns.js";
import { findCompose } from "../../../harness/engines/compose/docker/cli.js";
import { dockerEnv, dockerSocket } from "../../../harness/engines/compose/docker/socket.js";
import { newestImage } from "../../../harness/engines/compose/image/image-content.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { loadEngine } from "../../../harness/registry.js";
import { attach, lookAt } from "../../../harness/session/attach.js";

const run = promisify(execFile);

const web = `require("http").createServer((_, answer) => {
  const asked = require("http").get({ host: "db", port: 8080, agent: false, timeout: 400 }, (from) => { from.resume(); from.on("end", () => answer.end("ok\\n")); });
  asked.on("timeout", () => asked.destroy(new Error("db is silent")));
  asked.on("error", (error) => { answer.statusCode = 502; answer.end(error.message); });
}).listen(8080);`;
const db = `require("http").createServer((_, answer) => answer.end("db\\n")).listen(8080);`;
const worker = "setInterval(() => {}, 1000);";

/** In a before hook: skips where Docker, Compose, the image or the right to make packet rules lacks; where FLOUNDER_DOCKER=1 says that they must be here, that is a failure. */
export async function needsProject(test: { skip(): void }): Promise<void> {
  const problems = (await (await loadEngine("attached")).check()).map(({ what }) => what);
  if (!(await findCompose())) problems.push("there is no Compose");
  if (rulesLack() !== "") problems.push(rulesLack());
  const image =
    problems.length > 0 ||
    (await run("docker", ["image", "inspect", newestImage], { env: { ...process.env, ...dockerEnv() } }).then(
      () => true,
      () => false,
    ));
  if (!image) problems.push(`there is no image ${newestImage}: flounder images build --air-gapped`);
  if (problems.length === 0) return;
  if (process.env.FLOUNDER_DOCKER === "1") throw new Error(`FLOUNDER_DOCKER=1, but ${problems.join("; ")}`);
  test.skip();
}

/** What users set of a container: all but what Docker counts and chooses by itself. */
type Set = Readonly<Record<string, unknown>>;

export class TestProject {
  dir = "";
  readonly name = `flounder-try-${randomBytes(3).toString("hex")}`;
  readonly docker = new Dockerode({ socketPath: dockerSocket() });

  /** `more`: what is added to a service. */
  async up(more: Readonly<Record<string, object>> = {}): Promise<void> {
    this.dir = mkdtempSync(join(tmpdir(), "flounder-attached-"));
    const state = join(this.dir, "state");
    mkdirSync(state);
    process.env.XDG_STATE_HOME = state;
    // The mark by which whoever runs the tests finds what they left.
    const labels = { "org.flounder.foundation": this.name };
    const service = (code: string, own: object) => ({
      image: newestImage,
      entrypoint: ["node", "-e", code],
      init: true,
      stop_grace_period: "1s",
      labels: { ...labels },
      volumes: [`${this.dir}:/data:ro`],
      ...own,
    });
    const services: Record<string, object> = {
      web: service(web, { ports: ["127.0.0.1::8080"], restart: "always", ...more.web }),
      db: service(db, { networks: { default: { aliases: ["database"] } }, ...more.db }),
      worker: service(worker, { restart: "on-failure", ...more.worker }),
    };
    writeFileSync(this.file, JSON.stringify({ version: "2.4", services, networks: { default: { labels } } }));
    await this.compose("up", "-d");
    await until("web to answer", async () => (await this.ask()).ok, 30_000);
  }
  get file(): string {
    return join(this.dir, "docker-compose.json");
  }
  async compose(...words: readonly string[]): Promise<void> {
    const [program, ...first] = (await findCompose())!;
    await run(program!, [...first, "-p", this.name, "-f", this.file, ...words], { cwd: this.dir, env: { ...process.env, ...dockerEnv() } });
  }
  async down(): Promise<void> {
    await this.compose("down", "-t", "1", "-v");
    rmSync(this.dir, { recursive: true, force: true });
  }

  async id(service: string): Promise<string> {
    const label = [`com.docker.compose.project=${this.name}`, `com.docker.compose.service=${service}`];
    const [found] = await this.docker.listContainers({ all: true, filters: { label } });
    if (!found) throw new Error(`${service} has no container`);
    return found.Id;
  }
  inspect = async (service: string) => this.docker.getContainer(await this.id(service)).inspect();
  /** As any user of this machine asks: where its port is published just then. */
  async ask(path = "/"): Promise<{ readonly ok: boolean; readonly ms: number; readonly says: string }> {
    const begun = performance.now();
    try {
      const bound = (await this.inspect("web")).NetworkSettings.Ports["8080/tcp"]?.[0];
      const answer = await fetch(`http://127.0.0.1:${bound!.HostPort}${path}`, { signal: AbortSignal.timeout(1500) });
      return { ok: answer.ok, says: (await answer.text()).trim(), ms: performance.now() - begun };
    } catch (error) {
      return { ok: false, says: String((error as Error).cause ?? error), ms: performance.now() - begun };
    }
  }
  /** A command in a container of a service, as its owner would try it. */
  async inside(service: string, ...argv: readonly string[]): Promise<string> {
    const { stdout } = await run("docker", ["exec", await this.id(service), ...argv], { env: { ...process.env, ...dockerEnv() }, timeout: 10_000 });
    return stdout.trim();
  }
  /** What its owner set of each container and network. */
  async set(): Promise<Set> {
    const containers = await Promise.all(
      ["web", "db", "worker"].map(async (service) => {
        const { Name, Config, HostConfig, Image, Mounts, Path, Args, NetworkSettings, State } = await this.inspect(service);
        const networks = Object.entries(NetworkSettings.Networks).map(([name, { Aliases, IPAMConfig, Links, NetworkID }]) => [
          name,
          { Aliases, IPAMConfig, Links, NetworkID },
        ]);
        return [service, { Name, Config, HostConfig, Image, Mounts, Path, Args, networks, running: State.Running, paused: State.Paused }];
      }),
    );
    const [network] = await this.docker.listNetworks({ filters: { label: [`com.docker.compose.project=${this.name}`] } });
    const { Containers: _, ...rest } = await this.docker.getNetwork(network!.Id).inspect();
    return { ...Object.fromEntries(containers), network: rest };
  }
  attach = async (config?: string): Promise<KeeperClient> => attach(await lookAt(`compose:${this.name}`, config), this.name, () => {});
}

let nth = 0;
export const injection = (fault: string, target: string, options: object = {}, maxS = 60): Injection => ({
  id: `try-${++nth}`,
  act: "try",
  fault,
  options,
  target,
  atS: 0,
  maxS,
});

/** Injects, and resolves when its witness reads broken. */
export async function broken(client: KeeperClient, one: Injection): Promise<void> {
  const end = new AbortController();
  const events: Event[] = [];
  const listening = (async () => {
    for await (const event of client.events(end.signal)) events.push(event);
  })();
  try {
    await client.inject(one);
    const bit = () => events.some((event) => event.kind === "reading" && event.injection === one.id && event.reading.state === "broken");
    await until(`${one.fault} on ${one.target} to be seen`, bit, 15_000);
  } finally {
    end.abort();
    await listening;
  }
}
