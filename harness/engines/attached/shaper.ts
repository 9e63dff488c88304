/**
 * Links that come late or are narrow: connections of whoever dials are led through a Toxiproxy on this machine, which listens at the gateway of their network.
 * No kernel needs netem for it, and the image stays as it is. Connections that stand already are torn down, so that they are made anew; when it ends, again.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "../../clock.js";
import { FlounderError } from "../../errors.js";
import { toxicsOf } from "../link.js";
import { launch } from "../local/processes/daemon.js";
import { isAlive, type Living, signal } from "../process-table.js";
import { derived, grant, secretsFolder, secretsName } from "../secrets.js";
import { ensureTools } from "../tools/ensure.js";
import { ToxiproxyApi } from "../toxiproxy.js";
import type { Deed, Deeds } from "./deeds.js";
import { type Ends, linkName } from "./ends.js";
import { addressBetween, type Members } from "./members.js";
import { dropTable, putTable, tableOf } from "./netns.js";

export interface Shape {
  readonly latencyMs?: number;
  readonly rateKBps?: number;
}
interface Server {
  readonly process: Living;
  readonly api: ToxiproxyApi;
}
const name = "toxiproxy-links";
const tokenLabel = `toxiproxy:${name}`;
const startMs = 5000;

export class Shaper {
  #server: Promise<Server> | undefined;
  readonly #proxies = new Map<string, readonly string[]>();

  constructor(
    private readonly place: { readonly foundation: string; readonly dir: string; readonly secret: string },
    private readonly members: Members,
    private readonly deeds: Deeds,
  ) {}

  async shape(ends: Ends, to: Shape): Promise<void> {
    const [dialler, dialled] = await Promise.all([this.members.there(ends.from), this.members.there(ends.to)]);
    const host = addressBetween(dialler, dialled);
    if (host === undefined)
      throw new FlounderError("refused", `${ends.from} and ${ends.to} are in no network together, or do not run`, "flounder status shows them");
    const gateway = await this.#gateway(ends);
    const { api } = await this.#up();
    const target = linkName(ends);
    const deed = this.#deed(ends);
    this.deeds.add(deed);
    await this.#removeProxies(target);
    const ports = Object.keys(this.members.of(ends.to).ports);
    const proxies = ports.map((port) => `${target}:${port}`);
    this.#proxies.set(target, proxies);
    await api.populate(ports.map((port, i) => ({ name: proxies[i]!, listen: `${gateway}:0`, upstream: `${host}:${port}`, enabled: true })));
    await Promise.all(proxies.flatMap((proxy) => toxicsOf(to).map((toxic) => api.addToxic(proxy, toxic))));
    const made = await api.all();
    const led = ports.map((port, i) => ({ port, to: made[proxies[i]!]!.listen }));
    await putTable(dialler.State.Pid, deed.table!, [
      // Before Docker's own, at -100.
      `chain led {\n type nat hook output priority -110; policy accept;\n${led.map(({ port, to: at }) => `ip daddr ${host} tcp dport ${port} dnat ip to ${at}`).join("\n")}\n}`,
      // What is led has another address by now: what has not was there before.
      `chain before {\n type filter hook output priority -5; policy accept;\n${led.map(({ port }) => `ip daddr ${host} tcp dport ${port} reject with tcp reset`).join("\n")}\n}`,
    ]);
  }
  async mend(ends: Ends): Promise<void> {
    const deed = this.#deed(ends);
    await dropTable(await this.members.pid(ends.from), deed.table!);
    await this.#removeProxies(linkName(ends));
    this.deeds.strike(deed);
  }
  /** With its server; one of an earlier keeper is found by its mark. */
  async end(): Promise<void> {
    const server = await this.#server?.catch(() => undefined);
    if (server) await endProcess(server.process);
  }

  #deed(ends: Ends): Deed {
    const target = linkName(ends);
    return { kind: "shaped", on: ends.from, target, capability: "link", table: tableOf(this.place.foundation, `shape ${target}`) };
  }
  async #removeProxies(target: string): Promise<void> {
    const proxies = this.#proxies.get(target);
    if (!proxies) return;
    const { api } = await this.#up();
    await Promise.all(proxies.map((proxy) => api.removeProxy(proxy)));
    this.#proxies.delete(target);
  }
  /** This machine's own address in a network that both are in. */
  async #gateway({ from, to }: Ends): Promise<string> {
    const shared = this.members.of(from).networks.filter((id) => this.members.of(to).networks.includes(id));
    for (const id of shared) {
      const network = await this.members.daemon.network(id);
      const gateway = network?.IPAM?.Config?.[0]?.Gateway;
      if (network?.Driver === "bridge" && gateway) return gateway.split("/")[0]!;
    }
    throw new FlounderError(
      "refused",
      `${from} and ${to} share no bridge network of this machine: their connections cannot be led over it`,
      "cut the link instead",
    );
  }

  #up(): Promise<Server> {
    this.#server ??= this.#start().catch((error: unknown) => {
      this.#server = undefined;
      throw error;
    });
    return this.#server.then(async (server) => {
      if (isAlive(server.process)) return server;
      this.#server = undefined;
      return this.#up();
    });
  }
  async #start(): Promise<Server> {
    const { foundation, dir, secret } = this.place;
    const { "flounder-toxiproxy": command } = await ensureTools(["flounder-toxiproxy"], (line) => console.log(line));
    grant(join(dir, "secrets"), { name, secrets: [tokenLabel] }, secret);
    const port = await freePort();
    const process = await launch(
      {
        name,
        argv: [command, "-host", "127.0.0.1", "-port", String(port)],
        env: {
          PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
          FLOUNDER_FOUNDATION: foundation,
          GUARD: JSON.stringify({ token: tokenLabel, introduce: {}, from: {} }),
          SECRETS_FILE: join(secretsFolder(join(dir, "secrets"), name), secretsName),
          LOG_LEVEL: "warn",
        },
        cwd: "/",
        log: join(dir, "logs", `${name}.log`),
      },
      () => {},
    );
    const api = new ToxiproxyApi(name, () => `http://127.0.0.1:${port}`, derived(secret, tokenLabel));
    await until(`${name} to answer`, () => api.answers(), startMs, 20).catch(async (error: unknown) => {
      await endProcess(process);
      throw error;
    });
    return { process, api };
  }
}

export async function endProcess(one: Living): Promise<void> {
  signal(one, "SIGKILL");
  await until("a helper to end", () => !isAlive(one), startMs, 10);
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
