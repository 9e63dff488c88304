/** What the engine asks Docker, by its API: containers of one foundation, found by label, never by name. Facts: Docker Engine API 1.41. */

import { PassThrough } from "node:stream";
import Dockerode from "dockerode";
import { sleep } from "../../../clock.js";
import { FlounderError } from "../../../errors.js";
import { labels, type Network } from "../file.js";
import { act, ask, type Harmless } from "./asking.js";
import { dockerSocket } from "./socket.js";

const commandMs = 10_000;

export interface ContainerFacts {
  readonly id: string;
  readonly component: string;
  readonly running: boolean;
  readonly paused: boolean;
  /** As this machine sees its first process; 0: none. */
  readonly pid: number;
  /** Changes with each start. */
  readonly startedAt: string;
  readonly exitCode: number;
  readonly addresses: Readonly<Partial<Record<Network, string>>>;
}
export interface Said {
  readonly code: number;
  /** stdout and stderr. */
  readonly text: string;
}

export class Docker {
  readonly #docker = new Dockerode({ socketPath: dockerSocket(), timeout: 30_000 });
  /** Events come on a connection that may be silent for ever. */
  readonly #listening = new Dockerode({ socketPath: dockerSocket() });
  readonly #filter: string;
  #states: Promise<ReadonlyMap<string, string>> | undefined;
  /** By which its containers are, or were, joined to networks. */
  readonly #names = new Set<string>();

  constructor(readonly foundation: string) {
    this.#filter = `${labels.foundation}=${foundation}`;
  }

  /** Every container of the foundation, by the component that it is. */
  async all(): Promise<ReadonlyMap<string, ContainerFacts>> {
    const found = await ask("list containers", () => this.#docker.listContainers({ all: true, filters: { label: [this.#filter] } }));
    const each = await Promise.all(found.filter((one) => one.Labels[labels.component]).map((one) => this.inspect(one.Id)));
    return new Map(each.map((one) => [one.component, one]));
  }
  /** Of every network that Docker has, whosever it is: "172.17.0.0/16". */
  async subnets(): Promise<readonly string[]> {
    const networks = await ask("list networks", () => this.#docker.listNetworks());
    return networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []));
  }
  async inspect(id: string): Promise<ContainerFacts> {
    const said = await ask("inspect a container", () => this.#docker.getContainer(id).inspect());
    const { Running, Paused, Pid, StartedAt, ExitCode } = said.State;
    const addresses = Object.entries(said.NetworkSettings.Networks).flatMap(([name, network]) => {
      const own = (["inside", "outside"] as const).find((known) => name.endsWith(`_${known}`));
      return own && network.IPAddress ? [[own, network.IPAddress] as const] : [];
    });
    return {
      id,
      component: said.Config.Labels[labels.component] ?? "",
      running: Running,
      paused: Paused,
      pid: Pid,
      startedAt: StartedAt,
      exitCode: ExitCode,
      addresses: Object.fromEntries(addresses),
    };
  }

  start = (id: string) => this.#act("start", id, [304], (container) => container.start());
  /**
   * Freezes it; false if it cannot be frozen. One whose processes begin others just then can be a moment later; one that holds a process which waits in
   * the kernel, as for a mount whose server is silent, cannot while that lasts (the kernel's freezer waits for each to leave the kernel, and runc gives up).
   */
  async pause(id: string): Promise<boolean> {
    for (let left = 3; left > 0; left--)
      try {
        await this.#act("pause", id, [409], (container) => container.pause());
        return true;
      } catch (error) {
        if (!(error instanceof FlounderError && error.message.includes("unable to freeze"))) throw error;
        await sleep(100);
      }
    return false;
  }
  /** Docker's word for one that is not paused is a 500: it is looked at first. */
  async unpause(id: string): Promise<void> {
    if ((await this.inspect(id)).paused) await this.#act("unpause", id, [409], (container) => container.unpause());
  }
  /** Whether it was frozen or its processes stopped, and by whom: all of them but the first, which only waits for them. */
  async goOn(id: string): Promise<void> {
    await this.unpause(id);
    await this.command(id, ["kill", "-CONT", "--", "-1"]);
  }
  /** SIGKILL to all of it. */
  async kill(id: string): Promise<void> {
    // A paused container takes no signal: it goes on for an instant.
    await this.unpause(id);
    await this.#act("kill", id, [404, 409], (container) => container.kill());
  }
  async processes(id: string): Promise<readonly string[]> {
    const top = (await ask("list processes", () => this.#docker.getContainer(id).top({ ps_args: "-eo pid,args" }))) as { Processes: string[][] };
    return top.Processes.map((columns) => columns.at(-1) ?? "");
  }

  /** "running", "paused", "exited" … of each container of the foundation, by id. One question for all who ask at once: a look at all of them must be quick. */
  states(): Promise<ReadonlyMap<string, string>> {
    this.#states ??= ask("list containers", async () => {
      const found = await this.#docker.listContainers({ all: true, filters: { label: [this.#filter] } });
      return new Map(found.map(({ Id, State }) => [Id, State]));
    }).finally(() => {
      this.#states = undefined;
    });
    return this.#states;
  }
  /** Its processes, by the numbers that the machine of Docker's engine has for them. */
  async standing(id: string): Promise<readonly { readonly pid: number; readonly parent: number; readonly session: number; readonly state: string }[]> {
    const top = (await ask("list processes", () => this.#docker.getContainer(id).top({ ps_args: "-eo pid,ppid,sid,stat" }))) as { Processes: string[][] };
    return top.Processes.map(([pid, parent, session, state = ""]) => ({
      pid: Number(pid),
      parent: Number(parent),
      session: Number(session),
      state: state[0]!,
    }));
  }

  /** Runs a command in a container to its end. Rejects when it cannot be begun (a container that is paused or dead), or is not over in time. */
  async command(id: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
    return ask(`run ${argv[0]} in a container`, async () => {
      const exec = await this.#docker.getContainer(id).exec({
        Cmd: [...argv],
        Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
        AttachStdout: true,
        AttachStderr: true,
      });
      const stream = await exec.start({});
      const output = new PassThrough();
      let text = "";
      output.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      this.#docker.modem.demuxStream(stream, output, output);
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => {
          stream.destroy();
          reject(new Error(`${argv.join(" ")}: no end within ${commandMs} ms`));
        }, commandMs);
        stream.once("end", resolve).once("error", reject).once("close", resolve);
        stream.once("close", () => clearTimeout(late));
      });
      const { ExitCode } = await exec.inspect();
      return { code: ExitCode ?? -1, text: text.trim() };
    });
  }

  /** Calls back for each container of the foundation that was started or ended, until the signal. A connection that breaks is made anew; `broke` is told each time, `again` once it stands. */
  async events(
    seen: (what: "start" | "die", id: string) => void,
    broke: (why: string) => void,
    again: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let first = true; !signal.aborted; first = false) {
      try {
        const stream = (await this.#listening.getEvents({
          filters: { type: ["container"], event: ["start", "die"], label: [this.#filter] },
          abortSignal: signal,
        })) as PassThrough;
        if (!first) await again();
        let pending = "";
        for await (const chunk of stream) {
          pending += String(chunk);
          const lines = pending.split("\n");
          pending = lines.pop() ?? "";
          for (const line of lines.filter((text) => text.trim() !== "")) {
            const { Action, Actor } = JSON.parse(line) as { Action: "start" | "die"; Actor: { ID: string } };
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
  }

  /**
   * Ends whatever carries the foundation's label: containers, networks, volumes. Resolves with what is still there, and why. A container that goes while Docker starts it
   * can leave its end in the network, which nothing shows and which keeps the network ("active endpoints"): it is let go by the container's name, so `names` are those
   * that there may have been.
   */
  async removeAll(names: readonly string[] = []): Promise<readonly string[]> {
    const docker = this.#docker;
    const filters = { label: [this.#filter] };
    return ask("remove what is left", async () => {
      // 409: it goes already; 403: a network that something is still joined to. What stays is in the answer.
      const gone = (error: { statusCode?: number }) => {
        if (![403, 404, 409].includes(error.statusCode ?? 0)) throw error;
      };
      for (const name of names) this.#names.add(name);
      for (const one of await docker.listContainers({ all: true, filters })) {
        for (const name of one.Names) this.#names.add(name.replace(/^\//, ""));
        await docker.getContainer(one.Id).remove({ force: true, v: true }).catch(gone);
      }
      const why = new Map<string, string>();
      for (const one of await docker.listNetworks({ filters })) {
        const network = docker.getNetwork(one.Id);
        // A container that is not ours may have been joined by hand.
        const { Containers } = (await network.inspect().catch(() => ({}))) as { Containers?: Record<string, unknown> };
        for (const Container of Object.keys(Containers ?? {})) await network.disconnect({ Container, Force: true }).catch(gone);
        await network.remove().catch(async (error: { statusCode?: number; json?: { message?: string } }) => {
          gone(error);
          if (error.statusCode === 404) return;
          // Of one that is not joined Docker says 404, or 500 where it knows neither.
          for (const Container of this.#names) await network.disconnect({ Container, Force: true }).catch(() => {});
          await network.remove().catch(gone);
          why.set(one.Id, ` (${error.json?.message ?? "in use"})`);
        });
      }
      const { Volumes } = await docker.listVolumes({ filters });
      for (const one of Volumes ?? []) await docker.getVolume(one.Name).remove().catch(gone);
      const left = [
        ...(await docker.listContainers({ all: true, filters })).map((one) => one.Names[0] ?? one.Id),
        ...(await docker.listNetworks({ filters })).map((one) => `network ${one.Name}${why.get(one.Id) ?? ""}`),
      ];
      return left;
    });
  }

  #act(what: string, id: string, harmless: Harmless, how: (container: Dockerode.Container) => Promise<unknown>): Promise<void> {
    return act(what, this.#docker.getContainer(id), harmless, how);
  }
}
