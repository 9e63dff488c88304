/** What an attached project asks of Docker, in raw terms: containers and networks that are somebody else's, found by Compose's labels. Facts: Docker Engine API 1.41. */
import Dockerode from "dockerode";
import { sleep } from "../../clock.js";
import { FlounderError } from "../../errors.js";
import { act, ask, type Harmless } from "../compose/docker/asking.js";
import { dockerSocket } from "../compose/docker/socket.js";

export type Inspected = Dockerode.ContainerInspectInfo;
export type InspectedNetwork = Dockerode.NetworkInspectInfo;

/** Compose's own, set by every version of it, and by podman-compose and nerdctl. */
export const composeLabels = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  number: "com.docker.compose.container-number",
  oneOff: "com.docker.compose.oneoff",
  folder: "com.docker.compose.project.working_dir",
} as const;

export class Daemon {
  readonly #docker = new Dockerode({ socketPath: dockerSocket(), timeout: 30_000 });
  /** Events come on a connection that may be silent for ever. */
  readonly #listening = new Dockerode({ socketPath: dockerSocket() });

  /** Every container of a project, also of those that are stopped; without `docker-compose run`'s. */
  async containers(project: string): Promise<readonly Inspected[]> {
    const filters = { label: [`${composeLabels.project}=${project}`] };
    const found = await ask("list containers", () => this.#docker.listContainers({ all: true, filters }));
    const lasting = found.filter(({ Labels }) => Labels[composeLabels.oneOff]?.toLowerCase() !== "true" && Labels[composeLabels.service]);
    const each = await Promise.all(lasting.map(({ Id }) => this.inspect(Id)));
    return each.filter((one) => one !== undefined);
  }
  /** Names of the projects that are there, for whoever mistyped one. */
  async projects(): Promise<readonly string[]> {
    const found = await ask("list containers", () => this.#docker.listContainers({ all: true, filters: { label: [composeLabels.project] } }));
    return [...new Set(found.map(({ Labels }) => Labels[composeLabels.project]!))].sort();
  }
  /** Undefined: it is gone. */
  inspect(id: string): Promise<Inspected | undefined> {
    return this.#unlessGone("inspect a container", () => this.#docker.getContainer(id).inspect());
  }
  network(id: string): Promise<InspectedNetwork | undefined> {
    return this.#unlessGone("inspect a network", () => this.#docker.getNetwork(id).inspect());
  }

  start = (id: string) => this.#act("start", id, [304, 404], (container) => container.start());
  /** SIGTERM, and SIGKILL after graceS: as by hand, so no restart policy acts. */
  stop = (id: string, graceS: number) => this.#act("stop", id, [304, 404], (container) => container.stop({ t: graceS }));
  /** SIGKILL to all of it, as by hand: no restart policy acts (seen with Engine 20.10). */
  async kill(id: string): Promise<void> {
    // A paused container takes no signal.
    await this.unpause(id);
    await this.#act("kill", id, [404, 409], (container) => container.kill());
  }
  /** Freezes it. One whose processes begin others just then can be a moment later. */
  async pause(id: string): Promise<void> {
    for (let left = 3; ; left--)
      try {
        return await this.#act("pause", id, [404, 409], (container) => container.pause());
      } catch (error) {
        if (left === 1 || !(error instanceof FlounderError && error.message.includes("unable to freeze"))) throw error;
        await sleep(100);
      }
  }
  /** Docker's word for one that is not paused is a 500: it is looked at first. */
  async unpause(id: string): Promise<void> {
    if ((await this.inspect(id))?.State.Paused) await this.#act("unpause", id, [404, 409], (container) => container.unpause());
  }
  /** How many processes it has; 0: it does not run. */
  async population(id: string): Promise<number> {
    const top = await this.#unlessGone("list processes", () => this.#docker.getContainer(id).top());
    return (top as { readonly Processes?: readonly unknown[] } | undefined)?.Processes?.length ?? 0;
  }

  /** Calls back for each container of the project that starts, ends or goes, until the signal; `again` when a connection that broke stands again. */
  async events(
    project: string,
    seen: (what: "start" | "die" | "destroy", id: string) => void,
    broke: (why: string) => void,
    again: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const filters = { type: ["container" as const], event: ["start", "die", "destroy"], label: [`${composeLabels.project}=${project}`] };
    for (let first = true; !signal.aborted; first = false)
      try {
        const stream = (await this.#listening.getEvents({ filters, abortSignal: signal })) as NodeJS.ReadableStream;
        if (!first) again();
        let pending = "";
        for await (const chunk of stream) {
          const lines = (pending + String(chunk)).split("\n");
          pending = lines.pop() ?? "";
          for (const line of lines.filter((text) => text.trim() !== "")) {
            const { Action, Actor } = JSON.parse(line) as { Action: "start" | "die" | "destroy"; Actor: { ID: string } };
            seen(Action, Actor.ID);
          }
        }
        throw new Error("its stream of events ended");
      } catch (error) {
        if (signal.aborted) return;
        broke(error instanceof Error ? error.message : String(error));
        await sleep(500, signal).catch(() => {});
      }
  }

  #act(what: string, id: string, harmless: Harmless, how: (container: Dockerode.Container) => Promise<unknown>): Promise<void> {
    return act(what, this.#docker.getContainer(id), harmless, how);
  }
  #unlessGone<T>(what: string, question: () => Promise<T>): Promise<T | undefined> {
    return ask(what, () =>
      question().catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404) throw error;
        return undefined;
      }),
    );
  }
}
