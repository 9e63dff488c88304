/** Does the DEA's disk answer? While nobody knows that it does there is no room: each new instance would crash, until the Health Manager gives its app up. */
import { basename } from "node:path";
import { log } from "../base/log.js";
import { sleep } from "../base/until.js";
import type { DiskRunner } from "./disk-process.js";
import type { Instance } from "./instance.js";

/** Looks at the disk for each size of an instance folder. */
const looksPerSize = 10;
/** A disk that works has answered by then; one that does not must not keep the agent away from the apps that live. */
const sweepWithinMs = 1000;

export class DiskWatch {
  #answers = false;
  #looks = 0;

  constructor(
    readonly storage: DiskRunner,
    /** It was not stopped meanwhile. */
    readonly isThere: (instance: Instance) => boolean,
  ) {}

  get answers(): boolean {
    return this.#answers;
  }

  /** The first look: whatever an earlier agent left and nobody keeps is removed. Resolves when that is done, or could not be, or takes long: then it goes on. */
  async sweep(keep: readonly string[]): Promise<void> {
    const swept = this.storage
      .run({ op: "sweep", keep })
      .then(() => {
        this.#answers = true;
      })
      .catch((error: Error) => log.warn({ why: error.message }, "disk not swept; no room for new instances until it answers"));
    await Promise.race([swept, sleep(sweepWithinMs)]);
  }

  /**
   * The periodic look, now and then with the size of one instance folder, in turn. Resolves when the disk has answered or failed, however long that takes.
   * 2011 took all sizes each time; over a LUN that is some thirty questions, for sizes that hardly change.
   */
  async look(running: readonly Instance[]): Promise<void> {
    const turn = this.#looks++ / looksPerSize;
    const instance = Number.isInteger(turn) && running.length > 0 ? running[turn % running.length] : undefined;
    try {
      const bytes = await this.storage.run({ op: "look", ...(instance ? { folder: basename(instance.dir) } : {}) });
      if (instance) instance.diskBytes = bytes;
      if (!this.#answers) log.info("the disk answers again");
      this.#answers = true;
    } catch (error) {
      // Its folder is gone with it, which says nothing about the disk.
      if (instance && !this.isThere(instance)) return;
      if (this.#answers) log.warn({ why: (error as Error).message }, "the disk does not answer; no room for new instances");
      this.#answers = false;
    }
  }
}
