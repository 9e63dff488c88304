/** One volume as one component sees it: sshfs over the mount's proxy. Options and undo: tried out one by one, see docs/decisions.md. */
import { mkdirSync } from "node:fs";
import { nowUs, sleep, until } from "../../../clock.js";
import type { Capabilities, CutMount } from "../../../core.js";
import { FlounderError } from "../../../errors.js";
import { lastWords } from "../../last-words.js";
import type { ProxiedLink } from "../../link.js";
import { type MountHelper, proofMs } from "../../mount-helper.js";
import { isAlive, type Living, signal, statOf } from "../../process-table.js";
import { remount } from "../../read-only.js";
import { adopt, launch } from "../processes/daemon.js";
import { mountedAt, tryCommand, unmount } from "./mount-table.js";
import type { LocalMount } from "./mounts.js";

const mountMs = 5000;

/**
 * reconnect: without it sshfs ends at the first refusal and a bare local folder happily takes writes. dir_cache=no, direct_io: without them stat and
 * readdir answer from caches during an outage. max_conns: what is asked next goes over the connection with the least under way, so that a proof need not wait behind
 * a large file; a quiet mount opens one. The empty path is the folder in which the server starts each session: the volume's root.
 */
export const sshfsArgs = (sshfs: string, host: string, port: number, path: string, others: boolean): string[] => [
  sshfs,
  `${host}:`,
  path,
  "-f",
  "-o",
  `directport=${port},reconnect,dir_cache=no,direct_io,max_conns=4${others ? ",allow_other" : ""}`,
];

export interface FusePlace {
  readonly name: string;
  readonly component: string;
  readonly volume: string;
  readonly marker: string;
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly sshfs: string;
  /** Another user than ours must reach it. */
  readonly others: boolean;
  readonly log: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly link: ProxiedLink;
  readonly helper: MountHelper;
  save(): void;
  trouble(says: string): void;
}

export class FuseMount implements LocalMount {
  #living: Living | undefined;
  #mounting: Promise<void> | undefined;
  /** Down on purpose: its node is dead, or the foundation ends. */
  #down = true;

  constructor(readonly place: FusePlace) {}

  get living(): Living | undefined {
    return this.#living;
  }
  #isUp(): boolean {
    return this.#living !== undefined && isAlive(this.#living) && mountedAt(this.place.path) !== undefined;
  }

  attach(living: Living | undefined): void {
    if (!living || !isAlive(living)) return;
    this.#living = living;
    this.#down = false;
    adopt(living, (says) => this.#exited(living, says));
  }
  up(): Promise<void> {
    this.#down = false;
    if (this.#isUp()) return Promise.resolve();
    this.#mounting ??= this.#mount().finally(() => {
      this.#mounting = undefined;
    });
    return this.#mounting;
  }
  async down(): Promise<void> {
    this.#down = true;
    const living = this.#living;
    this.#living = undefined;
    if (living) {
      signal(living, "SIGKILL");
      await until(`sshfs of ${this.place.name} to be gone`, () => !isAlive(living), 5000, 10);
    }
    await unmount(this.place.path);
  }
  end(): void {
    this.#down = true;
  }
  async remount(): Promise<void> {
    await this.down();
    await this.up();
  }

  async #mount(): Promise<void> {
    const { place } = this;
    if (this.#living) signal(this.#living, "SIGKILL");
    await unmount(place.path);
    mkdirSync(place.path, { recursive: true, mode: 0o755 });
    const living = await launch(
      { name: place.name, argv: sshfsArgs(place.sshfs, place.host, place.port, place.path, place.others), env: place.env, cwd: place.cwd, log: place.log },
      (says) => this.#exited(living, says),
    );
    this.#living = living;
    place.save();
    const end = nowUs() + mountMs * 1000;
    while (!mountedAt(place.path)) {
      if (!isAlive(living)) throw new FlounderError("platform", `${place.name} could not be mounted: ${lastWords(place.log)}`, `read ${place.log}`);
      if (nowUs() > end) {
        // Over a swallowed link mounting hangs; it must not be found half done later.
        signal(living, "SIGKILL");
        throw new FlounderError("platform", `${place.name} was not mounted within ${mountMs} ms`, `read ${place.log}`);
      }
      await sleep(10);
    }
  }
  #exited(living: Living, says: string): void {
    if (this.#living?.pid !== living.pid || this.#living.start !== living.start) return;
    this.#living = undefined;
    if (this.#down || this.#mounting) return;
    this.place.trouble(`sshfs ${says}; mounting it again`);
    void this.#again();
  }
  async #again(): Promise<void> {
    while (!this.#down && !this.#isUp()) {
      await this.up().catch(() => undefined);
      if (!this.#isUp()) await sleep(500);
    }
  }
  /** A start with its link cut must not keep the component from starting: it is mounted as soon as that works. */
  async upOrLater(): Promise<void> {
    await this.up().catch((error: unknown) => {
      if (!this.place.link.hurt.cut) throw error;
      void this.#again();
    });
  }

  fingerprint(): string {
    const mounted = mountedAt(this.place.path);
    return mounted ? `${mounted.type} ${mounted.source} ${mounted.options}` : "not mounted";
  }

  differs(): string | undefined {
    if (this.#down || this.#mounting) return undefined;
    const mounted = mountedAt(this.place.path);
    if (!mounted) return "not mounted";
    if (mounted.type !== "fuse.sshfs") return `hidden below a mount of ${mounted.type}`;
    if (mounted.readOnly) return "read-only";
    return this.#living && statOf(this.#living.pid)?.state === "T" ? "its sshfs stopped (SIGSTOP)" : undefined;
  }
  async putRight(): Promise<void> {
    if (this.#living) signal(this.#living, "SIGCONT");
    const { path } = this.place;
    const top = () => mountedAt(path)?.type;
    for (let tries = 0; top() !== undefined && top() !== "fuse.sshfs" && tries < 10; tries++) await tryCommand(["umount", "-l", "-c", path], 2000);
    await this.can.mend();
  }

  #readOnly(to: boolean): Promise<void> {
    const { path, name } = this.place;
    const isReadOnly = async () => mountedAt(path)?.readOnly;
    return remount({ name, isReadOnly, mount: (...words) => tryCommand(["mount", ...words, path], 1000) }, to);
  }

  readonly can: Capabilities["mount"] = {
    cut: async (how: CutMount) => {
      if (how === "detach") await this.place.link.cut("refuse");
      else if (how === "hang") await this.place.link.cut("swallow");
      else await this.#readOnly(true);
    },
    slow: (latencyMs) => this.place.link.shape({ latencyMs }),
    mend: async () => {
      await this.place.link.mend();
      if (this.#down) return;
      await this.up();
      await this.#readOnly(false);
    },
    state: () => this.place.helper.state(this.place.path, this.place.volume, this.place.marker),
    proofMs: () => proofMs(() => this.can.state()),
  };
}
