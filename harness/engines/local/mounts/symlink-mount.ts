/** A volume where FUSE is not to be had: a symlink to its keeper's folder, switched to nowhere for "detach". Handles that are open stay open. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Capabilities } from "../../../core.js";
import { FlounderError } from "../../../errors.js";
import { type MountHelper, proofMs } from "../../mount-helper.js";
import type { LocalMount } from "./mounts.js";

export interface SymlinkPlace {
  readonly name: string;
  readonly volume: string;
  readonly marker: string;
  readonly path: string;
  /** The volume's root, once whoever keeps it has made it. */
  root(): string;
  readonly helper: MountHelper;
}
/** Nothing can be made below a name that is no folder: every call says ENOENT. */
/** Nobody can make it: /nonexistent is the home of nobody, and whoever runs something as nobody may make that. */
const nowhere = "/proc/flounder/detached";

export class SymlinkMount implements LocalMount {
  readonly living = undefined;
  /** Its node is dead. */
  #down = false;
  constructor(private readonly place: SymlinkPlace) {}

  #points(): string | undefined {
    try {
      return readlinkSync(this.place.path);
    } catch {
      return undefined;
    }
  }
  #point(to: string): void {
    if (this.#points() === to) return;
    mkdirSync(dirname(this.place.path), { recursive: true });
    rmSync(`${this.place.path}.new`, { force: true });
    symlinkSync(to, `${this.place.path}.new`);
    renameSync(`${this.place.path}.new`, this.place.path);
  }

  async up(): Promise<void> {
    this.#down = false;
    if (this.#points() === undefined) this.#point(this.place.root());
  }
  upOrLater = () => this.up();
  async down(): Promise<void> {
    this.#down = true;
    rmSync(this.place.path, { force: true });
  }
  differs(): string | undefined {
    const to = this.#points();
    if (this.#down || to === this.place.root()) return undefined;
    return to === undefined ? "no link to it" : to === nowhere ? "detached" : `its link leads to ${to}`;
  }
  putRight(): Promise<void> {
    return this.remount();
  }
  async remount(): Promise<void> {
    this.#point(this.place.root());
  }
  end(): void {
    // Nothing runs that could bring it back.
  }
  attach(): void {
    // The symlink itself is all that there is.
  }
  fingerprint(): string {
    const to = this.#points();
    return to === undefined ? "no link" : to === nowhere ? "detached" : `symlink ${to}`;
  }

  readonly can: Capabilities["mount"] = {
    cut: async (how) => {
      if (how !== "detach")
        throw new FlounderError(
          "refused",
          `${this.place.name} can only be detached here: it is a symlink, not a mount`,
          "install sshfs and fuse3 for the other ways",
        );
      this.#point(nowhere);
    },
    mend: async () => this.#point(this.place.root()),
    slow: () =>
      Promise.reject(new FlounderError("refused", `${this.place.name} cannot be slowed here: it is a symlink, not a mount`, "install sshfs and fuse3")),
    state: () => this.place.helper.state(this.place.path, this.place.volume, this.place.marker),
    proofMs: () => proofMs(() => this.can.state()),
  };
}

/** The volume's root: the folder in its keeper's data whose marker says the volume's name. */
export function volumeRoot(data: string, volume: string, marker: string, depth = 3): string {
  const below = (dir: string, left: number): string | undefined => {
    if (existsSync(join(dir, marker)) && readFileSync(join(dir, marker), "utf8").trim() === volume) return dir;
    if (left === 0) return undefined;
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const found = entry.isDirectory() ? below(join(dir, entry.name), left - 1) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  const root = below(data, depth);
  if (!root)
    throw new FlounderError("platform", `no folder below ${data} has the marker ${marker} of ${volume}`, "read the log of the component that keeps it");
  return root;
}
