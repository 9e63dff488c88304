/** The containers of an attached project as they are now. They are somebody else's: each may be started again, replaced or gone at any instant. */
import type { ComponentFacts } from "../../core.js";
import { FlounderError } from "../../errors.js";
import type { Daemon, Inspected } from "./daemon.js";
import { addressesOf, type Member, memberName, type Project } from "./project.js";

export class Members {
  readonly #last = new Map<string, Inspected>();
  readonly #known: ReadonlyMap<string, Member>;

  constructor(
    readonly daemon: Daemon,
    readonly project: Project,
  ) {
    this.#known = new Map(project.members.map((one) => [one.name, one]));
  }

  of(name: string): Member {
    const found = this.#known.get(name);
    if (!found) throw new FlounderError("usage", `${this.project.project} has no container "${name}"`, `it has ${[...this.#known.keys()].join(", ")}`);
    return found;
  }
  /** As Docker shows it now; undefined: it was removed. One that was made anew for the same service and number is it, too. */
  async now(name: string): Promise<Inspected | undefined> {
    const id = this.#last.get(name)?.Id;
    const same = id === undefined ? undefined : await this.daemon.inspect(id);
    if (same) {
      this.#last.set(name, same);
      return same;
    }
    await this.refresh();
    return this.#last.get(name);
  }
  /** Rejects where it is gone. */
  async there(name: string): Promise<Inspected> {
    const found = await this.now(name);
    if (found) return found;
    throw new FlounderError(
      "platform",
      `${name} is gone: whoever runs ${this.project.project} removed it`,
      "docker compose up makes it again; then flounder attach",
    );
  }
  /** The process of it that leads to its network namespace; 0: it does not run. */
  async pid(name: string): Promise<number> {
    return (await this.now(name))?.State.Pid ?? 0;
  }
  /** Looks at all of them anew. */
  async refresh(): Promise<void> {
    const found = new Map((await this.daemon.containers(this.project.project)).map((one) => [memberName(one), one]));
    for (const name of this.#known.keys()) {
      const one = found.get(name);
      if (one) this.#last.set(name, one);
      else this.#last.delete(name);
    }
  }
  /** As they were last seen. */
  last(name: string): Inspected | undefined {
    return this.#last.get(name);
  }
  nameOf(id: string): string | undefined {
    return [...this.#last].find(([, one]) => one.Id === id)?.[0];
  }

  facts(held: (name: string) => boolean, log: string): readonly ComponentFacts[] {
    return this.project.members.map((member): ComponentFacts => {
      const seen = this.#last.get(member.name);
      const state = !seen?.State.Running ? (held(member.name) ? "held" : "dead") : seen.State.Paused ? "paused" : "ready";
      return {
        name: member.name,
        role: member.service,
        host: seen ? (addressesOf(seen)[0] ?? "") : "",
        state,
        pid: seen?.State.Pid || null,
        ports: Object.fromEntries(Object.keys(member.ports).map((port) => [member.ports[port]!, Number(port)])),
        restarts: seen?.RestartCount ?? 0,
        log,
      };
    });
  }
}

/** Where `to` is reached from `from`: its address in a network that both are in. Undefined: there is none, or it does not run. */
export function addressBetween(from: Inspected | undefined, to: Inspected | undefined): string | undefined {
  if (!from || !to?.State.Running) return undefined;
  const shared = new Set(Object.values(from.NetworkSettings.Networks).map(({ NetworkID }) => NetworkID));
  return Object.values(to.NetworkSettings.Networks).find(({ NetworkID, IPAddress }) => shared.has(NetworkID) && IPAddress !== "")?.IPAddress;
}
