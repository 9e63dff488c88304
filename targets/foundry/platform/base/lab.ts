/** For tests: starts the real bundles and a real nats-server on free ports, with the environment that an engine would give them. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TimersMs } from "./config.js";
import { until } from "./until.js";

/** Time factor 20's values, roughly; tests shorten what they wait for. */
const timers: TimersMs = {
  routeTtl: 6000,
  routePrune: 1500,
  routeRegister: 1000,
  heartbeat: 500,
  dbScan: 3000,
  dropletLost: 1500,
  dropletsAnalysis: 500,
  stableState: 3000,
  flappingTimeout: 9000,
  restartTimeout: 5000,
  natsPing: 6000,
  storageCheck: 1000,
  lunLost: 2000,
  crashReap: 180_000,
  longestDip: 1700,
  cacheFlush: 1500,
  mirrorLost: 3000,
  healthProbe: 500,
  discoverTimeout: 2000,
  taintPerInstance: 10,
  taintFull: 100,
  taintMax: 250,
  natsReconnectWait: 250,
  storageDeadline: 1000,
  stagingTimeout: 120_000,
};

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export interface Part {
  readonly name: string;
  readonly dataDir: string;
  readonly pid: number;
  port(name: string): number;
  /** GET, or POST if there is a body; the answer's JSON. Rejects on any status but 200. */
  ask(path: string, body?: object): Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with its exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** What it has said so far. */
  log(): string;
}
export interface PartOptions {
  readonly ports: readonly string[];
  /** Numbers for some of the ports; the others are free ones. */
  readonly at?: Readonly<Record<string, number>>;
  readonly links?: Readonly<Record<string, number>>;
  readonly timers?: Partial<TimersMs>;
  readonly policy?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Resolves at once, not when it is ready. */
  readonly early?: boolean;
}

const bundles = join(dirname(fileURLToPath(import.meta.url)), "..");
const upper = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, "_");

export class Lab {
  readonly dir = mkdtempSync(join(tmpdir(), "flounder-platform-"));
  readonly #children: ChildProcess[] = [];

  async #environment(name: string, options: PartOptions): Promise<{ ports: Record<string, number>; dataDir: string; env: NodeJS.ProcessEnv }> {
    const dataDir = join(this.dir, name);
    mkdirSync(dataDir, { recursive: true });
    const ports: Record<string, number> = {};
    for (const port of options.ports) ports[port] = options.at?.[port] ?? (await freePort());
    const env: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      FLOUNDER_FOUNDATION: "lab",
      FLOUNDER_COMPONENT: name,
      FOUNDATION_SECRET: "lab",
      DATA_DIR: dataDir,
      BIND_HOST: "127.0.0.1",
      DOMAIN: "flounder.test",
      TIMERS_MS: JSON.stringify({ ...timers, ...options.timers }),
      POLICY: JSON.stringify(options.policy ?? {}),
      ...options.env,
    };
    for (const [port, number] of Object.entries(ports)) env[`PORT_${upper(port)}`] = String(number);
    for (const [link, number] of Object.entries(options.links ?? {})) env[`LINK_${upper(link)}`] = `127.0.0.1:${number}`;
    return { ports, dataDir, env };
  }

  #spawn(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): Pick<Part, "pid" | "signal" | "ended" | "log"> {
    const path = join(this.dir, `${name}.log`);
    const file = openSync(path, "a");
    const child = spawn(command, args, { env, stdio: ["ignore", file, file] });
    closeSync(file);
    this.#children.push(child);
    if (child.pid === undefined) throw new Error(`${command} did not start`);
    return {
      pid: child.pid,
      signal: (signal) => void child.kill(signal),
      ended: new Promise((resolve) => child.once("exit", (status, signal) => resolve(signal ?? status ?? 0))),
      log: () => readFileSync(path, "utf8"),
    };
  }

  /** Starts the bundle of a role; resolves when its admin server says that it is ready. */
  async start(name: string, role: string, options: PartOptions): Promise<Part> {
    const { ports, dataDir, env } = await this.#environment(name, { ...options, ports: ["admin", ...options.ports] });
    const bundle = join(bundles, `${role}.mjs`);
    if (!existsSync(bundle)) throw new Error(`${bundle} is missing: run npm run build first`);
    const spawned = this.#spawn(name, process.execPath, [bundle], env);
    const ask = async (path: string, body?: object) => {
      const answer = await fetch(`http://127.0.0.1:${ports.admin}${path}`, body ? { method: "POST", body: JSON.stringify(body) } : {});
      const said = await answer.text();
      if (answer.status !== 200) throw new Error(`${name} ${path}: ${answer.status} ${said}`);
      return path === "/healthz" ? said : (JSON.parse(said) as unknown);
    };
    if (!options.early)
      await until(`${name} to be ready`, async () => (await ask("/healthz")) === "ok\n", 10_000, 20).catch((error) =>
        Promise.reject(new Error(`${error}\n${spawned.log()}`)),
      );
    return { ...spawned, name, dataDir, port: (port) => ports[port]!, ask };
  }

  /** A real nats-server, configured by the real prepare step; at the same port as before if `at` says so. */
  async nats(timersOf: Partial<TimersMs> = {}, at?: number): Promise<Pick<Part, "pid" | "signal" | "ended" | "log"> & { readonly client: number }> {
    const { ports, dataDir, env } = await this.#environment("nats-1", {
      ports: ["client", "monitor"],
      timers: timersOf,
      ...(at === undefined ? {} : { at: { client: at } }),
    });
    execFileSync(process.execPath, [join(bundles, "nats.mjs")], { env });
    const spawned = this.#spawn("nats-1", "nats-server", ["-c", join(dataDir, "nats.conf")], env);
    await until("nats-server to answer", async () => (await fetch(`http://127.0.0.1:${ports.monitor}/healthz`)).status === 200, 10_000, 20);
    return { ...spawned, client: ports.client! };
  }

  /** A real toxiproxy-server; resolves with the URL of its API. */
  async toxiproxy(): Promise<string> {
    const port = await freePort();
    this.#spawn("toxiproxy", "toxiproxy-server", ["-host", "127.0.0.1", "-port", String(port)], { PATH: process.env.PATH, LOG_LEVEL: "error" });
    const url = `http://127.0.0.1:${port}`;
    await until("toxiproxy to answer", async () => (await fetch(`${url}/version`)).status === 200, 5000, 20);
    return url;
  }

  /** Ends everything that was started and removes the folder. */
  async close(): Promise<void> {
    await Promise.all(
      this.#children.map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve();
            child.once("exit", () => resolve());
            child.kill("SIGKILL");
          }),
      ),
    );
    rmSync(this.dir, { recursive: true, force: true });
  }
}
