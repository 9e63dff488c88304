/** Toxiproxy servers as containers. Which one it is: its container, and which start of container and server it was: a server that its supervisor started anew has lost every cut. */
import { until } from "../../clock.js";
import { FlounderError } from "../../errors.js";
import { type ServerKind, serverName } from "../fleet.js";
import type { ContainerFacts, Docker } from "./docker/docker.js";
import type { LifeFolder } from "./life-file.js";

const goneMs = 5000;
const startMs = 10_000;

export interface ContainedServer {
  readonly id: string;
  readonly generation: string;
}

export class ContainedServers implements ServerKind<ContainedServer> {
  readonly #found = new Map<string, ContainerFacts>();
  readonly #exits = new Map<string, (says: string) => void>();

  constructor(
    private readonly docker: Docker,
    private readonly lives: LifeFolder,
  ) {}

  /** What compose brought up, or a former keeper left. */
  found(containers: ReadonlyMap<string, ContainerFacts>): void {
    for (const [name, container] of containers) if (name.startsWith(serverName(""))) this.#found.set(name, container);
  }
  /** True if this container was one of ours. */
  died(id: string): boolean {
    const mine = [...this.#found].find(([, container]) => container.id === id);
    if (!mine) return false;
    this.lives.ended(mine[0]);
    this.#exited(mine[0], "its container died");
    return true;
  }
  /** Its supervisor has written something down. */
  changed(name: string): void {
    if (this.lives.read(name).pid === undefined) this.#exited(name, "died");
  }
  #exited(name: string, says: string): void {
    const exit = this.#exits.get(name);
    this.#exits.delete(name);
    exit?.(says);
  }
  #generation = (of: string) => `${this.#container(of).startedAt}, ${this.lives.read(serverName(of)).starts}`;

  #container(of: string): ContainerFacts {
    const found = this.#found.get(serverName(of));
    if (!found) throw new FlounderError("platform", `${serverName(of)} has no container`, "flounder down ends what is left of the foundation");
    return found;
  }
  hostOf(of: string): string {
    return this.#container(of).addresses.inside ?? "0.0.0.0";
  }
  async launch(of: string, onExit: (says: string) => void): Promise<ContainedServer> {
    const { id } = this.#container(of);
    await this.docker.start(id);
    await until(`${serverName(of)} to be started`, () => this.lives.read(serverName(of)).pid !== undefined, startMs, 10);
    this.#found.set(serverName(of), await this.docker.inspect(id));
    this.#exits.set(serverName(of), onExit);
    return { id, generation: this.#generation(of) };
  }
  adopt(of: string, _: ContainedServer, onExit: (says: string) => void): void {
    this.#exits.set(serverName(of), onExit);
  }
  async goOn(_: string, { id }: ContainedServer): Promise<void> {
    await this.docker.goOn(id);
  }
  async kill(of: string, { id }: ContainedServer): Promise<void> {
    this.#exits.delete(serverName(of));
    await this.docker.kill(id);
    await until(`${serverName(of)} to be gone`, async () => !(await this.docker.inspect(id)).running, goneMs, 20);
    this.lives.ended(serverName(of));
  }
  alive(of: string, { id, generation }: ContainedServer): boolean {
    const now = this.#container(of);
    return now.id === id && generation === this.#generation(of) && now.running && !now.paused;
  }
}
