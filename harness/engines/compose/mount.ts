/** One volume as one component sees it: sshfs in its container, kept by the supervisor there. */
import { spawn } from "node:child_process";
import { nowUs, sleep } from "../../clock.js";
import type { Capabilities } from "../../core.js";
import { FlounderError } from "../../errors.js";
import type { ProxiedLink } from "../link.js";
import { helperThreads, MountHelper, mountProberScript, proofMs } from "../mount-helper.js";
import { remount } from "../read-only.js";
import type { MountLife } from "../running.js";
import type { SupervisedContainer } from "./container.js";
import type { ContainerMounts } from "./container-mounts.js";
import type { Docker } from "./docker/docker.js";
import { dockerEnv } from "./docker/socket.js";
import { inImage, volumePath } from "./file.js";

/** sshfs again at its place, after it was killed. */
const againMs = 5000;

/** The process that asks the mounts of one container, in that container. */
export const containerHelper = (container: SupervisedContainer, mounts: number): MountHelper =>
  new MountHelper(() => {
    const words = ["exec", "-i", "-e", `UV_THREADPOOL_SIZE=${helperThreads(mounts)}`, container.container.id, ...inImage(["node", mountProberScript], {})];
    return spawn("docker", words, { env: { ...process.env, ...dockerEnv() }, detached: true, stdio: ["pipe", "pipe", "ignore"] });
  });

export interface MountPlace {
  readonly name: string;
  readonly volume: string;
  readonly marker: string;
  readonly docker: Docker;
  readonly container: SupervisedContainer;
  readonly link: ProxiedLink;
  readonly helper: MountHelper;
  readonly mounts: ContainerMounts;
}
export class ContainerMount implements MountLife {
  readonly #path: string;

  constructor(private readonly place: MountPlace) {
    this.#path = volumePath(place.volume);
  }

  #run = (...argv: string[]) => this.place.docker.command(this.place.container.container.id, argv);
  #isUp = () => this.place.container.container.running && this.place.container.facts().state !== "paused";

  #mounted = () => this.place.mounts.at(this.#path);

  async differs(): Promise<string | undefined> {
    if (!this.#isUp()) return undefined;
    const mounted = await this.#mounted();
    if (!mounted?.says.startsWith("fuse.sshfs")) return mounted ? `hidden below a mount of ${mounted.says.split(" ")[0]}` : "not mounted";
    return mounted.readOnly ? "read-only" : undefined;
  }
  async putRight(): Promise<void> {
    if (this.#isUp() && (await this.differs())?.startsWith("hidden")) await this.#run("umount", "-l", this.#path);
    await this.can.mend();
    if (this.#isUp() && !(await this.#mounted())?.says.startsWith("fuse.sshfs")) await this.remount();
  }
  async fingerprint(): Promise<string> {
    return this.#isUp() ? ((await this.#mounted())?.says ?? "not mounted") : "not mounted";
  }
  async remount(): Promise<void> {
    if (!this.#isUp()) return;
    // SIGKILL frees whoever is blocked; the supervisor takes the dead mount away and makes a new one.
    await this.#run("pkill", "-KILL", "-f", `^sshfs [^ ]+ ${this.#path} `);
    const end = nowUs() + againMs * 1000;
    await sleep(200);
    while (!(await this.#mounted())?.says.startsWith("fuse.sshfs")) {
      if (nowUs() > end)
        throw new FlounderError(
          "platform",
          `${this.place.name} was not mounted again within ${againMs} ms`,
          `read logs/${this.place.name.replace(":", ".")}.log`,
        );
      await sleep(100);
    }
  }
  #readOnly(to: boolean): Promise<void> {
    const isReadOnly = async () => (await this.#mounted())?.readOnly;
    const mount = async (...words: string[]) => {
      const { code, text } = await this.#run("mount", ...words, this.#path);
      return code === 0 ? "" : text || `mount ended with status ${code}`;
    };
    return remount({ name: this.place.name, isReadOnly, mount }, to);
  }

  readonly can: Capabilities["mount"] = {
    cut: async (how) => {
      if (how === "detach") await this.place.link.cut("refuse");
      else if (how === "hang") await this.place.link.cut("swallow");
      else await this.#readOnly(true);
    },
    slow: (latencyMs) => this.place.link.shape({ latencyMs }),
    mend: async () => {
      await this.place.link.mend();
      if (this.#isUp()) await this.#readOnly(false);
    },
    state: () => this.place.helper.state(this.#path, this.place.volume, this.place.marker),
    proofMs: () => proofMs(() => this.can.state()),
  };
}
