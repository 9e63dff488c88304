/** For tests: starts the real bundles and a real nats-server on free ports, with the environment that an engine would give them. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHmac, randomInt } from "node:crypto";
import { chownSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { adminLabel, busLabel, watchLabel } from "../../../contract/secrets.js";
import type { TimersMs } from "../../../contract/timers.js";
import { gorouterUser, inboxOf, ownerUser } from "../../nats/rights.js";
import { knock } from "../knock.js";
import { until } from "../until.js";

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
  blobGrace: 60_000,
  healthProbe: 500,
  discoverTimeout: 2000,
  taintPerInstance: 10,
  taintFull: 100,
  taintMax: 250,
  natsReconnectWait: 250,
  storageDeadline: 1000,
  stagingTimeout: 120_000,
};

/** What components, and tests in their place, are granted; the topology says who is granted what. */
const labels = ["admin-password", "broker-password", "ccdb-password", "jwt-key"];
labels.push("droplets", "mirror", "system-routes", "messaging-operator", "messaging-system", "service-ids", "servicedb-password");
labels.push("sftp:cabinet-a", "sftp:cabinet-b");
export const secretOf = (label: string): string => createHmac("sha256", "lab").update(label).digest("hex");
/** Writes them as an engine would, all of them: to a file that `owner` alone can read. Resolves with its path. */
export function grantAll(dir: string, owner?: { readonly uid?: number; readonly gid?: number }): string {
  const path = join(dir, "secrets.json");
  rmSync(path, { force: true });
  writeFileSync(path, JSON.stringify(Object.fromEntries(labels.map((label) => [label, secretOf(label)]))), { mode: 0o600 });
  if (owner?.uid !== undefined && owner.gid !== undefined) chownSync(path, owner.uid, owner.gid);
  return path;
}

/** Who is on a lab's bus. */
const busMembers = [
  "cc-1=cc",
  "cc-2=cc",
  "cc-3=cc",
  "dea-1=dea",
  "dea-2=dea",
  "hm-1=hm",
  "router-1=router",
  "router-2=router",
  "router-3=router",
  "monitor-1=monitor",
  // Where there is one of each, it may be called like its role.
  ...["cc", "dea", "hm", "router", "monitor"].map((role) => `${role}=${role}`),
];
const balancers = ["lb", "firewall", "dns"].flatMap((role) => [1, 2, 3].map((n) => `${role}-${n}`));
const named = [
  ...busMembers.map((member) => member.split("=")[0]!),
  ...balancers,
  "cabinet-a",
  "cabinet-b",
  "service-1",
  "cabinet",
  "service",
  "lb",
  "firewall",
  "dns",
];
for (const name of [...named, ownerUser, gorouterUser]) labels.push(busLabel(name), adminLabel(name), watchLabel(name));
/** How tests connect to it: they hear and say everything. */
export const busOwner = { user: ownerUser, pass: secretOf(busLabel(ownerUser)), inboxPrefix: inboxOf(ownerUser) };

const given = new Set<number>();
/** Below the ephemeral range: an outgoing connection must not take it before its owner listens. Never the same twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (given.has(port)) continue;
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (!free) continue;
    given.add(port);
    return port;
  }
}

export interface Part {
  readonly name: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly host: string;
  port(name: string): number;
  /** GET, or POST if there is a body; the answer's JSON. Rejects on any status but 200. */
  ask(path: string, body?: object): Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with its exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** What it has said so far. */
  log(): string;
}
export type NatsServer = Pick<Part, "pid" | "signal" | "ended" | "log"> & { readonly client: number; readonly config: string };
export interface PartOptions {
  readonly ports: readonly string[];
  /** Numbers for some of the ports; the others are free ones. */
  readonly at?: Readonly<Record<string, number>>;
  readonly links?: Readonly<Record<string, number>>;
  readonly timers?: Partial<TimersMs>;
  readonly policy?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the others find it; 127.0.0.1. */
  readonly host?: string;
  /** Words of a command that starts it: ["ip", "netns", "exec", "name"]. */
  readonly through?: readonly string[];
  /** Resolves at once, not when it is ready. */
  readonly early?: boolean;
}

/** The folder of the bundles, which have the names of roles. */
export const bundles = join(dirname(fileURLToPath(import.meta.url)), "../..");
const upper = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, "_");

export class Lab {
  readonly dir = mkdtempSync(join(tmpdir(), "flounder-platform-"));
  /** Its mark in the environment of all that components start. */
  readonly foundation = `lab-${process.pid}-${randomInt(1e9).toString(36)}`;
  readonly #children: ChildProcess[] = [];

  async #environment(name: string, options: PartOptions): Promise<{ ports: Record<string, number>; dataDir: string; env: NodeJS.ProcessEnv }> {
    const dataDir = join(this.dir, name);
    mkdirSync(dataDir, { recursive: true });
    const ports: Record<string, number> = {};
    for (const port of options.ports) ports[port] = options.at?.[port] ?? (await freePort());
    const env: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      ...(process.env.SFTP_SERVER ? { SFTP_SERVER: process.env.SFTP_SERVER } : {}),
      ...(process.env.CONFINE ? { CONFINE: process.env.CONFINE } : {}),
      FLOUNDER_FOUNDATION: this.foundation,
      FLOUNDER_COMPONENT: name,
      SECRETS_FILE: grantAll(this.dir),
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

  #spawn(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): Omit<NatsServer, "client" | "config"> {
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
    const [command, ...args] = [...(options.through ?? []), process.execPath, bundle] as const;
    const spawned = this.#spawn(name, command!, args, env);
    const { host = "127.0.0.1" } = options;
    const ask = async (path: string, body?: object) => {
      const answer = await fetch(`http://${host}:${ports.admin}${path}`, {
        headers: { authorization: `Bearer ${secretOf(adminLabel(name))}`, ...(body ? { "content-type": "application/json" } : {}) },
        ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
      });
      const said = await answer.text();
      if (answer.status !== 200) throw new Error(`${name} ${path}: ${answer.status} ${said}`);
      return path === "/healthz" ? said : (JSON.parse(said) as unknown);
    };
    if (!options.early)
      await until(`${name} to be ready`, async () => (await ask("/healthz")) === "ok\n", 30_000, 20).catch((error) =>
        Promise.reject(new Error(`${error}\n${spawned.log()}`)),
      );
    return { ...spawned, name, dataDir, host, port: (port) => ports[port]!, ask };
  }

  /** A real nats-server, configured by the real prepare step; at the same port as before if `at` says so. */
  async nats(timersOf: Partial<TimersMs> = {}, at?: number): Promise<NatsServer> {
    const { ports, dataDir, env } = await this.#environment("nats-1", {
      ports: ["client"],
      env: { BUS_USERS: busMembers.join(",") },
      timers: timersOf,
      ...(at === undefined ? {} : { at: { client: at } }),
    });
    execFileSync(process.execPath, [join(bundles, "nats.mjs")], { env });
    const spawned = this.#spawn("nats-1", "nats-server", ["-c", join(dataDir, "nats.conf")], env);
    await until(
      "nats-server to answer",
      () =>
        knock("127.0.0.1", ports.client!, "INFO ", 1000).then(
          () => true,
          () => false,
        ),
      10_000,
      20,
    );
    return { ...spawned, client: ports.client!, config: join(dataDir, "nats.conf") };
  }

  /** A real toxiproxy-server; resolves with the URL of its API. */
  async toxiproxy(): Promise<string> {
    const port = await freePort();
    this.#spawn("toxiproxy", "flounder-toxiproxy", ["-host", "127.0.0.1", "-port", String(port)], { PATH: process.env.PATH, GUARD: "off", LOG_LEVEL: "error" });
    const url = `http://127.0.0.1:${port}`;
    await until("toxiproxy to answer", async () => (await fetch(`${url}/version`)).status === 200, 5000, 20);
    return url;
  }

  /** Pids of every process that carries this lab's marks, or those of one component: also of those whose parents are gone. */
  marked(component?: string): number[] {
    const marks = [`FLOUNDER_FOUNDATION=${this.foundation}`, ...(component === undefined ? [] : [`FLOUNDER_COMPONENT=${component}`])];
    return readdirSync("/proc").flatMap((pid) => {
      try {
        const lines = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/environ`, "utf8").split("\0") : [];
        return marks.every((mark) => lines.includes(mark)) ? [Number(pid)] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
  }

  /** Ends everything that was started, and what that has started, and removes the folder. */
  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    const gone = () => {
      const left = this.marked();
      for (const pid of left) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It ended meanwhile.
        }
      }
      return left.length === 0 && this.#children.every((child) => child.exitCode !== null || child.signalCode !== null);
    };
    try {
      await until("every process of the test to be gone", gone, 15_000, 20);
    } finally {
      rmSync(this.dir, { recursive: true, force: true });
    }
  }
}
