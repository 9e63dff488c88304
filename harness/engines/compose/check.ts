/** Everything that would keep a foundation in containers from starting, each with what to do; asked before anything is started. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { release } from "node:os";
import { dirname } from "node:path";
import type Docker from "dockerode";
import { within } from "../../clock.js";
import { FlounderError } from "../../errors.js";
import { foundationsDir } from "../../paths.js";
import { isProgram, onPath } from "../tools/find.js";
import { composeMissing, findCompose } from "./docker/cli.js";
import { dockerSocket } from "./docker/socket.js";
import { imageTag, repository } from "./image/image-content.js";

export interface Problem {
  readonly what: string;
  readonly hint: string;
}
/** What a test puts in the machine's place. */
export interface Machine {
  readonly fuseDevice: string;
  /** A foundation's logs, data and images' layers need about this much. */
  readonly leastBytes: number;
}
const thisMachine: Machine = { fuseDevice: "/dev/fuse", leastBytes: 1e9 };

const answerMs = 5000;
/** Docker 20.10: what the recipes were tried with. */
const oldestApi: readonly [number, number] = [1, 41];

/** Empty: fine. Every question is bounded. */
export async function problems(machine: Machine = thisMachine): Promise<readonly Problem[]> {
  let socket: string;
  try {
    socket = dockerSocket();
  } catch (error) {
    return [asProblem(error)];
  }
  const [compose, state, engine] = await Promise.all([findCompose(), full(foundationsDir(), "foundations' state", machine), askEngine(socket, machine)]);
  const found: Problem[] = [];
  if (!onPath("docker")) found.push({ what: "the docker command is not on PATH", hint: "install Docker's command line (Debian: apt-get install docker.io)" });
  if (!compose) found.push(composeMissing);
  if (!existsSync(machine.fuseDevice))
    found.push({
      what: `there is no ${machine.fuseDevice}: volumes cannot be mounted in containers`,
      hint: "modprobe fuse, as root; in a container: --device /dev/fuse",
    });
  return [...found, ...state, ...engine];
}

async function askEngine(socket: string, machine: Machine): Promise<Problem[]> {
  const { default: Client } = await import("dockerode");
  try {
    return await within(2 * answerMs, "Docker's answer", engineProblems(new Client({ socketPath: socket, timeout: answerMs }), machine));
  } catch (error) {
    return [unreachable(error, socket)];
  }
}

async function engineProblems(client: Docker, machine: Machine): Promise<Problem[]> {
  const [version, info] = await Promise.all([client.version(), client.info() as Promise<Info>]);
  const [major, minor] = version.ApiVersion.split(".").map(Number) as [number, number];
  // Nothing else is worth saying of an engine that will not do.
  if (!(major > oldestApi[0] || (major === oldestApi[0] && minor >= oldestApi[1])))
    return [{ what: `Docker here speaks API ${version.ApiVersion}; ${oldestApi.join(".")} is needed`, hint: "install Docker Engine 20.10 or newer" }];
  if (info.SecurityOptions?.some((option) => option.includes("rootless")))
    return [
      {
        what: "Docker here is rootless: its containers' addresses cannot be reached from the host",
        hint: "use the system's Docker: DOCKER_HOST=unix:///var/run/docker.sock",
      },
    ];
  if (info.OSType !== "linux" || info.KernelVersion !== release())
    return [
      {
        what: `Docker runs in another system (${info.OperatingSystem}, kernel ${info.KernelVersion}): its containers' addresses cannot be reached from here`,
        hint: "run a Docker engine on this machine itself, or Flounder in that system",
      },
    ];
  return [...(await full(info.DockerRootDir, "Docker's data", machine)), ...(await imageProblems(client))];
}
interface Info {
  readonly SecurityOptions?: readonly string[];
  readonly OSType: string;
  readonly OperatingSystem: string;
  readonly KernelVersion: string;
  readonly DockerRootDir: string;
}

async function imageProblems(client: Docker): Promise<Problem[]> {
  try {
    const tag = imageTag();
    const others = (await client.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []).filter((name) => name.startsWith(`${repository}:`));
    if (others.includes(tag)) return [];
    const what = others.length > 0 ? `the image is stale: ${others.sort().join(", ")} are here, ${tag} is needed` : `the image ${tag} is missing`;
    return [{ what, hint: "flounder images build" }];
  } catch (error) {
    if (error instanceof FlounderError) return [asProblem(error)];
    throw error;
  }
}

/** Also of a folder that is still to be made, and of one that only root may look into. */
async function full(dir: string, what: string, { leastBytes }: Machine): Promise<Problem[]> {
  let there = dir;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  if (free >= leastBytes) return [];
  return [
    {
      what: `the disk is full: ${Math.floor(free / 1e6)} MB are free for ${what} in ${dir}, ${Math.ceil(leastBytes / 1e6)} MB are needed`,
      hint: "docker system prune removes what no container uses; flounder down ends foundations",
    },
  ];
}

function unreachable(error: unknown, socket: string): Problem {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM")
    return {
      what: `no rights on Docker's socket ${socket}`,
      hint: "run as root, or: usermod -aG docker $USER, and log in again (who may use it is as good as root)",
    };
  const iptables = [onPath("iptables"), "/usr/sbin/iptables", "/sbin/iptables"].some((path) => path !== undefined && isProgram(path));
  return {
    what: `Docker does not answer at ${socket}: ${code ?? message}`,
    hint: iptables
      ? "start it (systemctl start docker; without systemd: dockerd &); Debian: apt-get install docker.io"
      : "apt-get install docker.io iptables: dockerd does not start without iptables, which is not here either",
  };
}

function asProblem(error: unknown): Problem {
  if (error instanceof FlounderError) return { what: error.message, hint: error.hint };
  throw error;
}
