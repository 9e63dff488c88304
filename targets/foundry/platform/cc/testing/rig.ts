/** For tests: CCDB, bus, a fake DEA and Cloud Controllers on four LUNs that are folders. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TimersMs } from "../../../contract/timers.js";
import { markerFile } from "../../base/lun-marker.js";
import { freePort, type Part } from "../../base/testing/lab.js";
import { BusLab, type Heard } from "../../base/testing/lab-bus.js";
import { Ccdb } from "../../base/testing/lab-ccdb.js";
import { Developer } from "./developer.js";

export const luns = ["lun-1", "lun-2", "lun-3", "lun-4"];
export const domain = "flounder.test";

/** What a DEA would hear and say, without instances: for looking at what Cloud Controllers send. */
class FakeDea {
  constructor(
    readonly lab: BusLab,
    readonly id = "dea-1",
  ) {
    lab.bus.subscribe("dea.discover", { callback: (_, message) => void message.respond(JSON.stringify({ id, ip: "127.0.0.1", version: 0.99 })) });
  }
  of(subject: string): readonly Heard["payload"][] {
    return this.lab.on(subject).map((one) => one.payload);
  }
  get starts(): readonly Heard["payload"][] {
    return this.of(`dea.${this.id}.start`);
  }
  say(subject: string, payload: object): void {
    this.lab.say(subject, payload);
  }
}

export interface RigOptions {
  readonly timers?: Partial<TimersMs>;
  readonly policy?: Readonly<Record<string, string>>;
  /** Further links of the Cloud Controllers, by port. */
  readonly links?: Readonly<Record<string, number>>;
}

export class Rig {
  readonly ccs = new Map<string, Part>();
  readonly dea: FakeDea;

  private constructor(
    readonly lab: BusLab,
    readonly ccdb: Ccdb,
    readonly options: RigOptions,
  ) {
    this.dea = new FakeDea(lab);
  }

  static async open(options: RigOptions = {}, names = ["cc-1", "cc-2"]): Promise<Rig> {
    const rig = new Rig(await BusLab.open(), new Ccdb(await freePort()), options);
    try {
      for (const lun of luns) rig.mount(lun);
      await rig.ccdb.open();
      await Promise.all(names.map((name) => rig.start(name)));
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }

  lun(name: string): string {
    return join(this.lab.dir, "luns", name);
  }
  mount(name: string): void {
    mkdirSync(this.lun(name), { recursive: true });
    writeFileSync(join(this.lun(name), markerFile), `${name}\n`);
  }
  /** What is there when a LUN is unmounted: the mount point, a folder without the marker. */
  unmount(name: string): void {
    rmSync(join(this.lun(name), markerFile));
  }
  remount(name: string): void {
    writeFileSync(join(this.lun(name), markerFile), `${name}\n`);
  }

  /** ccdb: another port to reach the CCDB by; early: does not wait until it is ready. */
  async start(name: string, how: { readonly ccdb?: number; readonly early?: boolean } = {}): Promise<Part> {
    const api = await freePort();
    const cc = await this.lab.start(name, "cc", {
      ports: ["api"],
      at: { api },
      links: { ...this.options.links, ccdb: how.ccdb ?? this.ccdb.port },
      timers: { storageCheck: 200, lunLost: 400, ...this.options.timers },
      policy: { "cc.onLunLoss": "latch", ...this.options.policy },
      env: { ADVERTISE_API: `127.0.0.1:${api}`, ...Object.fromEntries(luns.map((lun) => [`MOUNT_${lun.toUpperCase().replace("-", "_")}`, this.lun(lun)])) },
      early: how.early ?? false,
    });
    this.ccs.set(name, cc);
    return cc;
  }
  developer(cc = "cc-1"): Developer {
    return new Developer(`http://127.0.0.1:${this.ccs.get(cc)!.port("api")}`);
  }
  async loggedIn(cc = "cc-1"): Promise<Developer> {
    const developer = this.developer(cc);
    await developer.login();
    return developer;
  }
  blobPath(lun: string, sha1: string): string {
    return join(this.lun(lun), "blobs", sha1.slice(0, 2), sha1);
  }

  async close(): Promise<void> {
    await this.lab.close();
    await this.ccdb.close();
  }
}
