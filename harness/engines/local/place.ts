/** Where a foundation lives on this machine, and with which environment, command and user each of its processes is started. */
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Component, FoundationSpec } from "../../core.js";
import { serverName } from "../fleet.js";
import { guardOf, labelsOf } from "../guard.js";
import { grant, secretsFolder, secretsName } from "../secrets.js";
import { type Wiring, wiringEnv } from "../wiring.js";
import { hosts } from "./hosts.js";
import { makeFolder, reachableFile, type User, unprivilegedUser } from "./mounts/open-folder.js";
import type { Confinement } from "./processes/confine.js";
import type { Launch } from "./processes/daemon.js";
import type { Home, Toolbox } from "./toolbox.js";

/** Node has eleven threads, and as many more as it may wait on mounts; apps come on top. */
const processes = 1024;
const processesOfApps = 4096;

export class Place {
  constructor(
    readonly spec: FoundationSpec,
    readonly wiring: Wiring,
    readonly tools: Toolbox,
    readonly home: Home,
  ) {}

  /** Whom a component, or a Toxiproxy server, runs as; undefined: as we do. */
  userOf(name: string, refusesRoot = false): User | undefined {
    const { uids } = this.home;
    if (uids) return { uid: uids.of(name), gid: uids.of(name) };
    return refusesRoot ? unprivilegedUser() : undefined;
  }
  #user = ({ name, unprivileged }: Component) => this.userOf(name, unprivileged);
  /** What belongs to a component lies in the state folder, or where its user can reach it. */
  #base = (component: Component) => (this.#user(component) ? this.home.openDir : this.spec.dir);
  log = (name: string) => join(this.spec.dir, "logs", `${name}.log`);
  mountPath = (component: Component, volume: string) => join(this.#base(component), "mounts", component.name, volume);
  dataDir = (component: Component) => join(this.#base(component), "components", component.name);

  makeFolders(components: readonly Component[]): void {
    const { spec, home } = this;
    mkdirSync(join(spec.dir, "logs"), { recursive: true, mode: 0o700 });
    for (const folder of ["components", "mounts", "secrets"]) {
      if (home.openDir) makeFolder(join(home.openDir, folder), 0o711);
      // Where people look for it.
      if (home.uids) {
        rmSync(join(spec.dir, folder), { force: true });
        symlinkSync(join(home.openDir, folder), join(spec.dir, folder));
      } else mkdirSync(join(spec.dir, folder), { recursive: true, mode: 0o700 });
    }
    for (const component of components) {
      const user = this.#user(component);
      grant(join(this.#base(component), "secrets"), { name: component.name, secrets: labelsOf(component) }, spec.secret, user);
      if (!existsSync(this.dataDir(component))) makeFolder(this.dataDir(component), 0o700, user);
      // Ours, so that nobody puts something else in a mount's place; its group may walk through it.
      const mounts = join(this.#base(component), "mounts", component.name);
      if (Object.keys(component.mounts).length > 0) makeFolder(mounts, user ? 0o710 : 0o700, user && { uid: 0, gid: user.gid });
    }
  }

  /** Of a Toxiproxy server: what it is granted, and for whom its proxies introduce themselves. The variables that tell it so. */
  guard(linkClass: string): Record<string, string> {
    const { spec, wiring, home } = this;
    const name = serverName(linkClass);
    const user = this.userOf(name);
    const dialling = new Set(
      [...wiring.proxies.values()].flatMap((one) => (one.class === linkClass && one.protocol === "sftp" && one.from !== "*" ? [one.from] : [])),
    );
    // Mounts are ours, whoever uses them.
    const uids = [process.geteuid?.() ?? 0, ...(home.uids ? [...dialling].map((from) => home.uids!.of(from)) : [])];
    const { secrets, text } = guardOf(linkClass, wiring, uids);
    const dir = join(user ? home.openDir : spec.dir, "secrets");
    grant(dir, { name, secrets }, spec.secret, user);
    return { GUARD: text, SECRETS_FILE: join(secretsFolder(dir, name), secretsName) };
  }

  /** The marks, and what any program expects; nothing else of our own environment gets through. */
  env(name: string): Record<string, string> {
    const inherited = ["HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER"].flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]]));
    return { ...Object.fromEntries(inherited), ...this.tools.env, FLOUNDER_FOUNDATION: this.spec.id, FLOUNDER_COMPONENT: name };
  }

  main(component: Component): Launch {
    return this.#launch(component, component.command);
  }
  prepare(component: Component): Launch | undefined {
    return component.prepare && this.#launch(component, component.prepare);
  }

  #confinement(component: Component): Confinement {
    const user = this.#user(component);
    const { group } = this.home;
    if (!user) return { group };
    return { user, group, processes: component.slots ? processesOfApps : processes };
  }

  #launch(component: Component, command: readonly string[]): Launch {
    const { name } = component;
    const data = this.dataDir(component);
    const ports = this.wiring.ports.get(name)!;
    const confinement = this.#confinement(component);
    const apart = confinement.user !== undefined;
    const filled = command.map((word, at) => {
      const text =
        at === 0 ? this.tools.program(word) : word.replaceAll("{data}", data).replace(/\{port\.([^}]+)\}/g, (_, port: string) => String(ports[port]));
      return apart ? reachableFile(text, this.home.openDir) : text;
    });
    const { USER: _, ...env } = this.env(name);
    return {
      name,
      argv: filled,
      cwd: data,
      log: this.log(name),
      env: {
        ...(apart ? env : this.env(name)),
        ...component.env,
        ...wiringEnv(component, this.wiring, hosts, (volume) => this.mountPath(component, volume)),
        SECRETS_FILE: join(secretsFolder(join(this.#base(component), "secrets"), name), secretsName),
        DATA_DIR: data,
        ...(apart ? { HOME: data, TMPDIR: data } : {}),
      },
      confinement,
    };
  }
}
