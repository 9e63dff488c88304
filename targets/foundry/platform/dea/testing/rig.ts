/** For tests: a DEA on a real bus, and somebody who gives it droplets and asks how they run. */

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tar from "tar";
import type { TimersMs } from "../../../contract/timers.js";
import { freePort, type Part } from "../../base/testing/lab.js";
import { BusLab } from "../../base/testing/lab-bus.js";
import { until } from "../../base/until.js";

/** As GET /instances says it. */
export interface Row {
  readonly name: string;
  readonly index: number;
  readonly instance: string;
  readonly state: string;
  readonly listenPort: number;
  readonly advertised: { readonly host: string; readonly port: number };
  readonly pid: number;
  readonly crashes: number;
}
export interface DeaOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timers?: Partial<TimersMs>;
  /** Without a bus it is never ready: then only its admin port is waited for. */
  readonly withoutBus?: boolean;
}

/** dist/targets/foundry/platform/dea/testing → the source of the sample apps, which is not built. */
const apps = join(dirname(fileURLToPath(import.meta.url)), "../../../../../../targets/foundry/apps");

async function echoDroplet(): Promise<Buffer> {
  const dir = mkdtempSync(join(tmpdir(), "flounder-droplet-"));
  try {
    mkdirSync(join(dir, "logs"));
    cpSync(join(apps, "echo"), join(dir, "app"), { recursive: true });
    writeFileSync(join(dir, "startup"), "#!/bin/sh\ncd app\nnode server.js > ../logs/stdout.log 2> ../logs/stderr.log &\nwait $!\n", { mode: 0o755 });
    await tar.c({ gzip: true, cwd: dir, file: join(dir, "d.tgz") }, ["startup", "app", "logs"]);
    return readFileSync(join(dir, "d.tgz"));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export class Rig {
  dea!: Part;
  /** How often the droplet was downloaded. */
  served = 0;
  /** Downloads wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly sha1: string;
  readonly #droplets: Server;

  private constructor(
    readonly lab: BusLab,
    readonly slots: string,
    bits: Buffer,
  ) {
    this.sha1 = createHash("sha1").update(bits).digest("hex");
    this.#droplets = createServer((_, response) => {
      this.served++;
      void this.gate.then(() => response.end(bits));
    });
  }

  static async open(): Promise<Rig> {
    const bits = await echoDroplet();
    const slots: string[] = [];
    for (const n of [0, 1, 2, 3, 4]) slots.push(`${await freePort()}:127.0.0.1:${10_000 + n}`);
    const rig = new Rig(await BusLab.open(), slots.join(","), bits);
    try {
      await new Promise<void>((resolve) => rig.#droplets.listen(0, "127.0.0.1", resolve));
      await rig.startDea();
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }

  async startDea(how: DeaOptions = {}): Promise<void> {
    this.dea = await this.lab.start("dea-1", "dea", {
      ports: [],
      timers: how.timers ?? {},
      env: { SLOTS: this.slots, RUNTIMES: "node,static", MEMORY_MB: "1024", ...how.env },
      early: how.withoutBus ?? false,
    });
    if (how.withoutBus) await until("the DEA to listen", async () => (await this.rows()).length >= 0, 5000, 20);
  }
  /** The agent alone: its apps live. */
  async killDea(): Promise<void> {
    this.dea.signal("SIGKILL");
    await this.dea.ended;
  }

  start(index: number, more: object = {}): void {
    const { port } = this.#droplets.address() as AddressInfo;
    this.lab.say("dea.dea-1.start", {
      droplet: "guid-1",
      name: "echo",
      uris: ["echo.flounder.test"],
      runtime: "node",
      sha1: this.sha1,
      executableUri: `http://127.0.0.1:${port}/staged_droplets/guid-1/${this.sha1}`,
      version: "v1",
      services: [],
      limits: { mem: 256, disk: 512, fds: 256 },
      env: ["GREETING=hi"],
      index,
      ...more,
    });
  }
  /** The DEA's id, or "silence". */
  discover(limits: object, runtime: string): Promise<string> {
    const asked = JSON.stringify({ droplet: "guid-1", limits, name: "echo", runtime, sha: this.sha1 });
    return this.lab.bus.request("dea.discover", asked, { timeout: 600, noMux: true }).then(
      (message) => message.json<{ id: string }>().id,
      () => "silence",
    );
  }
  async rows(): Promise<readonly Row[]> {
    return (await this.dea.ask("/instances")) as readonly Row[];
  }
  /** Resolves with them, by index, when there are so many. */
  async running(count: number): Promise<readonly Row[]> {
    const found = async () => (await this.rows()).filter((row) => row.state === "RUNNING");
    await until(`${count} running`, async () => (await found()).length === count, 10_000, 20);
    return (await found()).sort((a, b) => a.index - b.index);
  }

  async close(): Promise<void> {
    this.#droplets.close();
    await this.lab.close();
  }
}

export const answer = async (row: Row): Promise<Readonly<Record<string, unknown>>> =>
  (await (await fetch(`http://127.0.0.1:${row.listenPort}/?nonce=n1`)).json()) as Record<string, unknown>;
export const refuses = (row: Row): Promise<boolean> =>
  fetch(`http://127.0.0.1:${row.listenPort}/`).then(
    () => false,
    () => true,
  );
export const crash = (row: Row) => fetch(`http://127.0.0.1:${row.listenPort}/crash`, { method: "POST" });
