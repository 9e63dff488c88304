/** Toxiproxy servers as child processes. */
import { join } from "node:path";
import { until } from "../../clock.js";
import { type ServerKind, serverName } from "../fleet.js";
import { isAlive, type Living, signal } from "../process-table.js";
import type { Wiring } from "../wiring.js";
import { host } from "./hosts.js";
import type { Confinement } from "./processes/confine.js";
import { adopt, launch } from "./processes/daemon.js";

const killMs = 5000;

export interface ServersPlace {
  readonly wiring: Wiring;
  /** Path of our Toxiproxy. */
  readonly command: string;
  readonly dir: string;
  env(component: string): Record<string, string>;
  /** Of the server of one class. */
  guard(linkClass: string): Record<string, string>;
  confinement(server: string): Confinement;
}

export const localServers = ({ wiring, command, dir, env, guard, confinement }: ServersPlace): ServerKind<Living> => ({
  hostOf: () => host,
  launch(of, onExit) {
    const name = serverName(of);
    const argv = [command, "-host", host, "-port", String(wiring.servers.get(of)!)];
    return launch(
      { name, argv, env: { ...env(name), ...guard(of), LOG_LEVEL: "warn" }, cwd: "/", log: join(dir, "logs", `${name}.log`), confinement: confinement(name) },
      onExit,
    );
  },
  adopt: (_, one, onExit) => adopt(one, onExit),
  async goOn(_, one) {
    signal(one, "SIGCONT");
  },
  async kill(of, one) {
    signal(one, "SIGKILL");
    await until(`${serverName(of)} to be gone`, () => !isAlive(one), killMs, 10);
  },
  alive: (_, one) => isAlive(one),
});
