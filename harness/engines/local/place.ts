/** Where a foundation lives on this machine, and with which environment and command each of its processes is started. */
import { chownSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Component, FoundationSpec } from "../../core.js";
import { grant, secretsFolder, secretsName } from "../secrets.js";
import { type Wiring, wiringEnv } from "../wiring.js";
import type { Launch } from "./daemon.js";
import { hosts } from "./hosts.js";
import { reachableFile, type User } from "./open-folder.js";
import type { Toolbox } from "./toolbox.js";

export class Place {
  constructor(
    readonly spec: FoundationSpec,
    readonly wiring: Wiring,
    readonly tools: Toolbox,
    /** Empty if no unprivileged user needs to reach anything. */
    readonly openDir: string,
    private readonly user: User | undefined,
  ) {}

  log = (name: string) => join(this.spec.dir, "logs", `${name}.log`);
  mountPath = (component: string, lun: string) => join(this.spec.dir, "mounts", component, lun);
  #apart = (component: Component) => component.unprivileged === true && this.user !== undefined;
  dataDir = (component: Component) => join(this.#apart(component) ? this.openDir : this.spec.dir, "components", component.name);

  #secretsDir = (component: Component) => join(this.#apart(component) ? this.openDir : this.spec.dir, "secrets");

  makeFolders(components: readonly Component[]): void {
    for (const dir of ["logs", "components", "mounts", "secrets"]) mkdirSync(join(this.spec.dir, dir), { recursive: true, mode: 0o700 });
    if (this.openDir) mkdirSync(join(this.openDir, "secrets"), { recursive: true, mode: 0o711 });
    for (const component of components) {
      grant(this.#secretsDir(component), component, this.spec.secret, this.#apart(component) ? this.user : undefined);
      const dir = this.dataDir(component);
      if (existsSync(dir)) continue;
      mkdirSync(dir, { recursive: true, mode: 0o755 });
      if (this.#apart(component) && this.user) chownSync(dir, this.user.uid, this.user.gid);
    }
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

  #launch(component: Component, command: readonly string[]): Launch {
    const { name } = component;
    const data = this.dataDir(component);
    const ports = this.wiring.ports.get(name)!;
    const apart = this.#apart(component);
    const filled = command.map((word, at) => {
      const text =
        at === 0 ? this.tools.program(word) : word.replaceAll("{data}", data).replace(/\{port\.([^}]+)\}/g, (_, port: string) => String(ports[port]));
      return apart ? reachableFile(text, this.openDir) : text;
    });
    return {
      name,
      argv: filled,
      cwd: data,
      log: this.log(name),
      env: {
        ...this.env(name),
        ...component.env,
        ...wiringEnv(component, this.wiring, hosts, (lun) => this.mountPath(name, lun)),
        SECRETS_FILE: join(secretsFolder(this.#secretsDir(component), name), secretsName),
        DATA_DIR: data,
        ...(apart ? { HOME: data, TMPDIR: data } : {}),
      },
      ...(apart ? { user: this.user } : {}),
    };
  }
}
