/** What a stranger on this machine can do to a foundation, past its keeper: kill or freeze one of its parts by hand. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import Docker from "dockerode";
import { dockerSocket } from "../../../harness/engines/compose/docker/socket.js";
import type { EngineName } from "../../../harness/registry.js";

export interface Hands {
  /** SIGKILL to a component, or to one of the Toxiproxy servers ("toxiproxy-bus"). */
  kill(name: string): Promise<void>;
  freeze(name: string): Promise<void>;
  /** A command where the component is, as whoever supervises it there. */
  run(name: string, ...argv: string[]): void;
}

export const handsOf = (engine: EngineName, foundation: string): Hands => (engine === "compose" ? onContainers(foundation) : onProcesses(foundation));

function onProcesses(foundation: string): Hands {
  const each = (name: string, signal: NodeJS.Signals) => {
    const marks = [`FLOUNDER_FOUNDATION=${foundation}`, `FLOUNDER_COMPONENT=${name}`];
    const found = readdirSync("/proc").filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        const own = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
        return marks.every((mark) => own.includes(mark));
      } catch {
        return false; // it ended meanwhile, or is somebody else's
      }
    });
    if (found.length === 0) throw new Error(`nothing of ${foundation} is ${name}`);
    for (const pid of found) process.kill(Number(pid), signal);
  };
  return {
    kill: async (name) => each(name, "SIGKILL"),
    freeze: async (name) => each(name, "SIGSTOP"),
    run: (_, command, ...args) => void execFileSync(command!, args),
  };
}

/** Processes of the app that listens at this port, whichever engine has them: a container's are the machine's as well. */
export function appProcesses(foundation: string, port: number): readonly number[] {
  const marks = [`FLOUNDER_FOUNDATION=${foundation}`, `VCAP_APP_PORT=${port}`];
  const found = readdirSync("/proc").filter((pid) => {
    try {
      const own = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/environ`, "utf8").split("\0") : [];
      return marks.every((mark) => own.includes(mark));
    } catch {
      return false; // it ended meanwhile, or is somebody else's
    }
  });
  if (found.length === 0) throw new Error(`no app of ${foundation} listens at ${port}`);
  return found.map(Number);
}

/** Over Docker's own socket, whatever the keeper is given for one. */
export const docker = () => new Docker({ socketPath: dockerSocket() });

function onContainers(foundation: string): Hands {
  const found = async (name: string) => {
    const filters = { label: [`org.flounder.foundation=${foundation}`, `org.flounder.component=${name}`] };
    const [one] = await docker().listContainers({ filters });
    if (!one) throw new Error(`no container of ${foundation} is ${name}`);
    return docker().getContainer(one.Id);
  };
  return {
    async kill(name) {
      await (await found(name)).kill();
    },
    async freeze(name) {
      await (await found(name)).pause();
    },
    run(name, ...argv) {
      const filters = [`org.flounder.foundation=${foundation}`, `org.flounder.component=${name}`].flatMap((label) => ["--filter", `label=${label}`]);
      const id = execFileSync("docker", ["ps", "--quiet", ...filters], { encoding: "utf8" }).trim();
      execFileSync("docker", ["exec", id, ...argv]);
    },
  };
}
