/** Which Docker: always one on this machine, by its Unix socket, and the same for its command line as for its API. */
import { FlounderError } from "../../../errors.js";

/** From DOCKER_HOST, else the usual one; contexts are passed over. Throws for what is not a Unix socket: the keeper dials containers by their address and shares folders with them. */
export function dockerSocket(): string {
  const host = process.env.DOCKER_HOST || "unix:///var/run/docker.sock";
  if (host.startsWith("unix:///")) return host.slice("unix://".length);
  throw new FlounderError(
    "environment",
    `DOCKER_HOST is ${host}: containers must run on this machine, where their addresses and our folders can be reached`,
    "unset DOCKER_HOST, or give a local socket: DOCKER_HOST=unix:///var/run/docker.sock",
  );
}

/** For programs that talk to Docker. BUILDX_BUILDER: another builder would not put what it builds into this engine's store. */
export const dockerEnv = (): Readonly<Record<string, string>> => ({ DOCKER_HOST: `unix://${dockerSocket()}`, BUILDX_BUILDER: "default" });
